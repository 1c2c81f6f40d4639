/*
 * Time and chance are passed in, so that a stored run can be replayed and a test can shift them.
 * Instants: integer UTC milliseconds. Durations and leases: CLOCK_BOOTTIME milliseconds.
 */
#pragma once

#include "core/base/str.h"
#include <stdint.h>

struct clock {
    int64_t (*utc_ms)(const struct clock *clock);
    int64_t (*boot_ms)(const struct clock *clock);
    int64_t shift_ms; /* tests: added to both by clock_system_make's functions */
};
struct clock clock_system(void);
int64_t clock_utc_ms(const struct clock *clock);
int64_t clock_boot_ms(const struct clock *clock);
int64_t clock_mono_us(void); /* for measuring only */
/* The kernel's boot id, 36 characters; empty where there is none. */
void clock_boot_id(char out[37]);

/* "2026-02-10T18:00:00Z" with milliseconds when not zero: RFC 3339. */
#define TIME_TEXT 32
void clock_print(int64_t utc_ms, char out[TIME_TEXT]);
/* RFC 3339 with offset or Z; false when it is not. */
bool clock_parse(struct str text, int64_t *utc_ms);
