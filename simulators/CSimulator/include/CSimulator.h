// What the simulation programs need of the operating system and Swift cannot call in Embedded mode.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Arguments of the process; index 0 is the program.
int simulator_argument_count(void);
const char *_Nonnull simulator_argument(int index);

// Opens for reading; -errno on failure.
int simulator_open(const char *_Nonnull path);
// Makes or empties a file for writing; -errno on failure.
int simulator_create(const char *_Nonnull path);
// Bytes of an open file; -errno on failure.
int64_t simulator_size(int fd);
// Whether there is a folder of this name.
bool simulator_is_folder(const char *_Nonnull path);
// Reads up to `capacity` bytes; 0 at the end, -errno on failure.
long simulator_read(int fd, void *_Nonnull bytes, size_t capacity);
// Writes everything; 0, or -errno on failure.
int simulator_write(int fd, const void *_Nonnull bytes, size_t count);
void simulator_close(int fd);
const char *_Nonnull simulator_error_text(int error);

bool simulator_is_terminal(int fd);
// Size of the terminal; 24 by 80 where it does not say.
void simulator_terminal_size(int *_Nonnull rows, int *_Nonnull columns);
// Takes keys one at a time and without echo, until the process ends however it ends.
int simulator_terminal_raw(void);
void simulator_terminal_restore(void);

// Nanoseconds on a clock that never goes back.
int64_t simulator_clock_ns(void);
// Waits until standard input has something to read, a signal asks to end, or the time is over.
// Returns 1 for input, 0 for time over, -1 for an end asked by SIGINT or SIGTERM.
int simulator_wait_input(int64_t timeout_ns);

// From here on SIGINT and SIGTERM are noted, not fatal.
void simulator_catch_signals(void);
bool simulator_end_asked(void);

// Ends the process, with what exit handlers there are.
_Noreturn void simulator_exit(int code);
