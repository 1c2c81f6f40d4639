/*
 * Collects kept files once everything inside is dead: through the box's own file systems, beneath
 * them, no link, regular files with one name, bounded. They go to the caller as descriptors.
 */
#pragma once

#include "sandbox/inside/job.h"

struct keep {
    const struct job *job;
    int disk, scratch;
    int64_t bytes, files;
    struct trouble refused; /* the command's doing: verdict artifact */
    struct trouble failed;  /* ours */
};

void keep_run(struct keep *keep);
