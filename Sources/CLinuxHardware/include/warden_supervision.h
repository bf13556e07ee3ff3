/// The board's watchdog.
#ifndef WARDEN_SUPERVISION_H
#define WARDEN_SUPERVISION_H

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
