/// Digital lines through libgpiod, the same functions over 1.6 (Debian 12) and 2.x (Debian 13).
///
/// Each line is one request of its own: it has its own file descriptor, and its loss touches no other line.
/// Opening and closing allocate inside libgpiod; reading and driving do not.
#ifndef WARDEN_GPIO_H
#define WARDEN_GPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    WARDEN_GPIO_BIAS_AS_IS = 0,
    WARDEN_GPIO_BIAS_DISABLED = 1,
    WARDEN_GPIO_BIAS_PULL_UP = 2,
    WARDEN_GPIO_BIAS_PULL_DOWN = 3,
} warden_gpio_bias;

/// What to claim, and how. Levels are logical: active low is undone by the kernel.
typedef struct {
    /// The chip by name ("gpiochip0"), label ("pinctrl-rp1") or path; NULL searches all chips for `name`.
    const char *_Nullable chip;
    /// The line by its name in the kernel; NULL takes `offset` instead.
    const char *_Nullable name;
    uint32_t offset;
    bool is_output;
    /// Outputs: the level in the very request that claims the line, so that there is no glitch before it is set.
    bool starts_active;
    bool is_active_low;
    warden_gpio_bias bias;
    /// Inputs: how long a level must hold before the kernel reports it, in microseconds; 0 for at once.
    uint32_t debounce_us;
} warden_gpio_request;

/// A claimed line. Lies where its owner puts it; the fields are the shim's own, but for `fd` and `is_debounced`.
typedef struct {
    void *_Nullable chip;
    void *_Nullable line;
    void *_Nullable events;
    uint32_t offset;
    /// Inputs: becomes readable when an edge waits. -1 for outputs and closed lines.
    int fd;
    /// Whether the kernel does the debouncing that was asked for; libgpiod 1.6 cannot ask it to.
    bool is_debounced;
} warden_gpio_line;

typedef struct {
    /// CLOCK_MONOTONIC nanoseconds at the interrupt. Kernels before 5.7 stamp with CLOCK_REALTIME instead.
    uint64_t timestamp_ns;
    /// The level after the edge.
    bool is_active;
} warden_gpio_edge;

/// Edges that one call can return: what the kernel keeps for a line in the older interface.
#define WARDEN_GPIO_EDGE_BATCH 16

/// A line that is not claimed.
static inline warden_gpio_line warden_gpio_unclaimed(void) {
    return (warden_gpio_line){NULL, NULL, NULL, 0, -1, false};
}

/// Claims a line. Inputs report both edges.
///
/// @returns 0, or
///   -ENODEV   there is no such chip,
///   -ENOENT   no line has that name,
///   -ENOTUNIQ several chips have that label, or several lines that name,
///   -ERANGE   the offset is beyond the chip,
///   -EBUSY    somebody else holds the line,
///   -EACCES or -EPERM  the device file may not be used,
///   or another errno value of the kernel. `line` is then unclaimed.
int warden_gpio_claim(warden_gpio_line *_Nonnull line, const warden_gpio_request *_Nonnull request);

/// Gives a line back; the kernel may then return an output to its default. Does nothing to an unclaimed line.
void warden_gpio_release(warden_gpio_line *_Nonnull line);

/// The present level. @returns 0 or 1, or a negative errno value: -ENODEV when the chip is gone.
int warden_gpio_read(const warden_gpio_line *_Nonnull line);

/// Drives an output. @returns 0, or a negative errno value: -ENODEV when the chip is gone.
int warden_gpio_drive(const warden_gpio_line *_Nonnull line, bool is_active);

/// Takes waiting edges, oldest first, without blocking.
///
/// @param edges room for WARDEN_GPIO_EDGE_BATCH of them.
/// @returns how many, 0 if none waits, or a negative errno value: -ENODEV when the chip is gone.
int warden_gpio_take_edges(const warden_gpio_line *_Nonnull line, warden_gpio_edge *_Nonnull edges);

/// The version of libgpiod that is linked, such as "1.6.3".
const char *_Nonnull warden_gpio_library_version(void);

#endif
