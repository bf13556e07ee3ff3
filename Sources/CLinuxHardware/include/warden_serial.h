/// Serial ports and terminals. Real ports are opened by libserialport, pseudo-terminals (which it refuses) by termios.
///
/// Bytes then go through `warden_read` and `warden_write` on `fd`, which never block. Opening and closing allocate.
#ifndef WARDEN_SERIAL_H
#define WARDEN_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    WARDEN_PARITY_NONE = 0,
    WARDEN_PARITY_EVEN = 1,
    WARDEN_PARITY_ODD = 2,
} warden_parity;

typedef struct {
    /// Bits a second; any rate that the port's clock can make.
    uint32_t baud;
    warden_parity parity;
    /// 7 or 8.
    uint8_t data_bits;
    /// 1 or 2.
    uint8_t stop_bits;
    /// Half duplex with the transmitter switched by the kernel.
    bool is_rs485;
} warden_serial_settings;

/// An open port or terminal. The fields are the shim's own, but for `fd`, which is -1 while closed.
typedef struct {
    int fd;
    void *_Nullable port;
    void *_Nullable before;
} warden_serial;

static inline warden_serial warden_serial_closed(void) { return (warden_serial){-1, 0, 0}; }

/// Opens a port such as "/dev/ttyS1" or "/dev/serial/by-id/…" in raw mode, for this process alone, and empties it.
///
/// @returns 0, or -ENOENT, -EACCES, -EBUSY and others of open(2); -ENOTTY if it is no terminal; -EINVAL if the port
///   cannot do the settings; -EOPNOTSUPP if it cannot do RS-485. `serial` is then closed.
int warden_serial_open(
    warden_serial *_Nonnull serial, const char *_Nonnull path, const warden_serial_settings *_Nonnull settings);

/// Opens the terminal at which a technician sits in raw mode, at the speed it has. Closing it restores its mode.
///
/// @returns 0, or -ENOENT, -EACCES and others of open(2); -ENOTTY if it is no terminal.
int warden_terminal_open(warden_serial *_Nonnull serial, const char *_Nonnull path);

/// Throws away what was received and not read, and what was sent and has not left.
void warden_serial_empty(const warden_serial *_Nonnull serial);

/// Closes; does nothing to a closed one.
void warden_serial_close(warden_serial *_Nonnull serial);

#endif
