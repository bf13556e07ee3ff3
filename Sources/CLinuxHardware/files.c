#define _GNU_SOURCE
#include "warden_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

long warden_read(int fd, void *bytes, size_t capacity) {
    ssize_t count = read(fd, bytes, capacity);
    if (count > 0) return count;
    if (count == 0) return -EPIPE;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static long written(ssize_t count) {
    if (count >= 0) return count;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

long warden_write(int fd, const void *bytes, size_t count) { return written(write(fd, bytes, count)); }

long warden_send(int fd, const void *bytes, size_t count) { return written(send(fd, bytes, count, MSG_NOSIGNAL)); }

int warden_file_open(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

int64_t warden_file_size(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) return -errno;
    if (S_ISDIR(status.st_mode)) return -EISDIR;
    return status.st_size;
}

void warden_close(int fd) { close(fd); }

const char *warden_error_text(int error) {
    const char *text = strerrordesc_np(error < 0 ? -error : error);
    return text != NULL ? text : "Unknown error";
}
