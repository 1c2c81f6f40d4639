/* Kept levels: counted, mapped, stored. */
#include "core/learn/levels.h"
#include "core/data/origin.h"
#include "core/data/dictionary.h"
#include <math.h>
#include <stdlib.h>

struct level {
    struct str text;
    size_t count;
};

size_t levels_width(const struct levels *levels)
{
    return levels->count + (levels->other == OTHER_LEVEL) + levels->missing;
}

static int commoner_first(const void *a, const void *b)
{
    const struct level *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return str_order(x->text, y->text);
}

static int by_text(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* Four counters a level: the same level twice in a row does not wait for itself. */
static void count_codes(struct arena *arena, const struct column *column, size_t rows,
                        struct level *levels)
{
    size_t width = column->level_count + 1;
    uint32_t *counts = arena_array(arena, uint32_t, 4 * width);
    for (size_t i = 0; i < rows; i++)
        counts[(i & 3) * width + (size_t)(column->codes[i] + 1)]++;
    for (size_t k = 0; k < column->level_count; k++)
        for (size_t c = 0; c < 4; c++)
            levels[k].count += counts[c * width + k + 1];
}

void levels_fit(struct arena *arena, const struct column *column, size_t rows, size_t least_count,
                size_t most, struct levels *out, bool *rare)
{
    size_t count = column->level_count, used = 0;
    struct level *levels = arena_array(arena, struct level, count);
    for (size_t k = 0; k < count; k++)
        levels[k].text = column->levels[k];
    count_codes(arena, column, rows, levels);
    for (size_t k = 0; k < count; k++)
        if (levels[k].count)
            levels[used++] = levels[k];
    size_t kept = 0;
    if (used > most || least_count > 1)
        qsort(levels, used, sizeof *levels, commoner_first);
    out->texts = arena_array(arena, struct str, used < most ? used : most);
    for (size_t k = 0; k < used && kept < most && levels[k].count >= least_count; k++)
        if (levels[k].text.len <= LEVEL_BYTES_MOST)
            out->texts[kept++] = str_keep(arena, levels[k].text);
    qsort(out->texts, kept, sizeof *out->texts, by_text);
    out->count = kept;
    *rare = kept < used;
}

/* Levels that are numbers, where a column of numbers stands for a category with texts as well. */
static void bind_numbers(const struct levels *levels, const struct column *column, int32_t *map)
{
    for (size_t k = 0; k < column->level_count; k++) {
        double wanted, value;
        if (map[k + 1] >= 0 || !str_to_double(column->levels[k], &wanted))
            continue;
        for (size_t i = 0; i < levels->count && map[k + 1] < 0; i++)
            if (str_to_double(levels->texts[i], &value) && value == wanted)
                map[k + 1] = (int32_t)i;
    }
}

static bool refuse_unseen(struct arena *arena, const struct column *column, const int32_t *map,
                          size_t rows, struct fault *why)
{
    for (size_t i = 0; i < rows; i++)
        if (column->codes[i] >= 0 && map[column->codes[i] + 1] < 0)
            return cell_fault(arena, column, i, why,
                              "column \"%.*s\" held \"%.*s\", which training had not",
                              STR_ARGS(str_until(column->name, 60)),
                              STR_ARGS(str_until(column->levels[column->codes[i]], 40)));
    return true;
}

bool levels_bind(struct arena *arena, const struct levels *levels, const struct column *column,
                 size_t rows, const int32_t **out, struct fault *why)
{
    struct dictionary known = { .arena = arena };
    int32_t *map = arena_array(arena, int32_t, column->level_count + 1);
    for (size_t k = 0; k < levels->count; k++)
        dictionary_add(&known, levels->texts[k]);
    for (size_t k = 0; k < column->level_count; k++)
        map[k + 1] = dictionary_find(&known, column->levels[k]);
    if (column->numbers)
        bind_numbers(levels, column, map);
    if (levels->other == OTHER_FAULT && !refuse_unseen(arena, column, map, rows, why))
        return false;
    for (size_t k = 0; levels->other == OTHER_LEVEL && k < column->level_count; k++)
        if (map[k + 1] < 0)
            map[k + 1] = (int32_t)levels->count;
    map[0] = levels->missing ? (int32_t)(levels->count + (levels->other == OTHER_LEVEL)) : -1;
    *out = map;
    return true;
}

void levels_apply(const int32_t *map, const int32_t *codes, int32_t *out, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        out[i] = map[codes[i] + 1];
}

struct str levels_text(const struct levels *levels, size_t code)
{
    if (code < levels->count)
        return levels->texts[code];
    return levels->other == OTHER_LEVEL && code == levels->count ? S("other") : S("missing");
}

void levels_save(const struct levels *levels, struct text *out)
{
    bytes_put_u32(out, levels->other);
    bytes_put_u32(out, levels->missing);
    bytes_put_u32(out, (uint32_t)levels->count);
    for (size_t k = 0; k < levels->count; k++)
        bytes_put_text(out, levels->texts[k]);
}

void levels_load(struct bytes *in, struct levels *out)
{
    uint32_t other = bytes_u32(in), missing = bytes_u32(in);
    *out = (struct levels){ .count = bytes_count(in, 4),
                            .other = (enum levels_other)other,
                            .missing = missing == 1 };
    if (other > OTHER_FAULT || missing > 1)
        in->failed = true;
    if (in->failed)
        return;
    out->texts = arena_array(in->arena, struct str, out->count);
    for (size_t k = 0; k < out->count; k++) {
        out->texts[k] = bytes_text(in);
        if (out->texts[k].len > LEVEL_BYTES_MOST ||
            (k && str_order(out->texts[k - 1], out->texts[k]) >= 0))
            in->failed = true;
        if (in->failed)
            return;
    }
}

void levels_print(const struct levels *levels, struct json_out *out)
{
    json_open_list(out, "levels");
    for (size_t k = 0; k < levels_width(levels); k++)
        json_add_text(out, NULL, levels_text(levels, k));
    json_close_list(out);
}
