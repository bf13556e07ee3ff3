/// Stream sockets: those of this machine, with the kernel's word for who is at the other end, and those of networks.
#ifndef WARDEN_SOCKETS_H
#define WARDEN_SOCKETS_H

#include <stdint.h>

/// Listens on a UNIX socket. A socket file that nobody listens on any more is replaced.
///
/// @param mode permissions of the socket file, such as 0660: who may connect.
/// @returns a descriptor, or -EADDRINUSE if a process listens there, -EEXIST if a file that is no socket is in the way,
///   -ENAMETOOLONG beyond 107 bytes, -EACCES, -ENOENT for a missing folder, and others of bind(2).
int warden_unix_listen(const char *_Nonnull path, uint32_t mode);

typedef struct {
    uint32_t user;
    uint32_t group;
} warden_peer;

/// Takes a waiting connection, not blocking; its descriptor does not block either.
///
/// @param peer filled with the user and group that the peer had when it connected (SO_PEERCRED).
/// @returns a descriptor, or -EAGAIN if none waits, or another negative errno value.
int warden_unix_accept(int listener, warden_peer *_Nonnull peer);

/// Connects to a UNIX socket, not blocking. @returns a descriptor, or a negative errno value.
int warden_unix_connect(const char *_Nonnull path);

/// Listens for TCP connections.
///
/// An address that the board does not have yet can be listened on before a network brings it. An IPv6 listener takes
/// IPv6 alone, so that "::" and "0.0.0.0" go together.
///
/// @param address numeric, IPv4 or IPv6, such as "192.0.2.7", "0.0.0.0" or "::".
/// @param port    0 takes any free one.
/// @returns a descriptor, or -EINVAL if the text is no address, -EADDRINUSE, -EACCES for a port of the system,
///   -EAFNOSUPPORT if the kernel has no IPv6, and others of socket(2) and bind(2).
int warden_tcp_listen(const char *_Nonnull address, uint16_t port);

/// The port that a listener was given. @returns it, or a negative errno value.
int warden_tcp_port(int listener);

/// Takes a waiting connection, not blocking; its descriptor does not block either, and what is sent leaves at once.
///
/// @returns a descriptor, or -EAGAIN if none waits, or another negative errno value.
int warden_tcp_accept(int listener);

/// Connects over TCP, not blocking; for tests. @returns a descriptor, or a negative errno value.
int warden_tcp_connect(const char *_Nonnull address, uint16_t port);

typedef struct {
    char name[16];
    uint8_t is_up;
    /// Has its cable or its station (IFF_RUNNING).
    uint8_t has_link;
    uint64_t received;
    uint64_t sent;
} warden_interface;

/// The network interface with a number of the kernel's, from 1. @returns 0, or -ENODEV if there is none of this number,
///   or another negative errno value.
int warden_interface_of(int number, warden_interface *_Nonnull interface);

/// The greatest number of an interface that is looked for: numbers of cables that came and went are not used again.
enum { WARDEN_INTERFACES = 64 };

/// The IPv4 addresses of all interfaces as text with the length of their prefix, 20 bytes each, ended by 0.
///
/// @returns how many were written, or a negative errno value.
int warden_interface_addresses(char (*_Nonnull texts)[20], int capacity);

/// Closes the listener and removes its socket file.
void warden_unix_stop_listening(int listener, const char *_Nonnull path);

#endif
