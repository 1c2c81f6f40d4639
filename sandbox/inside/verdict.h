/* From what was seen to the report. */
#pragma once

#include "sandbox/inside/keep.h"
#include "sandbox/inside/watch.h"

struct findings {
    const struct job *job;
    const struct groups *groups;
    const struct watch *watch;
    const struct keep *keep;
    const struct trouble *trouble; /* set-up failed; "" when it did not */
};

/* Fills verdict, message, layers and all raw facts but set-up and tear-down time. */
void verdict_find(const struct findings *findings, struct box_report *report);
/* Is something weaker than it should be here? Names it. */
bool verdict_degraded(const struct groups *groups, char *text, size_t size);
