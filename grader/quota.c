/* Tries counted day by day. */
#include "grader/quota.h"

static int64_t given_on(const struct quota *quota, int64_t day)
{
    int64_t tries = 0;
    for (size_t i = 0; i < quota->given_count; i++)
        tries += quota->given[i].day == day ? quota->given[i].tries : 0;
    return tries;
}

/* Where the counting stands: so many tries of this day are used. */
struct counting {
    int64_t day, used;
};

/* On to the first day, from `day` on, with room. */
static void room_find(const struct quota *quota, struct counting *at, int64_t day)
{
    if (day > at->day)
        *at = (struct counting){ day, 0 };
    while (quota->per_day && at->used >= quota->per_day + given_on(quota, at->day))
        *at = (struct counting){ at->day + 1, 0 };
}

struct quota_room quota_find(const struct quota *quota, int64_t receipt_day, int64_t today)
{
    struct counting at = { INT64_MIN, 0 };
    struct quota_room out = { .all = (int64_t)quota->receipt_count, .all_most = quota->total };
    for (size_t i = 0; i < quota->receipt_count; i++) {
        room_find(quota, &at, quota->receipt_days[i]);
        at.used++;
        out.used += at.day == today;
    }
    room_find(quota, &at, receipt_day);
    out.day = quota->per_day ? at.day : receipt_day;
    out.most = quota->per_day ? quota->per_day + given_on(quota, today) : 0;
    for (size_t i = 0; quota->total && i < quota->given_count; i++)
        out.all_most += quota->given[i].tries;
    out.spent = quota->total && out.all >= out.all_most;
    return out;
}
