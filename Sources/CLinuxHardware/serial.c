#define _GNU_SOURCE
#include "warden_serial.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <linux/serial.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static int failure_of(enum sp_return result) {
    switch (result) {
    case SP_ERR_ARG: return -EINVAL;
    case SP_ERR_MEM: return -ENOMEM;
    case SP_ERR_SUPP: return -EINVAL;
    default: return errno > 0 ? -errno : -EIO;
    }
}

// Linux Documentation/admin-guide/devices.txt: 136 to 143 are the slaves of UNIX98 pseudo-terminals.
static bool is_pseudo_terminal(dev_t device) { return major(device) >= 136 && major(device) <= 143; }

static int configure(struct sp_port *port, const warden_serial_settings *settings) {
    static const enum sp_parity parities[] = {
        [WARDEN_PARITY_NONE] = SP_PARITY_NONE,
        [WARDEN_PARITY_EVEN] = SP_PARITY_EVEN,
        [WARDEN_PARITY_ODD] = SP_PARITY_ODD,
    };
    enum sp_return result;
    if ((result = sp_set_baudrate(port, (int)settings->baud)) != SP_OK) return failure_of(result);
    if ((result = sp_set_bits(port, settings->data_bits)) != SP_OK) return failure_of(result);
    if ((result = sp_set_parity(port, parities[settings->parity])) != SP_OK) return failure_of(result);
    if ((result = sp_set_stopbits(port, settings->stop_bits)) != SP_OK) return failure_of(result);
    if ((result = sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE)) != SP_OK) return failure_of(result);
    return 0;
}

static int open_port(warden_serial *serial, const char *path, const warden_serial_settings *settings) {
    struct sp_port *port = NULL;
    errno = 0;
    enum sp_return result = sp_get_port_by_name(path, &port);
    if (result != SP_OK) return result == SP_ERR_ARG ? -ENOTTY : failure_of(result);
    serial->port = port;
    result = sp_open(port, SP_MODE_READ_WRITE);
    if (result != SP_OK) return failure_of(result);
    int status = configure(port, settings);
    if (status != 0) return status;
    sp_get_port_handle(port, &serial->fd);
    return 0;
}

static int open_terminal(warden_serial *serial, const char *path, struct termios *before) {
    serial->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (serial->fd < 0) return -errno;
    return tcgetattr(serial->fd, before) == 0 ? 0 : -errno;
}

// Raw, and a read without bytes says "again" rather than "end": libserialport's own setting makes the two alike.
static int make_raw(int fd) {
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0) return -errno;
    tcflag_t framing = mode.c_cflag & (CSIZE | PARENB | PARODD | CSTOPB);
    cfmakeraw(&mode);
    mode.c_cflag = (mode.c_cflag & ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB)) | framing | CLOCAL | CREAD;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSANOW, &mode) == 0 ? 0 : -errno;
}

static int switch_transmitter(int fd) {
    struct serial_rs485 mode = {.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND};
    if (ioctl(fd, TIOCSRS485, &mode) == 0) return 0;
    return errno == ENOTTY || errno == EINVAL ? -EOPNOTSUPP : -errno;
}

int warden_serial_open(warden_serial *serial, const char *path, const warden_serial_settings *settings) {
    *serial = warden_serial_closed();
    // libserialport knows ports by their names in /dev, not by the links that udev keeps.
    char name[PATH_MAX];
    struct stat file;
    if (realpath(path, name) == NULL || stat(name, &file) != 0) return -errno;
    if (!S_ISCHR(file.st_mode)) return -ENOTTY;

    struct termios unused;
    int status = is_pseudo_terminal(file.st_rdev) ? open_terminal(serial, name, &unused) : open_port(serial, name, settings);
    if (status == 0) status = make_raw(serial->fd);
    if (status == 0 && settings->is_rs485) status = switch_transmitter(serial->fd);
    if (status == 0 && ioctl(serial->fd, TIOCEXCL) != 0) status = -errno;
    if (status != 0) {
        warden_serial_close(serial);
        return status;
    }
    warden_serial_empty(serial);
    return 0;
}

int warden_terminal_open(warden_serial *serial, const char *path) {
    *serial = warden_serial_closed();
    struct termios *before = malloc(sizeof(*before));
    if (before == NULL) return -ENOMEM;
    int status = open_terminal(serial, path, before);
    if (status == 0) status = make_raw(serial->fd);
    if (status == 0) {
        serial->before = before;
    } else {
        free(before);
        warden_serial_close(serial);
    }
    return status;
}

void warden_serial_empty(const warden_serial *serial) { tcflush(serial->fd, TCIOFLUSH); }

void warden_serial_close(warden_serial *serial) {
    if (serial->before != NULL) {
        tcsetattr(serial->fd, TCSANOW, serial->before);
        free(serial->before);
    }
    if (serial->port != NULL) {
        // Waits for nothing: what has not left is thrown away.
        if (serial->fd >= 0) tcflush(serial->fd, TCOFLUSH);
        sp_close(serial->port);
        sp_free_port(serial->port);
    } else if (serial->fd >= 0) {
        close(serial->fd);
    }
    *serial = warden_serial_closed();
}
