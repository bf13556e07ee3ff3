#define _GNU_SOURCE
#include "warden_supervision.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

int warden_watchdog_start(const char *path, int *timeout_s) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    // Hardware that has one fixed interval refuses; what it does is then asked for below.
    ioctl(fd, WDIOC_SETTIMEOUT, timeout_s);
    if (ioctl(fd, WDIOC_GETTIMEOUT, timeout_s) != 0) {
        int status = -errno;
        warden_watchdog_stop(fd);
        return status;
    }
    return fd;
}

void warden_watchdog_feed(int watchdog) { ioctl(watchdog, WDIOC_KEEPALIVE, 0); }

void warden_watchdog_stop(int watchdog) {
    // Documentation/watchdog/watchdog-api.rst, "Magic Close feature".
    while (write(watchdog, "V", 1) < 0 && errno == EINTR) {}
    close(watchdog);
}
