/// What a program tells the service manager that started it, and what that one wants to hear (sd_notify(3)).
#ifndef C_SERVICE_MANAGER_H
#define C_SERVICE_MANAGER_H

#include <stdint.h>

/// Tells the service manager a state such as "READY=1" (sd_notify(3)). Does nothing without a manager that wants to
/// know.
///
/// @returns 1 if it was told, 0 if nobody asked (NOTIFY_SOCKET is unset), or a negative errno value.
int warden_service_notify(const char *_Nonnull state);

/// How often the service manager wants to hear "WATCHDOG=1", in microseconds (WATCHDOG_USEC); 0 for never.
uint64_t warden_service_watchdog_us(void);

#endif
