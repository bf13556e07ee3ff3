#define _GNU_SOURCE
#include "warden_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
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

static int stream(int family) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
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
    int fd = stream(AF_UNIX);
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
    int fd = stream(AF_UNIX);
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

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} network_address;

// The address and its length; 0 if the text is none.
static socklen_t network_address_of(const char *text, uint16_t port, network_address *address) {
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return sizeof(address->v4);
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return sizeof(address->v6);
    }
    return 0;
}

int warden_tcp_listen(const char *address, uint16_t port) {
    network_address local;
    socklen_t length = network_address_of(address, port, &local);
    if (length == 0) return -EINVAL;
    int fd = stream(local.any.sa_family);
    if (fd < 0) return fd;
    int on = 1;
    int status = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (status == 0) status = setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
    if (status == 0 && local.any.sa_family == AF_INET6)
        status = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (status == 0) status = bind(fd, &local.any, length);
    if (status == 0) status = listen(fd, 16);
    if (status != 0) {
        status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

int warden_tcp_port(int listener) {
    network_address local;
    socklen_t length = sizeof(local);
    if (getsockname(listener, &local.any, &length) != 0) return -errno;
    return ntohs(local.any.sa_family == AF_INET6 ? local.v6.sin6_port : local.v4.sin_port);
}

int warden_tcp_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    // What is wrong with one connection that was never taken is no matter of the next (accept(2), "Error handling").
    if (fd < 0) return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ? -errno : -EAGAIN;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int warden_tcp_connect(const char *address, uint16_t port) {
    network_address remote;
    socklen_t length = network_address_of(address, port, &remote);
    if (length == 0) return -EINVAL;
    int fd = stream(remote.any.sa_family);
    if (fd < 0) return fd;
    if (connect(fd, &remote.any, length) != 0 && errno != EINPROGRESS) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

// A number that the kernel shows in a file; 0 where it shows none.
static uint64_t statistic(const char *interface, const char *name) {
    char path[96];
    if (snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", interface, name) >= (int)sizeof(path)) return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char text[24];
    ssize_t count = read(fd, text, sizeof(text));
    close(fd);
    uint64_t value = 0;
    for (ssize_t index = 0; index < count && text[index] >= '0' && text[index] <= '9'; index++)
        value = 10 * value + (uint64_t)(text[index] - '0');
    return value;
}

int warden_interface_of(int number, warden_interface *interface) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct ifreq request = {.ifr_ifindex = number};
    int status = ioctl(fd, SIOCGIFNAME, &request);
    if (status == 0) status = ioctl(fd, SIOCGIFFLAGS, &request);
    if (status != 0) status = -errno;
    close(fd);
    if (status != 0) return status;
    memset(interface, 0, sizeof(*interface));
    memcpy(interface->name, request.ifr_name, sizeof(interface->name) - 1);
    interface->is_up = (request.ifr_flags & IFF_UP) != 0;
    interface->has_link = (request.ifr_flags & IFF_RUNNING) != 0;
    interface->received = statistic(interface->name, "rx_bytes");
    interface->sent = statistic(interface->name, "tx_bytes");
    return 0;
}

int warden_interface_addresses(char (*texts)[20], int capacity) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    struct ifreq found[16];
    struct ifconf list = {.ifc_len = sizeof(found), .ifc_req = found};
    int count = ioctl(fd, SIOCGIFCONF, &list) == 0 ? 0 : -errno;
    int all = count == 0 ? list.ifc_len / (int)sizeof(found[0]) : 0;
    for (int index = 0; index < all && count < capacity; index++) {
        struct sockaddr_in address, mask = {0};
        if (found[index].ifr_addr.sa_family != AF_INET) continue;
        memcpy(&address, &found[index].ifr_addr, sizeof(address));
        if (ioctl(fd, SIOCGIFNETMASK, &found[index]) == 0) memcpy(&mask, &found[index].ifr_netmask, sizeof(mask));
        char text[INET_ADDRSTRLEN];
        if (inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text)) == NULL) continue;
        snprintf(texts[count++], sizeof(texts[0]), "%s/%d", text, __builtin_popcount(mask.sin_addr.s_addr));
    }
    close(fd);
    return count;
}
