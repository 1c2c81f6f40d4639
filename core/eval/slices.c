/* Slices with higher losses. */
#include "core/eval/slices.h"
#include "core/eval/multiplicity.h"
#include "core/eval/ranking.h"
#include "core/math/distribution.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

#define PARTS_MOST 20 /* each has 5 % of the rows: there are no more */
#define DECILES 10
#define NO_PART UINT8_MAX

/* A column cut into parts of enough rows. */
struct cut {
    const struct column *column;
    uint8_t *part; /* [rows] or NO_PART */
    size_t count;
    struct str text[PARTS_MOST];
    double effect[PARTS_MOST], rows[PARTS_MOST];
};

/* Sums of losses about the mean of all. */
struct cell {
    double n, sum, squares;
};

struct search {
    struct arena *arena;
    const struct table *table;
    const double *loss; /* [rows] less the mean */
    double mean;
    struct cell all;
    size_t least;
    struct slice *found;
    size_t count, room;
};

/* One part more, of rows for which of[row] is `value`; false when there are too few. */
static bool part_add(struct search *at, struct cut *cut, const uint32_t *of, uint32_t value,
                     size_t rows, const char *text)
{
    if (rows < at->least || cut->count == PARTS_MOST)
        return false;
    for (size_t i = 0; i < at->table->rows; i++)
        if (of[i] == value)
            cut->part[i] = (uint8_t)cut->count;
    cut->text[cut->count++] = str_of(text);
    return true;
}

/* Parts from numbers: of[row] < count, UINT32_MAX is missing. */
static void parts_add(struct search *at, struct cut *cut, const uint32_t *of, const char **texts,
                      size_t count)
{
    size_t missing = 0, *rows = arena_array(at->arena, size_t, count);
    for (size_t i = 0; i < at->table->rows; i++)
        if (of[i] == UINT32_MAX)
            missing++;
        else
            rows[of[i]]++;
    for (size_t k = 0; k < count; k++)
        part_add(at, cut, of, (uint32_t)k, rows[k], texts[k]);
    part_add(at, cut, of, UINT32_MAX, missing,
             arena_print(at->arena, "%s missing", cut->column->name.at));
}

static void levels_cut(struct search *at, struct cut *cut)
{
    const struct column *column = cut->column;
    uint32_t *of = arena_array(at->arena, uint32_t, at->table->rows);
    const char **texts = arena_array(at->arena, const char *, column->level_count);
    for (size_t i = 0; i < at->table->rows; i++)
        of[i] = column->codes[i] < 0 ? UINT32_MAX : (uint32_t)column->codes[i];
    for (size_t k = 0; k < column->level_count; k++)
        texts[k] = arena_print(at->arena, "%s = %s", column->name.at, column->levels[k].at);
    parts_add(at, cut, of, texts, column->level_count);
}

/* The rows that are not missing, by rising numbers, and the group of equal ones of each. */
struct rising {
    size_t n, group_count;
    uint32_t *row, *group; /* [n] */
};

static struct rising rising_make(struct search *at, const double *x)
{
    size_t rows = at->table->rows, n = 0;
    double *there = arena_array(at->arena, double, rows);
    uint32_t *from = arena_array(at->arena, uint32_t, rows);
    for (size_t i = 0; i < rows; i++)
        if (!isnan(x[i])) {
            there[n] = -x[i]; /* the highest of these is the lowest number */
            from[n++] = (uint32_t)i;
        }
    struct rising out = { n, 0, arena_array(at->arena, uint32_t, n),
                          arena_array(at->arena, uint32_t, n) };
    uint32_t *group = arena_array(at->arena, uint32_t, n);
    out.group_count = ranking_groups(at->arena, there, n, group, out.row);
    for (size_t i = 0; i < n; i++) {
        out.group[i] = group[out.row[i]];
        out.row[i] = from[out.row[i]];
    }
    return out;
}

