#define _GNU_SOURCE
#include "warden_sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
    if (path[0] == 0) return -EINVAL;
    if (strlen(path) >= sizeof(address->sun_path)) return -ENAMETOOLONG;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    strcpy(address->sun_path, path);
    return 0;
}

static int stream(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 ? fd : -errno;
}

// Removes a socket file that a dead process left behind.
static int remove_stale(const char *path) {
    struct stat file;
    if (lstat(path, &file) != 0) return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(file.st_mode)) return -EEXIST;
    int probe = warden_unix_connect(path);
    if (probe >= 0) {
        close(probe);
        return -EADDRINUSE;
    }
    // Its queue is full: somebody listens.
    if (probe == -EAGAIN) return -EADDRINUSE;
    if (probe != -ECONNREFUSED) return probe;
    return unlink(path) == 0 ? 0 : -errno;
}

int warden_unix_listen(const char *path, uint32_t mode) {
    struct sockaddr_un address;
    int status = address_of(path, &address);
    if (status != 0) return status;
    status = remove_stale(path);
    if (status != 0) return status;
    int fd = stream();
    if (fd < 0) return fd;
    // The file never exists with wider permissions than it is to have.
    mode_t before = umask(0777);
    status = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
    umask(before);
    if (status == 0 && chmod(path, mode) != 0) status = -errno;
    if (status == 0 && listen(fd, 16) != 0) status = -errno;
    if (status != 0) {
        close(fd);
        return status;
    }
    return fd;
}

int warden_unix_accept(int listener, warden_peer *peer) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
    struct ucred credentials;
    socklen_t length = sizeof(credentials);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    *peer = (warden_peer){.user = credentials.uid, .group = credentials.gid};
    return fd;
}

int warden_unix_connect(const char *path) {
    struct sockaddr_un address;
    int status = address_of(path, &address);
    if (status != 0) return status;
    int fd = stream();
    if (fd < 0) return fd;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

void warden_unix_stop_listening(int listener, const char *path) {
    unlink(path);
    close(listener);
}
