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
    size_t row_count;    /* distinct ids; of images fewer than the file has rows */
    struct str *ids;     /* [row_count] the course's ids, as they appear; a pair with NUL between */
    struct str *new_ids; /* [row_count] the drawn ids, likewise: 9 digits, distinct */
    struct str csv;      /* the file to hand out: new ids, new order */
};

/* Which cells are the id. Only id_column's is drawn anew, the same one for the same id. */
struct heldout_form {
    const char *id_column;
    const char *item_column; /* a row is the pair of both: an item of a query; NULL: the id alone */
    bool repeats;            /* an id may have several rows, which stay together: an image */
    struct str key; /* what the draw depends on: a secret and the seed's number; the same key gives
                       the same file */
};

/*
 * bytes: a CSV with a header that has these columns; quoted cells may hold line ends.
 * Fault: no header, no such column, a record without that cell, an id (a pair) twice.
 */
bool heldout_draw(struct arena *arena, struct str bytes, const struct heldout_form *form,
                  struct heldout *out, struct fault *why);
