/*
 * Telling a service manager how it goes: one datagram to the socket that NOTIFY_SOCKET names
 * (protocol of sd_notify(3)). Without that variable nothing happens.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..."; several lines are allowed. */
bool service_notify(const char *lines);

/* How often the manager wants to hear WATCHDOG=1, half of its patience; 0: not at all. */
int64_t service_watchdog_ms(void);
