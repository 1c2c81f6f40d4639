/*
 * The levels of a category that a transform keeps, in the order of their text, and their codes:
 * 0..count-1, then one for all others (rare or never seen) and one for missing, where there are
 * such.
 */
#pragma once

#include "core/learn/features_bind.h"

enum levels_other {
    OTHER_NONE,  /* rare and unseen ones have no code */
    OTHER_LEVEL, /* ... one in common */
    OTHER_FAULT, /* unseen ones are refused when they occur, rare ones have no code */
};

struct levels {
    size_t count;
    struct str *texts; /* [count] rising */
    enum levels_other other;
    bool missing; /* missing cells have a code */
};

/* Codes in all. */
size_t levels_width(const struct levels *levels);

/*
 * Of a column of texts: levels that at least least_count rows have, the commonest `most` of them.
 * Gives in *rare whether others were left out. Texts over LEVEL_BYTES_MOST are.
 */
void levels_fit(struct arena *arena, const struct column *column, size_t rows, size_t least_count,
                size_t most, struct levels *out, bool *rare);

/*
 * map[column->level_count + 1]: the code of level k at k + 1, of a missing cell at 0; -1 for none.
 * A fault when unseen ones are refused and a row has one.
 */
bool levels_bind(struct arena *arena, const struct levels *levels, const struct column *column,
                 size_t rows, const int32_t **map, struct fault *why);

/* out[rows] = map of codes[rows]. */
void levels_apply(const int32_t *map, const int32_t *codes, int32_t *out, size_t rows);

/* The text of code k: "other" and "missing" for the last ones. */
struct str levels_text(const struct levels *levels, size_t code);

void levels_save(const struct levels *levels, struct text *out);
void levels_load(struct bytes *in, struct levels *out);

/* The texts as members of the open list. */
void levels_print(const struct levels *levels, struct json_out *out);
