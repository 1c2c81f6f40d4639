/*
 * What a verdict means for a student: one or two sentences that tell what happened and what to do.
 * Steps that saw held-out data get sentences without any number that the team's program could have
 * chosen.
 */
#pragma once

#include "core/base/str.h"
#include <stdint.h>

struct verdict {
    const char *kind;    /* build train sample predict */
    const char *verdict; /* a box verdict */
    int exit_code, signal;
    const char *command; /* what was run, as the team wrote it */
    const char *message; /* of the box, one line without a full stop; NULL or "": none */
    int64_t limit_s, wall_s, memory_mb, processes, disk_mb, output_kb;
};

/* Never fails; an unknown verdict gives a general sentence. */
const char *verdict_words(struct arena *arena, const struct verdict *verdict);
