/// Waiting: epoll, event counters between threads, deadlines, signals; and the clocks.
#ifndef WARDEN_EVENTS_H
#define WARDEN_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/// What to watch a descriptor for. Hang-ups and errors are always reported.
enum {
    WARDEN_WATCH_NOTHING = 0,
    WARDEN_WATCH_READ = 1,
    WARDEN_WATCH_WRITE = 2,
};

typedef struct {
    /// The tag that the descriptor was watched with.
    uint64_t tag;
    bool is_readable;
    bool is_writable;
    /// The other side hung up or the device failed; there may still be bytes to read.
    bool is_gone;
} warden_ready;

/// Descriptors that one `warden_epoll_wait` reports at the most; the rest are reported by the next.
#define WARDEN_READY_BATCH 64

/// @returns a descriptor, or a negative errno value.
int warden_epoll_make(void);
/// @returns 0, or a negative errno value; -EPERM if the descriptor cannot be waited for.
int warden_epoll_watch(int epoll, int fd, int watch, uint64_t tag);
int warden_epoll_change(int epoll, int fd, int watch, uint64_t tag);
void warden_epoll_forget(int epoll, int fd);
/// Waits until something is ready.
///
/// @param ready      room for WARDEN_READY_BATCH entries.
/// @param timeout_ms -1 waits for ever, 0 only looks.
/// @returns how many are ready, 0 on timeout or interruption, or a negative errno value.
int warden_epoll_wait(int epoll, warden_ready *_Nonnull ready, int timeout_ms);

/// A counter that one thread raises and another waits for. @returns a descriptor, or a negative errno value.
///
/// @param blocks whether `warden_event_take` waits for the counter to be raised.
int warden_event_make(bool blocks);
void warden_event_raise(int event);
/// Sets the counter back to zero. @returns whether it had been raised.
bool warden_event_take(int event);

/// A timer on the monotonic clock. @returns a descriptor that becomes readable when it is due, or a negative errno value.
int warden_timer_make(void);
/// @param at_ns CLOCK_MONOTONIC nanoseconds; 0 switches the timer off. A moment in the past is due at once.
void warden_timer_set(int timer, int64_t at_ns);
/// Takes note that the timer was due.
void warden_timer_take(int timer);

/// Watches for steps of the wall clock. @returns a descriptor that becomes readable when it is set, or a negative errno
/// value.
int warden_clock_watch_make(void);
/// Takes note of a step, and watches for the next.
void warden_clock_watch_take(int watch);

/// Blocks SIGTERM, SIGINT and SIGHUP, ignores SIGPIPE, and makes a descriptor that becomes readable when one of the
/// three arrives. Called before any thread is started. @returns the descriptor, or a negative errno value.
int warden_signals_make(void);
/// @returns the number of a signal that arrived, or 0.
int warden_signals_take(int signals);
/// Whether the signal asks the process to end (SIGTERM, SIGINT).
bool warden_signal_ends(int signal_number);

/// CLOCK_MONOTONIC in nanoseconds.
int64_t warden_monotonic_ns(void);

typedef struct {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    int64_t unix_ms;
    /// The kernel's clock discipline says that a time source steers the clock (STA_UNSYNC is clear).
    bool is_synchronised;
} warden_wall_clock;
warden_wall_clock warden_wall_clock_read(void);

#endif
