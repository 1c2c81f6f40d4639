/* The rows that a server is asked about, and the bodies of requests that ask. */
#pragma once

#include "grader/execute/job_serve.h"
#include "grader/execute/serve_table.h"

struct serve_rows {
    struct serve_table table;
    size_t id_at, item_at; /* columns that name a row; item_at SIZE_MAX: the id alone */
    bool *is_number;       /* [width] all cells are numbers or missing; never the names */
};

#define SERVE_BODY_MOST (4u << 20) /* from here on a batch takes no further row */

/* csv: a header and records, of which at most JOB_SERVE_ROWS_MOST are taken. */
bool serve_rows_parse(struct arena *arena, struct str csv, const struct job_serve *plan,
                      struct serve_rows *out, struct fault *why);

/*
 * The header and about `most` records of csv: the last id's records are all there. csv as it is
 * when it cannot be read.
 */
struct str serve_rows_cut(struct arena *arena, struct str csv, const char *id, size_t most);

/* The end of a batch of about `size` rows from `from` on: rows of one id stay together. */
size_t serve_batch_end(const struct serve_rows *rows, size_t from, size_t size);

/*
 * What POST /invocations carries:
 *   text/csv               the header and the rows
 *   application/json       {"instances":[{"id":"7","age":31,"job":"clerk"},…]}
 *   application/jsonlines  the members of that list, one a line
 * In JSON, columns of numbers are numbers, other cells texts, missing ones null, names texts.
 */
struct str serve_body(struct arena *arena, const struct serve_rows *rows, enum job_serve_type type,
                      size_t from, size_t end);

/* What names the row: its id, of a pair id and item with NUL between. */
struct str serve_row_key(struct arena *arena, const struct serve_rows *rows, size_t row);
