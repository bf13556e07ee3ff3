#define _GNU_SOURCE
#include "warden_i2c.h"

#include <errno.h>
#include <fcntl.h>
#include <i2c/smbus.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// What the fallback below is made of.
static const unsigned long smbus_needed =
    I2C_FUNC_SMBUS_READ_I2C_BLOCK | I2C_FUNC_SMBUS_WRITE_BYTE | I2C_FUNC_SMBUS_WRITE_I2C_BLOCK;

int warden_i2c_open(warden_i2c_adapter *adapter, const char *path, uint32_t timeout_ms) {
    *adapter = warden_i2c_closed();
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -errno;
    unsigned long functions = 0;
    int status = 0;
    if (ioctl(fd, I2C_FUNCS, &functions) != 0) {
        // A file, but not an adapter's.
        status = errno == ENOTTY || errno == EINVAL ? -ENODEV : -errno;
    } else if ((functions & I2C_FUNC_I2C) == 0 && (functions & smbus_needed) != smbus_needed) {
        status = -EOPNOTSUPP;
    } else if (ioctl(fd, I2C_TIMEOUT, (unsigned long)((timeout_ms + 9) / 10)) != 0) {
        status = -errno;
    }
    if (status != 0) {
        close(fd);
        return status;
    }
    adapter->fd = fd;
    adapter->functions = functions;
    return 0;
}

void warden_i2c_close(warden_i2c_adapter *adapter) {
    if (adapter->fd >= 0) close(adapter->fd);
    *adapter = warden_i2c_closed();
}

static int combined_transfer(
    int fd, uint8_t address, const uint8_t *write, uint8_t write_count, uint8_t *read, uint8_t read_count) {
    struct i2c_msg messages[2];
    uint32_t count = 0;
    if (write_count > 0 || read_count == 0) {
        messages[count++] = (struct i2c_msg){.addr = address, .len = write_count, .buf = (uint8_t *)write};
    }
    if (read_count > 0) {
        messages[count++] = (struct i2c_msg){.addr = address, .flags = I2C_M_RD, .len = read_count, .buf = read};
    }
    struct i2c_rdwr_ioctl_data data = {.msgs = messages, .nmsgs = count};
    int done = ioctl(fd, I2C_RDWR, &data);
    if (done < 0) return -errno;
    return (uint32_t)done == count ? 0 : -EIO;
}

static int smbus_transfer(
    int fd, uint8_t address, const uint8_t *write, uint8_t write_count, uint8_t *read, uint8_t read_count) {
    if (ioctl(fd, I2C_SLAVE, (unsigned long)address) != 0) return -errno;
    if (read_count > 0) {
        if (write_count != 1 || read_count > I2C_SMBUS_BLOCK_MAX) return -EOPNOTSUPP;
        int got = i2c_smbus_read_i2c_block_data(fd, write[0], read_count, read);
        if (got < 0) return got == -1 ? -errno : got;
        return got == read_count ? 0 : -EIO;
    }
    if (write_count == 0) return -EOPNOTSUPP;
    int status = write_count == 1
        ? i2c_smbus_write_byte(fd, write[0])
        : i2c_smbus_write_i2c_block_data(fd, write[0], (uint8_t)(write_count - 1), write + 1);
    // libi2c 4 returns the error itself; older ones -1 with errno.
    return status == -1 ? -errno : status;
}

int warden_i2c_transfer(
    const warden_i2c_adapter *adapter, uint8_t address, const uint8_t *write, uint8_t write_count, uint8_t *read,
    uint8_t read_count, uint8_t repetitions) {
    if (adapter->fd < 0) return -ENODEV;
    for (int repetition = 0; repetition < repetitions; repetition++) {
        uint8_t *into = read == NULL ? NULL : read + repetition * read_count;
        int status = (adapter->functions & I2C_FUNC_I2C) != 0
            ? combined_transfer(adapter->fd, address, write, write_count, into, read_count)
            : smbus_transfer(adapter->fd, address, write, write_count, into, read_count);
        if (status != 0) return status;
    }
    return 0;
}
