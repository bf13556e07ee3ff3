/// I2C adapters through i2c-dev: combined transfers by I2C_RDWR, and through libi2c where an adapter speaks SMBus only.
///
/// Every call here may block for as long as the adapter's timeout, so each adapter has a thread of its own.
#ifndef WARDEN_I2C_H
#define WARDEN_I2C_H

#include <stdint.h>

/// An adapter that is open. The fields are the shim's own.
typedef struct {
    int fd;
    uint64_t functions;
} warden_i2c_adapter;

static inline warden_i2c_adapter warden_i2c_closed(void) { return (warden_i2c_adapter){-1, 0}; }

/// Opens an adapter such as "/dev/i2c-1".
///
/// @param timeout_ms how long one transfer may take; the kernel counts in steps of 10 ms, rounded up here.
/// @returns 0, or -ENOENT, -EACCES, -ENODEV and others of open(2); -EOPNOTSUPP if the adapter can do neither I2C nor
///   SMBus blocks. `adapter` is then closed.
int warden_i2c_open(warden_i2c_adapter *_Nonnull adapter, const char *_Nonnull path, uint32_t timeout_ms);

/// Closes the adapter; does nothing to a closed one.
void warden_i2c_close(warden_i2c_adapter *_Nonnull adapter);

/// Writes, then reads with a repeated start between; `repetitions` times one after the other, each as its own transfer.
///
/// @param address     7-bit device address.
/// @param write_count 0 to 16; with 0 nothing is written.
/// @param read        room for `read_count * repetitions` bytes.
/// @param read_count  bytes that each repetition reads; with 0 nothing is read.
/// @returns 0, or
///   -ENXIO or -EREMOTEIO  no acknowledge (which of the two depends on the adapter's driver),
///   -ETIMEDOUT            the bus did not finish in time,
///   -EAGAIN               arbitration lost,
///   -EIO                  an electrical error; some drivers say this for a missing acknowledge too,
///   -ENODEV               the adapter is gone,
///   -EOPNOTSUPP           an SMBus-only adapter cannot make this transfer: it writes one byte and reads up to 32, or
///                         writes up to 16.
int warden_i2c_transfer(
    const warden_i2c_adapter *_Nonnull adapter, uint8_t address, const uint8_t *_Nullable write, uint8_t write_count,
    uint8_t *_Nullable read, uint8_t read_count, uint8_t repetitions);

#endif
