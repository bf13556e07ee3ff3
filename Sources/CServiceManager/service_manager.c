#define _GNU_SOURCE
#include "CServiceManager.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int warden_service_notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL) return 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || length < 2 || length >= sizeof(address.sun_path)) return -EINVAL;
    memcpy(address.sun_path, path, length);
    // '@' stands for the null byte that an abstract name begins with.
    if (path[0] == '@') address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    socklen_t address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(
        fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, address_length);
    int status = sent < 0 ? -errno : 1;
    close(fd);
    return status;
}

uint64_t warden_service_watchdog_us(void) {
    const char *interval = getenv("WATCHDOG_USEC");
    const char *process = getenv("WATCHDOG_PID");
    if (interval == NULL || (process != NULL && strtol(process, NULL, 10) != (long)getpid())) return 0;
    return strtoull(interval, NULL, 10);
}
