/* Any bytes as CSV, read in pieces of a few bytes: no one can tell it from read as one piece. */
#include "core/data/csv.h"
#include <stdlib.h>

/* The same once more, with other sizes and names. */
#define CSV_BLOCK_BYTES ((size_t)16)
#define PIECE_BYTES_LEAST ((size_t)32)
#define PIECE_BYTES_A_CELL 1
#define csv_survey pieces_survey
#define csv_line_ends pieces_line_ends
#define csv_line_starts pieces_line_starts
#define csv_parse pieces_parse
bool pieces_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
                  struct table *out, struct fault *why);
#include "core/data/csv.c"
#include "core/data/csv_survey.c"
#undef csv_parse

static void same(const struct column *a, const struct column *b, size_t rows)
{
    if (!str_equal(a->name, b->name) || a->kind != b->kind || a->missing_count != b->missing_count)
        abort();
    if (column_is_numeric(a) ? memcmp(a->numbers, b->numbers, rows * sizeof *a->numbers) != 0
                             : memcmp(a->codes, b->codes, rows * sizeof *a->codes) != 0 ||
                                   a->level_count != b->level_count)
        abort();
    for (size_t i = 0; !column_is_numeric(a) && i < a->level_count; i++)
        if (!str_equal(a->levels[i], b->levels[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_pin pins[] = { { S("id"), COLUMN_CATEGORY }, { S("n"), COLUMN_NUMBER } };
    struct csv_options how = { .file = S("f.csv"), .pins = pins, .pin_count = size % 3 };
    how.rows_most = size % 7 ? 0 : 3;
    scoped_arena arena = arena_open(NULL);
    struct str bytes = { (const char *)data, size };
    struct table whole, pieces;
    struct fault why = { 0 }, other = { 0 };
    bool read = csv_parse(arena, bytes, &how, &whole, &why);
    if (pieces_parse(arena, bytes, &how, &pieces, &other) != read)
        abort();
    if (strcmp(why.text, other.text) != 0)
        abort();
    if (!read)
        return 0;
    if (whole.rows != pieces.rows || whole.column_count != pieces.column_count)
        abort();
    for (size_t i = 0; i < whole.column_count; i++)
        same(&whole.columns[i], &pieces.columns[i], whole.rows);
    return 0;
}
