/// Bytes in and out of file descriptors, without blocking where the descriptor is set so.
#ifndef WARDEN_FILES_H
#define WARDEN_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Reads what is there.
///
/// @returns 1 to `capacity` bytes read; 0 if nothing waits; -EPIPE at the end of the stream; another negative errno
///   value if the device failed (-EIO after a terminal hung up, -ENODEV after it was pulled out).
long warden_read(int fd, void *_Nonnull bytes, size_t capacity);

/// Writes what fits to a file or terminal. @returns bytes taken, 0 if none fit now, or a negative errno value.
long warden_write(int fd, const void *_Nonnull bytes, size_t count);

/// Writes what fits to a socket, without SIGPIPE.
///
/// @returns bytes taken, 0 if none fit now, or a negative errno value: -EPIPE or -ECONNRESET if the peer is gone.
long warden_send(int fd, const void *_Nonnull bytes, size_t count);

/// Writes a line of at most 512 bytes to a log: a file, pipe, terminal or socket. Whoever reads the log slowly holds up
/// nobody: what does not fit at once is not written.
///
/// @returns bytes taken, 0 if none fit now, or a negative errno value.
long warden_log_write(int fd, const void *_Nonnull line, size_t count);

/// Opens a file for reading. @returns a descriptor, or a negative errno value of open(2).
int warden_file_open(const char *_Nonnull path);

/// Bytes of an open regular file. @returns the size, or a negative errno value; -EISDIR for a folder.
int64_t warden_file_size(int fd);

/// What an open file's owner and permissions say about it.
typedef struct {
    /// Nobody but its owner and root can read or change it.
    bool is_secret;
    /// Nobody but root and the user of this process can change it.
    bool is_trusted;
} warden_file_protection;

/// Looks at owner and permissions of an open file. @returns 0, or a negative errno value.
///
/// A file of root's with an access control list that lets somebody read it counts as secret: so the service manager hands
/// over credentials (systemd.exec(5), acl(5)).
int warden_file_look(int fd, warden_file_protection *_Nonnull protection);

void warden_close(int fd);

/// The cause of an error in words, such as "No such file or directory". Static text.
const char *_Nonnull warden_error_text(int error);

#endif
