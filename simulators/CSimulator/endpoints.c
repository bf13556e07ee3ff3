// Sockets and pseudo-terminals by which a simulated board is reached from outside.
#define _GNU_SOURCE
#include "CSimulator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static int new_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? -errno : fd;
}

// Closes a descriptor after a failure and hands the error on.
static int give_up(int fd)
{
    int error = errno;
    close(fd);
    return -error;
}

// Removes a socket file that a dead process left behind; -EADDRINUSE if one listens there, -EEXIST for another file.
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat file;
    if (lstat(address->sun_path, &file) != 0) return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(file.st_mode)) return -EEXIST;
    int probe = new_socket(AF_UNIX);
    if (probe < 0) return probe;
    int error = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(probe);
    // A full queue: somebody listens.
    if (error == 0 || error == EAGAIN) return -EADDRINUSE;
    if (error != ECONNREFUSED) return -error;
    return unlink(address->sun_path) == 0 ? 0 : -errno;
}

int simulator_listen_local(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int status = remove_stale(&address);
    if (status != 0) return status;
    int fd = new_socket(AF_UNIX);
    if (fd < 0) return fd;
    // The file never exists with wider permissions than it is to have: owner and group.
    mode_t before = umask(0117);
    status = bind(fd, (struct sockaddr *)&address, sizeof address);
    umask(before);
    if (status != 0) return give_up(fd);
    if (listen(fd, 16) != 0) {
        unlink(path);
        return give_up(fd);
    }
    return fd;
}

void simulator_remove(const char *path) { unlink(path); }

int simulator_link(const char *target, const char *path)
{
    struct stat file;
    if (lstat(path, &file) == 0) {
        if (!S_ISLNK(file.st_mode)) return -EEXIST;
        if (unlink(path) != 0) return -errno;
    }
    return symlink(target, path) == 0 ? 0 : -errno;
}

bool simulator_is_secret(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && (file.st_uid == 0 || file.st_uid == geteuid())
        && (file.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

int simulator_listen_network(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    int fd = new_socket(AF_INET);
    if (fd < 0) return fd;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 16) != 0) return give_up(fd);
    return fd;
}

int simulator_network_port(int fd)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return -errno;
    return ntohs(address.sin_port);
}

int simulator_accept(int listener, uint32_t *user, uint32_t *group)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return -errno;
    struct ucred credentials = {.uid = (uid_t)-1, .gid = (gid_t)-1};
    socklen_t length = sizeof credentials;
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
    *user = credentials.uid;
    *group = credentials.gid;
    // Answers are short and waited for; for a local socket this fails, and need not succeed.
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int simulator_open_terminal(char *path, size_t capacity)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return -errno;
    if (grantpt(fd) != 0 || unlockpt(fd) != 0) return give_up(fd);
    if (ptsname_r(fd, path, capacity) != 0) return give_up(fd);
    // Kept open for the life of the process: without it the line would be gone whenever nobody has it open.
    int other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (other < 0) return give_up(fd);
    struct termios mode;
    if (tcgetattr(other, &mode) != 0) return give_up(fd);
    cfmakeraw(&mode);
    tcsetattr(other, TCSANOW, &mode);
    return fd;
}

long simulator_send(int fd, const void *bytes, size_t count)
{
    ssize_t sent;
    // A terminal is no socket; a peer that is gone is an error here, not a signal.
    do {
        sent = send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == ENOTSOCK) sent = write(fd, bytes, count);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return errno == EAGAIN ? 0 : -errno;
    return sent;
}

static struct pollfd watched[64];
static nfds_t watched_count;

void simulator_watch_none(void) { watched_count = 0; }

int simulator_watch(int fd, bool wants_room)
{
    if (watched_count == sizeof watched / sizeof *watched) return -1;
    watched[watched_count] = (struct pollfd){.fd = fd, .events = POLLIN | (wants_room ? POLLOUT : 0)};
    return (int)watched_count++;
}

bool simulator_has_input(int place)
{
    return place >= 0 && (watched[place].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

bool simulator_wait(int64_t timeout_ns)
{
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    for (nfds_t place = 0; place < watched_count; place++) watched[place].revents = 0;
    if (simulator_end_asked()) return false;
    if (ppoll(watched, watched_count, &timeout, NULL) < 0)
        for (nfds_t place = 0; place < watched_count; place++) watched[place].revents = 0;
    return !simulator_end_asked();
}

bool simulator_random(void *bytes, size_t count) { return getrandom(bytes, count, 0) == (ssize_t)count; }

uint32_t simulator_user(void) { return getuid(); }