/* The decile of each group of equal numbers: that of its middle. Few numbers: each its own part. */
static size_t deciles_set(const struct rising *all, uint32_t *part)
{
    size_t parts = 0, last = SIZE_MAX;
    for (size_t i = 0, end; i < all->n; i = end) {
        for (end = i; end < all->n && all->group[end] == all->group[i]; end++) {
        }
        size_t decile =
            all->group_count <= DECILES ? all->group[i] : (i + end) * DECILES / 2 / all->n;
        parts += decile != last;
        last = decile;
        part[all->group[i]] = (uint32_t)parts - 1;
    }
    return parts;
}

static void numbers_cut(struct search *at, struct cut *cut)
{
    size_t rows = at->table->rows;
    struct rising all = rising_make(at, cut->column->numbers);
    uint32_t *part = arena_array(at->arena, uint32_t, all.group_count);
    uint32_t *of = arena_array(at->arena, uint32_t, rows);
    const char *texts[DECILES + 1];
    size_t count = deciles_set(&all, part);
    for (size_t i = 0; i < rows; i++)
        of[i] = UINT32_MAX;
    for (size_t i = 0, end; i < all.n; i = end) {
        uint32_t here = part[all.group[i]];
        for (end = i; end < all.n && part[all.group[end]] == here; end++)
            of[all.row[end]] = here;
        const char *first = column_text(at->arena, cut->column, all.row[i]).at;
        const char *last = column_text(at->arena, cut->column, all.row[end - 1]).at;
        bool one = all.group[i] == all.group[end - 1];
        texts[here] = arena_print(at->arena, one ? "%s = %s" : "%s %s to %s", cut->column->name.at,
                                  first, last);
    }
    parts_add(at, cut, of, texts, count);
}

static void column_cut(struct search *at, const struct column *column, struct cut *out)
{
    *out =
        (struct cut){ .column = column, .part = arena_array(at->arena, uint8_t, at->table->rows) };
    memset(out->part, NO_PART, at->table->rows);
    if (column_is_numeric(column))
        numbers_cut(at, out);
    else if (column->kind == COLUMN_CATEGORY)
        levels_cut(at, out);
}

static double variance(double n, double sum, double squares)
{
    return fmax(0, (squares - sum * sum / n) / (n - 1));
}

/* Tests a slice against the rest; false when either is too small. */
static bool slice_test(const struct search *at, const struct cell *cell, struct slice *out)
{
    double n = cell->n, m = at->all.n - n;
    if (n < (double)at->least || m < (double)at->least)
        return false;
    double mean = cell->sum / n, rest = (at->all.sum - cell->sum) / m;
    double v = variance(n, cell->sum, cell->squares);
    double w = variance(m, at->all.sum - cell->sum, at->all.squares - cell->squares);
    double error = v / n + w / m, difference = mean - rest;
    double freedom = error * error / (v * v / (n * n * (n - 1)) + w * w / (m * m * (m - 1)));
    out->n = (size_t)n;
    out->loss = at->mean + mean;
    out->rest = at->mean + rest;
    if (error > 0) {
        out->effect = difference / sqrt((v + w) / 2);
        out->p = t_above(difference / sqrt(error), freedom);
    } else {
        out->effect = difference > 0 ? INFINITY : difference < 0 ? -INFINITY : 0;
        out->p = difference > 0 ? 0 : 1;
    }
    return true;
}

static void slice_add(struct search *at, struct slice slice)
{
    if (at->count == at->room) {
        size_t room = at->room ? 2 * at->room : 64;
        at->found = arena_grow(at->arena, at->found, at->room * sizeof slice, room * sizeof slice);
        at->room = room;
    }
    at->found[at->count++] = slice;
}

static void cell_add(struct cell *cell, double loss)
{
    cell->n++;
    cell->sum += loss;
    cell->squares += loss * loss;
}

