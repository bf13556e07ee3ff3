/// Those who watch over the process: the service manager and the board's watchdog.
#ifndef WARDEN_SUPERVISION_H
#define WARDEN_SUPERVISION_H

#include <stddef.h>
#include <stdint.h>

/// Tells the service manager a state such as "READY=1" (sd_notify(3)). Does nothing without a manager that wants to
/// know.
///
/// @returns 1 if it was told, 0 if nobody asked (NOTIFY_SOCKET is unset), or a negative errno value.
int warden_service_notify(const char *_Nonnull state);

/// How often the service manager wants to hear "WATCHDOG=1", in microseconds (WATCHDOG_USEC); 0 for never.
uint64_t warden_service_watchdog_us(void);

/// Starts the board's watchdog: from now on the board restarts unless `warden_watchdog_feed` is called in time.
///
/// @param path      such as "/dev/watchdog".
/// @param timeout_s filled with what the hardware really does, in seconds.
/// @returns a descriptor, or a negative errno value.
int warden_watchdog_start(const char *_Nonnull path, int *_Nonnull timeout_s);
void warden_watchdog_feed(int watchdog);
/// Stops the watchdog where the kernel allows it (not with CONFIG_WATCHDOG_NOWAYOUT).
void warden_watchdog_stop(int watchdog);

#endif
