// The far side of a board's devices, inside a simulated kernel: what its lines, buses and ports look like to the world.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The most that one message of a transfer carries; i2c-dev itself allows 8192 (I2C_RDWR_IOCTL_MAX_MSGS and i2c_rdwr).
#define KERNEL_WORLD_BYTES 512

// A transfer that a program asked of a simulated I2C adapter, and that waits for its answer.
typedef struct {
    uint64_t identity;
    uint8_t address;
    uint8_t write[KERNEL_WORLD_BYTES];
    uint16_t write_count;
    uint16_t read_count;
    // Messages of the transfer, which is what a successful one returns.
    uint8_t messages;
} kernel_world_transfer;

// Makes a character device in /dev that answers as an I2C adapter; -errno if the kernel has no CUSE.
int kernel_world_adapter_make(const char *_Nonnull name);
// Takes what programs ask of the adapter. 1: a transfer that is to be answered; 0: nothing waits; -errno.
int kernel_world_adapter_take(int adapter, kernel_world_transfer *_Nonnull transfer);
// Answers: 0 with the bytes that were read, or -errno as an adapter's driver gives it.
void kernel_world_adapter_answer(
    int adapter, const kernel_world_transfer *_Nonnull transfer, int status, const uint8_t *_Nonnull bytes);

// The far end of a serial port, raw; -errno.
int kernel_world_serial_open(const char *_Nonnull path);
// Bytes that were there, 0 if none, -errno.
long kernel_world_read(int fd, void *_Nonnull bytes, size_t count);
// Writes what there is room for.
long kernel_world_write(int fd, const void *_Nonnull bytes, size_t count);
// Opens a file of the kernel for reading or writing, without waiting; -errno.
int kernel_world_open(const char *_Nonnull path, bool for_writing);
// A pseudo-terminal in raw mode, and the path of its other end; -errno.
int kernel_world_terminal_make(char *_Nonnull path, size_t capacity);
void kernel_world_close(int fd);

// CLOCK_MONOTONIC in nanoseconds.
int64_t kernel_world_clock_ns(void);
// Sets the civil time and whether it counts as synchronised; 0 or -errno.
int kernel_world_clock_set(int64_t unix_ms, bool is_synchronised);

// Starts a program with its standard error in a file, and its output where `output` says; its identifier, or -errno.
int kernel_world_start(
    const char *_Nullable const *_Nonnull arguments, const char *_Nullable output, const char *_Nonnull log);
// Whether the program has ended, and its wait status.
bool kernel_world_has_ended(int process, int *_Nonnull status);
void kernel_world_signal(int process, int signal);

// From here on the kernel wakes this thread at the very moment, not up to 50 us later: a pulse is as short as that.
void kernel_world_be_punctual(void);
// Begins a new list of descriptors to wait for.
void kernel_world_watch_none(void);
void kernel_world_watch(int fd);
// Waits for any of them, or for some nanoseconds.
void kernel_world_wait(int64_t nanoseconds);
// Whether the wait found something to read at this place of the list.
bool kernel_world_has_input(int place);
