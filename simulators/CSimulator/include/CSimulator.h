// What the simulation programs need of the operating system and Swift cannot call in Embedded mode.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Arguments of the process; index 0 is the program.
int simulator_argument_count(void);
const char *_Nonnull simulator_argument(int index);

// Goes on as the program of this name beside this one, with the arguments from the second on; -errno on failure.
int simulator_become(const char *_Nonnull name);

// Opens for reading; -errno on failure.
int simulator_open(const char *_Nonnull path);
// Makes or empties a file for writing; -errno on failure.
int simulator_create(const char *_Nonnull path);
// Bytes of an open file; -errno on failure.
int64_t simulator_size(int fd);
// Whether there is a folder of this name.
bool simulator_is_folder(const char *_Nonnull path);
// Reads up to `capacity` bytes; 0 at the end, -errno on failure.
long simulator_read(int fd, void *_Nonnull bytes, size_t capacity);
// Writes everything; 0, or -errno on failure.
int simulator_write(int fd, const void *_Nonnull bytes, size_t count);
void simulator_close(int fd);
const char *_Nonnull simulator_error_text(int error);

bool simulator_is_terminal(int fd);
// Size of the terminal; 24 by 80 where it does not say.
void simulator_terminal_size(int *_Nonnull rows, int *_Nonnull columns);
// Whether colours are welcome: no-color.org, and a terminal that is not called dumb.
bool simulator_has_colour(void);
// Takes keys one at a time and without echo, until the process ends however it ends.
int simulator_terminal_raw(void);
void simulator_terminal_restore(void);

// Nanoseconds on a clock that never goes back.
int64_t simulator_clock_ns(void);
// From here on SIGINT and SIGTERM are noted, not fatal.
void simulator_catch_signals(void);
bool simulator_end_asked(void);

// Listens on a UNIX socket that owner and group may use; -errno: EADDRINUSE if another process listens there, EEXIST if
// the file is no socket. A socket file that nobody listens on is replaced.
int simulator_listen_local(const char *_Nonnull path);
void simulator_remove(const char *_Nonnull path);
// Makes a symbolic link, in place of one that is there; -EEXIST for a file that is none.
int simulator_link(const char *_Nonnull target, const char *_Nonnull path);
// Whether a file is there that nobody but this user or root can read or change.
bool simulator_is_secret(const char *_Nonnull path);
// Listens on a TCP port of this machine alone (127.0.0.1), 0 for any free one; -errno on failure.
int simulator_listen_network(uint16_t port);
// The port that was bound; -errno on failure.
int simulator_network_port(int fd);
// The next connection that waits, with the user and group that the kernel vouches for at a UNIX socket; -errno: EAGAIN
// if none waits.
int simulator_accept(int listener, uint32_t *_Nonnull user, uint32_t *_Nonnull group);
// Opens a pseudo-terminal in raw mode and writes the path of its other end; -errno on failure.
int simulator_open_terminal(char *_Nonnull path, size_t capacity);
// Sends what there is room for: bytes taken, 0 if there is no room, -errno if the peer is gone.
long simulator_send(int fd, const void *_Nonnull bytes, size_t count);

// Begins a new list of descriptors to wait for.
void simulator_watch_none(void);
// Adds one; its place in the list, or -1 if there are too many.
int simulator_watch(int fd, bool wants_room);
// Waits for any of them or for the time to be over; false once SIGINT or SIGTERM has asked to end.
bool simulator_wait(int64_t timeout_ns);
// Whether the descriptor at a place has something to read, its end among it.
bool simulator_has_input(int place);

// Fills with random bytes of the kernel; false if it has none.
bool simulator_random(void *_Nonnull bytes, size_t count);
// The user that the process runs as.
uint32_t simulator_user(void);

// Ends the process, with what exit handlers there are.
_Noreturn void simulator_exit(int code);
