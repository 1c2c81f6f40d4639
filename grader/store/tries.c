/* A team's tries, read from the store. */
#include "grader/store/tries.h"

/* Versions of one team and task, gifts to one team: more are not looked at. */
#define RECEIPTS_MOST 1000000
#define GIVEN_MOST 10000

static bool limits_load(struct row *row, struct quota *out, struct fault *why)
{
    int64_t per_day = 0, total = 0;
    while (row_next(row, why)) { /* the task's own comes first */
        per_day = per_day ? per_day : row_int(row, 0);
        total = total ? total : row_int(row, 1);
    }
    out->per_day = per_day ? per_day : out->per_day;
    out->total = total ? total : out->total;
    return row_end(row, why);
}

static bool given_load(struct row *row, struct arena *arena, const struct zone *zone,
                       struct quota *out, struct fault *why)
{
    struct quota_given *at = NULL;
    size_t count = 0, room = 0;
    while (count < GIVEN_MOST && row_next(row, why)) {
        if (count == room) {
            at = arena_grow(arena, at, room * sizeof *at, (room + 16) * sizeof *at);
            room += 16;
        }
        at[count++] = (struct quota_given){ zone_day(zone, row_int(row, 0)), row_int(row, 1) };
    }
    out->given = at;
    out->given_count = count;
    return row_end(row, why);
}

static bool used_load(struct row *row, struct arena *arena, const struct zone *zone,
                      struct quota *out, struct fault *why)
{
    int64_t *at = NULL;
    size_t count = 0, room = 0;
    while (count < RECEIPTS_MOST && row_next(row, why)) {
        if (count == room) {
            size_t more = room ? 2 * room : 64;
            at = arena_grow(arena, at, room * sizeof *at, more * sizeof *at);
            room = more;
        }
        at[count++] = zone_day(zone, row_int(row, 0));
    }
    out->receipt_days = at;
    out->receipt_count = count;
    return row_end(row, why);
}

bool tries_load(struct db *db, const struct tries_queries *queries, struct arena *arena,
                const struct zone *zone, const struct tries_of *of, struct quota *out,
                struct fault *why)
{
    *out = (struct quota){ .per_day = of->per_day, .total = of->total };
    return limits_load(db_start(db, queries->quota, "tt", of->team, of->task), out, why) &&
           given_load(db_start(db, queries->given, "tt", of->team, of->task), arena, zone, out,
                      why) &&
           used_load(db_start(db, queries->used, "ttz", of->team, of->task, of->without), arena,
                     zone, out, why);
}
