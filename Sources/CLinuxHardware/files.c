#define _GNU_SOURCE
#include "warden_files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
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

long warden_log_write(int fd, const void *line, size_t count) {
    ssize_t taken = send(fd, line, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken >= 0 || errno != ENOTSOCK) return written(taken);
    // A pipe that is ready takes a short line whole (PIPE_BUF, pipe(7)).
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) < 0) return written(-1);
    return (ready.revents & POLLOUT) != 0 ? written(write(fd, line, count)) : 0;
}

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

int warden_file_look(int fd, warden_file_protection *protection) {
    struct stat status;
    if (fstat(fd, &status) != 0) return -errno;
    bool is_owned = status.st_uid == 0 || status.st_uid == geteuid();
    mode_t granted = status.st_mode & (S_IRWXG | S_IRWXO);
    // Where there is an access control list, its mask stands where the group's permissions do.
    bool has_list = fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
    if (status.st_uid == 0 && status.st_gid == 0 && has_list) granted &= ~(mode_t)S_IRGRP;
    *protection = (warden_file_protection){
        .is_secret = is_owned && granted == 0,
        .is_trusted = is_owned && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0,
    };
    return 0;
}

void warden_close(int fd) { close(fd); }

const char *warden_error_text(int error) {
    const char *text = strerrordesc_np(error < 0 ? -error : error);
    return text != NULL ? text : "Unknown error";
}