static void column_search(struct search *at, struct cut *cut)
{
    struct cell cells[PARTS_MOST] = { 0 };
    for (size_t i = 0; i < at->table->rows; i++)
        if (cut->part[i] != NO_PART)
            cell_add(&cells[cut->part[i]], at->loss[i]);
    for (size_t k = 0; k < cut->count; k++) {
        struct slice slice = { .part_count = 1, .parts = { cut->text[k] } };
        cut->rows[k] = cells[k].n;
        cut->effect[k] = INFINITY; /* of a part that is (nearly) all: no pair is better */
        if (!slice_test(at, &cells[k], &slice))
            continue;
        cut->effect[k] = slice.effect;
        slice_add(at, slice);
    }
}

/*
 * Slices of two columns that are no part of one alone. One that is no worse than a column alone is
 * not told, but counts as a test.
 */
static void pair_search(struct search *at, const struct cut *a, const struct cut *b)
{
    struct cell cells[PARTS_MOST][PARTS_MOST] = { 0 };
    for (size_t i = 0; i < at->table->rows; i++)
        if (a->part[i] != NO_PART && b->part[i] != NO_PART)
            cell_add(&cells[a->part[i]][b->part[i]], at->loss[i]);
    for (size_t j = 0; j < a->count; j++)
        for (size_t k = 0; k < b->count; k++) {
            struct slice slice = { .part_count = 2, .parts = { a->text[j], b->text[k] } };
            bool is_part = cells[j][k].n == a->rows[j] || cells[j][k].n == b->rows[k];
            if (is_part || !slice_test(at, &cells[j][k], &slice))
                continue;
            if (!(slice.effect > fmax(a->effect[j], b->effect[k])))
                slice.part_count = 0; /* counted, not told */
            slice_add(at, slice);
        }
}

static int by_effect(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    if (x->effect != y->effect)
        return x->effect > y->effect ? -1 : 1;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    int first = str_order(x->parts[0], y->parts[0]);
    return first ? first : str_order(x->parts[1], y->parts[1]);
}

static void slices_tell(struct search *at, struct slices *out)
{
    double *p = arena_array(at->arena, double, at->count);
    size_t kept = 0;
    for (size_t i = 0; i < at->count; i++)
        p[i] = at->found[i].p;
    benjamini_hochberg(at->arena, p, at->count, p);
    for (size_t i = 0; i < at->count; i++) {
        at->found[i].adjusted = p[i];
        if (p[i] <= SLICE_LEVEL && at->found[i].part_count)
            at->found[kept++] = at->found[i];
    }
    if (kept)
        qsort(at->found, kept, sizeof *at->found, by_effect);
    out->tested = at->count;
    out->count = kept;
    out->at = at->found;
}

void slices_find(struct arena *arena, const struct table *columns, const double *loss,
                 struct slices *out)
{
    size_t rows = columns->rows;
    double *about = arena_array(arena, double, rows);
    size_t share = (size_t)ceil(SLICE_SHARE_LEAST * (double)rows);
    struct search at = { .arena = arena,
                         .table = columns,
                         .loss = about,
                         .mean = mean_of(loss, rows),
                         .least = share > SLICE_ROWS_LEAST ? share : SLICE_ROWS_LEAST };
    struct cut *cuts = arena_array(arena, struct cut, columns->column_count);
    for (size_t i = 0; i < rows; i++) {
        about[i] = loss[i] - at.mean;
        cell_add(&at.all, about[i]);
    }
    for (size_t c = 0; c < columns->column_count; c++) {
        column_cut(&at, &columns->columns[c], &cuts[c]);
        column_search(&at, &cuts[c]);
    }
    for (size_t c = 0; c < columns->column_count && c < SLICE_COLUMNS_MOST; c++)
        for (size_t d = 0; d < c; d++)
            pair_search(&at, &cuts[d], &cuts[c]);
    *out = (struct slices){ .rows = rows, .rows_least = at.least, .loss = at.mean };
    slices_tell(&at, out);
}
