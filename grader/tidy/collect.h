/*
 * Which files of state/artifacts and state/sealed nothing names any more, and taking them away. A
 * file is named by a row, by a receipt or by a version of the course. What a run under way has laid
 * down is named by nothing yet: artifacts_put sets the time of a file that is there already, and a
 * file that is younger than the oldest run under way stays.
 */
#pragma once

#include "grader/grader.h"
#include "grader/tidy/marks.h"

struct collecting {
    int state; /* directory descriptor */
    const struct artifacts *artifacts, *sealed;
    struct store *store;
    const char *team;              /* rows of this team do not count; "" none */
    const struct marks *skip;      /* nor rows and receipts of these runs; NULL none */
    const struct marks *skip_logs; /* nor the logs of these; NULL none */
    const struct grader *stop;     /* given up once this grader has to end; NULL: never */
};
/* Everything that is named. O(bytes of all receipts). */
bool collect_marks(const struct collecting *how, struct marks *out, struct fault *why);

struct collected {
    int64_t files, bytes;
    int64_t left, left_bytes; /* not named either, but not older than before_ms */
};
/* All that is not in `named` and was last put before before_ms goes; dry: only counted. */
struct collect_sweep {
    const struct marks *named;
    int64_t before_ms;
    bool dry;
};
bool collect_sweep(const struct collecting *how, const struct collect_sweep *sweep,
                   struct collected *out, struct fault *why);
