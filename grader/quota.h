/*
 * Tries: how many versions of a team may be graded on a day and in all. Only what blames the team
 * costs one. A version counts for the day of its receipt, or, where that day is used up, for the
 * first later day with room; it waits until then. Pure: recomputed from what is stored, each time.
 */
#pragma once

#include "core/base/zone.h"

struct quota_given { /* tries that staff gave: more room on that day, and in all */
    int64_t day, tries;
};
struct quota {
    int64_t per_day, total;      /* of the team, 0: no limit */
    const int64_t *receipt_days; /* of the versions that cost a try, in order */
    size_t receipt_count;
    const struct quota_given *given;
    size_t given_count;
};

struct quota_room {
    int64_t day;        /* the first, from that of the receipt on, that has room */
    int64_t used, most; /* of the day of `today`; most 0: no limit */
    int64_t all, all_most;
    bool spent; /* no further version is graded */
};
/* What a further version finds that was received on `receipt_day`. O(receipts + days). */
struct quota_room quota_find(const struct quota *quota, int64_t receipt_day, int64_t today);
