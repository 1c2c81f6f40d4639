/*
 * The store made anew from what people did (inbox.db), the receipts, the artifacts and the sealed
 * values: the events are taken over in their order as the follower takes them, and a run that an
 * event makes ends at once as its receipt says. Which receipts hold is told by the store before,
 * where it can be read, else by their chain. A run whose receipt is damaged or missing is queued
 * again.
 *
 * What is not in any of them and stays as it was only where the store before can be read: what was
 * seen of repositories at looks that found nothing new. What is lost: times of the steps record and
 * announce (they end after the receipt is written), how often a run that has not ended was tried,
 * steps of cancelled runs, the step cache, times and order of the audit.
 */
#pragma once

#include "core/base/complaint.h"
#include "core/base/fault.h"

struct rebuild {
    const char *course; /* path of the course */
    bool without;       /* do as if there were no store before */
};
struct rebuild_report {
    int64_t events, runs, ended, again; /* again: queued since their receipt does not hold */
    int64_t rescores;                   /* applied before, to be applied again */
    const char *kept;                   /* name of the store before, within state/; "" none */
    struct complaints said;             /* what does not hold, one line each; arena set by caller */
};
/*
 * The caller holds state/lock. The new file is written beside and takes its name once it is
 * complete and on disk; whatever fails leaves the old one in force.
 */
bool store_rebuild(const struct rebuild *how, struct rebuild_report *report, struct fault *why);
