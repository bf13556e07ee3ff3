/// A kernel with GPIO chips, I2C adapters and serial ports, for machines that have none.
///
/// It answers the system calls that libgpiod (1.6 and 2.x), libi2c and libserialport make, by standing before the C
/// library's functions in the program it is linked into, so that those libraries run unmodified. Calls that concern
/// other files go through untouched. Behaviour follows the kernel's own: include/uapi/linux/gpio.h and
/// drivers/gpio/gpiolib-cdev.c, include/uapi/linux/i2c-dev.h.
///
/// Levels are physical: 1 is high, whatever the line's active level.
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/// Takes all devices away and forgets them.
void fake_kernel_reset(void);

/// Adds /dev/gpiochipN with lines that nobody holds, all low. @returns N.
int fake_gpio_add_chip(const char *_Nonnull label, unsigned line_count);
void fake_gpio_name_line(int chip, unsigned offset, const char *_Nonnull name);
/// Another process holds the line from now on.
void fake_gpio_hold_line(int chip, unsigned offset);
/// The outside world sets an input; a claimed line reports an edge if the level changed.
void fake_gpio_set_input(int chip, unsigned offset, bool level);
/// A pulse that is over before the kernel reads the level (lineevent_irq_thread in gpiolib-cdev.c): one or two edges are
/// reported, each to the level that the line has without it.
void fake_gpio_pulse_late(int chip, unsigned offset, unsigned edges);
bool fake_gpio_level(int chip, unsigned offset);
/// Whether a process holds the line now, and as what.
bool fake_gpio_is_claimed(int chip, unsigned offset);
bool fake_gpio_is_output(int chip, unsigned offset);
/// Levels that outputs were driven to since the chip was added, the one of the request included.
unsigned fake_gpio_drive_count(int chip, unsigned offset);
/// How often that changed the level.
unsigned fake_gpio_change_count(int chip, unsigned offset);
/// GPIO_V2_LINE_FLAG_* of the last request (the older interface's flags are translated), and its debounce time.
uint64_t fake_gpio_flags(int chip, unsigned offset);
uint32_t fake_gpio_debounce_us(int chip, unsigned offset);
/// Where a byte is written each time an output changes its level; -1, as at first, for nowhere.
extern int fake_gpio_tap;
/// The chip is pulled out: its files fail with ENODEV and hang up. Put back, it must be opened anew.
void fake_gpio_remove_chip(int chip);
void fake_gpio_restore_chip(int chip);

/// Adds /dev/i2c-`number` that says it can do `functions` (I2C_FUNC_*).
void fake_i2c_add_adapter(int number, unsigned long functions);
/// Adds a device with 256 registers whose pointer moves on with each byte; all registers are 0.
void fake_i2c_add_device(int number, uint8_t address);
void fake_i2c_set_register(int number, uint8_t address, uint8_t place, uint8_t value);
uint8_t fake_i2c_register(int number, uint8_t address, uint8_t place);
/// Every transfer fails with this errno value from now on; 0 to work again. ENODEV also fails the next open.
void fake_i2c_set_failure(int number, int error);
/// Transfers take this long, as on a bus whose clock a device holds.
void fake_i2c_set_delay_ms(int number, unsigned delay_ms);
/// Transfers (I2C_RDWR or I2C_SMBUS calls) made since the adapter was added.
unsigned fake_i2c_transfer_count(int number);
/// The timeout that was asked for, in milliseconds.
unsigned fake_i2c_timeout_ms(int number);

/// Bytes of a path with its zero byte.
#define FAKE_PATH_BYTES 64
/// Makes a pseudo-terminal (a real one). @returns the descriptor of its master, which does not block; `path` is filled
/// with the path of its slave.
int fake_terminal_make(char *_Nonnull path);

/// Adds the real serial port /dev/`name`, whose bytes are those of the terminal at `path` (a pseudo-terminal's slave).
void fake_tty_add(const char *_Nonnull name, const char *_Nonnull path);
void fake_tty_remove(const char *_Nonnull name);

#endif
