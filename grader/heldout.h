/*
 * Held-out rows as a box may see them: ids and row order drawn anew for each hidden seed, so that
 * answers stored by id or position are worthless; the grader maps back. Bytes of the other cells
 * stay as the course wrote them.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"
#include <stdint.h>

struct heldout {
    size_t row_count;
    struct str *ids;     /* [row_count] the course's ids, in file order */
    struct str *new_ids; /* [row_count] the drawn ids, in file order: 9 digits, distinct */
    struct str csv;      /* the file to hand out: new ids, new order */
};

/*
 * bytes: a CSV with a header that has the column `id_column`; quoted cells may hold line ends.
 * key: what the draw depends on (a secret and the seed's number); the same key gives the same file.
 * Fault: no header, no such column, a record without that cell, an id twice.
 */
bool heldout_draw(struct arena *arena, struct str bytes, const char *id_column, struct str key,
                  struct heldout *out, struct fault *why);
