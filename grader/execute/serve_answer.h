/*
 * What a team's server answered, as foreign bytes, and whether it says the same as predictions.csv.
 *   text/csv               records behind a header with the id column, or without a header
 *   application/json       {"predictions":[…]} or […]
 *   application/jsonlines  the members of that list, one a line
 * A member is a value (where a row has one), a list of the row's values, or a map that names the
 * columns. Rows without their id are in the order in which they were asked about.
 */
#pragma once

#include "core/data/dictionary.h"
#include "grader/execute/serve_rows.h"

/* The predictions of the same model for the same rows. */
struct serve_beside {
    struct serve_table table;
    size_t id_at, item_at; /* item_at SIZE_MAX: the id alone */
    size_t *values;        /* [value_count] the other columns */
    size_t value_count;
    struct dictionary keys;
    int32_t *first, *last; /* [keys.count] rows of a key, in order … */
    int32_t *next;         /* [row_count] … -1 behind the last */
    int32_t *at;           /* [keys.count] the next one that an answer can be for */
    uint32_t *asked_in;    /* [keys.count] which question asked for it last */
    uint32_t question;
};
bool serve_beside_parse(struct arena *arena, struct str csv, const struct job_serve *plan,
                        struct serve_beside *out, struct fault *why);

struct serve_answer {
    struct str *keys;   /* [row_count], id or id NUL item; NULL: in the order of the question */
    struct str *values; /* [row_count * value_count] in the order of serve_beside.values */
    size_t row_count;
};
/* Texts are borrowed from `body` and cut from `arena`. */
bool serve_answer_parse(struct arena *arena, struct str body, enum job_serve_type type,
                        const struct serve_beside *beside, struct serve_answer *out,
                        struct fault *why);

struct serve_compared {
    int64_t rows, equal;
    const char *first; /* what the first difference was; NULL without one */
};
/*
 * The answer to a question about rows from..end beside the predictions of these rows. A row that
 * the answer has beyond them counts as different. False: as many rows as were asked about were
 * wanted, and it has neither ids nor that many.
 */
bool serve_compare(struct arena *arena, struct serve_beside *beside, const struct serve_rows *rows,
                   const size_t from_end[2], const struct serve_answer *answer,
                   struct serve_compared *out, struct fault *why);

/* Numbers within 0.00001 or a 10,000th of the larger one; other texts to the byte. */
bool serve_value_equal(struct str a, struct str b);
