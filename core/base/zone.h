/*
 * A time zone as the list of its offsets from UTC: on which day of people's an instant lies. Read
 * from the machine's zone files, without the process's own zone (TZ), which all threads share.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

struct zone_change {
    int64_t from_ms;  /* UTC */
    int64_t offset_s; /* local time = UTC + offset, from then on */
};
/* In order; before the first change its offset holds. Without any: UTC. */
struct zone {
    const struct zone_change *at;
    size_t count;
};

/*
 * The zone's changes from one instant until another, the offset at the first included. `name` as in
 * the IANA's list: Europe/Berlin. False when this machine knows no such zone; UTC is always known.
 * Source: RFC 8536.
 */
bool zone_load(struct arena *arena, struct str name, const int64_t from_until_ms[2],
               struct zone *out, struct fault *why);
/* The same of a zone file's bytes. */
bool zone_parse(struct arena *arena, struct str bytes, const int64_t from_until_ms[2],
                struct zone *out, struct fault *why);

int64_t zone_offset_s(const struct zone *zone, int64_t utc_ms);
/* The local day as its number from 1970-01-01, and the first instant of one. */
int64_t zone_day(const struct zone *zone, int64_t utc_ms);
int64_t zone_day_start(const struct zone *zone, int64_t day);

/* "2026-02-10 18:00", local time. */
#define ZONE_TEXT 32
void zone_print(const struct zone *zone, int64_t utc_ms, char out[ZONE_TEXT]);
