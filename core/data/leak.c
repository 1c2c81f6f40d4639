/* Columns that tell the target too well. */
#include "core/data/leak.h"
#include "core/data/dictionary.h"
#include "core/data/number.h"
#include "core/math/order.h"
#include <math.h>
#include <stdlib.h>

#define ROWS_MOST 200000
#define BINS_MOST 50
#define SHRINK 0.5 /* rows */

enum target_is { TARGET_NUMBERS, TARGET_TWO, TARGET_CLASSES };

/* How well a column tells the target, and in standard deviations of one that tells nothing. */
struct strength {
    double value, sigmas;
};

struct looking {
    struct arena *arena;
    const struct column *target;
    enum target_is is;
    size_t *rows; /* [n] that are looked at: the target is there */
    size_t n;
    double *y;          /* [n] numbers, or classes from 0 */
    size_t class_count; /* not of numbers */
    size_t *group;      /* [n] bin or level of a column */
    double *told;       /* [n] */
};

const char *leak_text(enum leak_kind kind)
{
    static const char *const texts[] = { "", "equals the target", "alone tells the target",
                                         "is an id and tells about the target",
                                         "the order of the rows tells about the target" };
    return texts[kind];
}

/* ---- The target ---- */

static void rows_choose(struct looking *l, size_t rows)
{
    size_t filled = 0, step, at = 0;
    for (size_t i = 0; i < rows; i++)
        filled += !column_is_missing(l->target, i);
    step = filled / ROWS_MOST + 1;
    l->rows = arena_array(l->arena, size_t, filled / step + 1);
    for (size_t i = 0; i < rows; i++)
        if (!column_is_missing(l->target, i) && at++ % step == 0)
            l->rows[l->n++] = i;
}

/* Classes in order of appearance; with three different numbers it is one of numbers. */
static bool target_read(struct looking *l, struct fault *why)
{
    bool numeric = column_is_numeric(l->target);
    double first = NAN, second = NAN;
    l->y = arena_array(l->arena, double, l->n);
    l->is = numeric ? TARGET_TWO : TARGET_CLASSES;
    int32_t *class_of = arena_array(l->arena, int32_t, l->target->level_count);
    for (size_t i = 0; i < l->n; i++) {
        if (!numeric) {
            int32_t code = l->target->codes[l->rows[i]];
            if (!class_of[code])
                class_of[code] = (int32_t)++l->class_count;
            l->y[i] = class_of[code] - 1;
            continue;
        }
        double y = l->y[i] = l->target->numbers[l->rows[i]];
        first = isnan(first) ? y : first;
        second = isnan(second) && y != first ? y : second;
        if (y != first && y != second)
            l->is = TARGET_NUMBERS;
    }
    for (size_t i = 0; i < l->n && l->is == TARGET_TWO; i++)
        l->y[i] = l->y[i] != first;
    if (numeric)
        l->class_count = l->is == TARGET_TWO ? 2 : 0;
    else if (l->class_count == 2)
        l->is = TARGET_TWO;
    if (l->class_count > LEAK_CLASSES_MOST)
        return fault_set(why, BLAME_OPEN, "the target \"%.*s\" has %zu classes, allowed are %d",
                         STR_ARGS(str_until(l->target->name, 60)), l->class_count,
                         LEAK_CLASSES_MOST);
    return true;
}

/* ---- Strength ---- */

struct scored {
    double score, y;
};

static int by_score(const void *a, const void *b)
{
    double x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

/* Without ties, which make it smaller. */
static double gini_deviation(double positives, double negatives)
{
    return sqrt((positives + negatives + 1) / (3 * positives * negatives));
}

/* 2 AUC - 1 of scores that are not NAN; ties count one half. */
static struct strength gini(const struct looking *l, const double *score)
{
    struct scored *s = arena_array(l->arena, struct scored, l->n);
    size_t n = 0;
    double below = 0, won = 0, all_positive = 0;
    for (size_t i = 0; i < l->n; i++)
        if (!isnan(score[i]))
            s[n++] = (struct scored){ score[i], l->y[i] };
    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0, to; i < n; i = to) {
        double positive = 0, negative = 0;
        for (to = i; to < n && s[to].score == s[i].score; to++)
            s[to].y > 0 ? positive++ : negative++;
        won += positive * (below + negative / 2);
        below += negative;
        all_positive += positive;
    }
    if (!(all_positive > 0 && below > 0))
        return (struct strength){ NAN, NAN };
    double value = 2 * won / (all_positive * below) - 1;
    return (struct strength){ value, value / gini_deviation(all_positive, below) };
}

/* Either way round. */
static struct strength turned(struct strength s)
{
    return (struct strength){ fabs(s.value), fabs(s.sigmas) };
}

static struct strength of_squares(double share, double n)
{
    return (struct strength){ share, sqrt(n * share) };
}

static struct strength r_squared(const struct looking *l, const double *told)
{
    double mean = 0, error = 0, all = 0;
    for (size_t i = 0; i < l->n; i++)
        mean += l->y[i] / (double)l->n;
    for (size_t i = 0; i < l->n; i++) {
        error += (l->y[i] - told[i]) * (l->y[i] - told[i]);
        all += (l->y[i] - mean) * (l->y[i] - mean);
    }
    return of_squares(all > 0 ? fmax(1 - error / all, 0) : NAN, (double)l->n);
}

/* Squared correlation, over rows where x is there. */
static struct strength line_strength(const struct looking *l, const double *x)
{
    double n = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (isnan(x[i]))
            continue;
        n++;
        double dx = x[i] - mx, dy = l->y[i] - my;
        mx += dx / n;
        my += dy / n;
        xx += dx * (x[i] - mx);
        yy += dy * (l->y[i] - my);
        xy += dx * (l->y[i] - my);
    }
    return of_squares(xx > 0 && yy > 0 ? xy * xy / (xx * yy) : NAN, n);
}

/* The mean of y in each group, told to the other half of the rows. */
static void means_tell(struct looking *l, size_t groups)
{
    double *sum = arena_array(l->arena, double, 2 * groups), all[2] = { 0 };
    double *count = arena_array(l->arena, double, 2 * groups), rows[2] = { 0 };
    for (size_t i = 0; i < l->n; i++) {
        sum[2 * l->group[i] + i % 2] += l->y[i];
        count[2 * l->group[i] + i % 2]++;
        all[i % 2] += l->y[i];
        rows[i % 2]++;
    }
    for (size_t i = 0; i < l->n; i++) {
        size_t half = 1 - i % 2, at = 2 * l->group[i] + half;
        double mean = rows[half] > 0 ? all[half] / rows[half] : 0;
        l->told[i] = (sum[at] + SHRINK * mean) / (count[at] + SHRINK);
    }
}

/* The commonest class of each group, told to the other half; the share of errors saved. */
static struct strength classes_strength(struct looking *l, size_t groups)
{
    size_t k = l->class_count;
    uint32_t *counts = arena_array(l->arena, uint32_t, 2 * groups * k);
    size_t *all = arena_array(l->arena, size_t, k), commonest = 0, saved = 0, made = 0;
    for (size_t i = 0; i < l->n; i++) {
        counts[(2 * l->group[i] + i % 2) * k + (size_t)l->y[i]]++;
        all[(size_t)l->y[i]]++;
    }
    for (size_t c = 0; c < k; c++)
        commonest = all[c] > all[commonest] ? c : commonest;
    for (size_t i = 0; i < l->n; i++) {
        const uint32_t *of = &counts[(2 * l->group[i] + 1 - i % 2) * k];
        size_t best = commonest;
        for (size_t c = 0; c < k; c++)
            best = of[c] > of[best] ? c : best;
        saved += best != commonest && best == (size_t)l->y[i];
        made += best != commonest && commonest == (size_t)l->y[i];
    }
    double errors = (double)(l->n - all[commonest]), gained = (double)saved - (double)made;
    if (errors == 0)
        return (struct strength){ NAN, NAN };
    return (struct strength){ fmax(gained / errors, 0),
                              gained / sqrt(fmax((double)(saved + made), 1)) };
}

/* Halves that tell one another the wrong way round, as small ones do by chance, tell nothing. */
static struct strength groups_strength(struct looking *l, size_t groups)
{
    if (l->is == TARGET_CLASSES)
        return classes_strength(l, groups);
    means_tell(l, groups);
    if (l->is == TARGET_NUMBERS)
        return r_squared(l, l->told);
    struct strength s = gini(l, l->told);
    return (struct strength){ fmax(s.value, 0), fmax(s.sigmas, 0) };
}

/* ---- Columns ---- */

/* Bins of equal counts, and one for missing; gives their number. */
static size_t numbers_group(struct looking *l, const double *x)
{
    double *sorted = arena_array(l->arena, double, l->n), edges[BINS_MOST];
    size_t n = 0, bins = 0;
    for (size_t i = 0; i < l->n; i++)
        if (!isnan(x[i]))
            sorted[n++] = x[i];
    sort_numbers(sorted, n);
    for (size_t b = 1; b < BINS_MOST && n; b++) {
        double edge = sorted[b * n / BINS_MOST];
        if (bins == 0 || edge > edges[bins - 1])
            edges[bins++] = edge;
    }
    for (size_t i = 0; i < l->n; i++) {
        size_t at = 0;
        while (!isnan(x[i]) && at < bins && x[i] >= edges[at])
            at++;
        l->group[i] = isnan(x[i]) ? bins + 1 : at;
    }
    return bins + 2;
}

static bool is_found(struct strength strength, double limit)
{
    return strength.value >= limit && strength.sigmas >= LEAK_SIGMAS;
}

/* The larger one; but what may be by accident stands behind what is not. */
static struct strength stronger(struct strength a, struct strength b)
{
    bool a_is_sure = is_found(a, 0), b_is_sure = is_found(b, 0);
    if (a_is_sure != b_is_sure)
        return a_is_sure ? a : b;
    return isnan(b.value) || a.value >= b.value ? a : b;
}

static struct strength numbers_strength(struct looking *l, const double *x)
{
    struct strength best = groups_strength(l, numbers_group(l, x)), other = { NAN, NAN };
    if (l->is == TARGET_TWO)
        other = turned(gini(l, x));
    else if (l->is == TARGET_NUMBERS)
        other = line_strength(l, x);
    return stronger(best, other);
}

static struct strength texts_strength(struct looking *l, const struct column *column)
{
    /* levels that occur, so that their number is bounded by the rows' */
    size_t *number = arena_array(l->arena, size_t, column->level_count + 1), count = 0;
    for (size_t i = 0; i < l->n; i++) {
        size_t *at = &number[column->codes[l->rows[i]] + 1];
        *at = *at ? *at : ++count;
        l->group[i] = *at - 1;
    }
    if (l->is == TARGET_CLASSES && count > l->n / 4) /* nothing is learned, but much counted */
        return (struct strength){ 0, 0 };
    return groups_strength(l, count);
}

/* An id's text as a number, such as 007, or its length. */
static double id_value(const struct column *column, size_t row)
{
    double value;
    if (column_is_numeric(column))
        return column->numbers[row];
    if (column->codes[row] < 0)
        return NAN;
    struct str text = column->levels[column->codes[row]];
    while (text.len && (text.at[0] < '0' || text.at[0] > '9')) /* "a-17" counts too */
        text = str_from(text, 1);
    return number_parse(text, &value) == NUMBER_FINE ? value : NAN;
}

static bool equals_target(const struct looking *l, const struct column *column)
{
    bool numeric = column_is_numeric(l->target);
    if (numeric != column_is_numeric(column))
        return false;
    int32_t *code = arena_array(l->arena, int32_t, l->target->level_count);
    struct dictionary levels = { .arena = l->arena };
    for (size_t k = 0; !numeric && k < column->level_count; k++)
        dictionary_add(&levels, column->levels[k]);
    for (size_t k = 0; !numeric && k < l->target->level_count; k++)
        code[k] = dictionary_find(&levels, l->target->levels[k]);
    for (size_t i = 0; i < l->n; i++) {
        size_t row = l->rows[i];
        if (numeric ? l->target->numbers[row] != column->numbers[row]
                    : code[l->target->codes[row]] != column->codes[row])
            return false;
    }
    return true;
}

static void column_look(struct looking *l, const struct column *column, bool is_id,
                        struct leak *out)
{
    bool values = is_id || column_is_numeric(column);
    double *x = arena_array(l->arena, double, l->n);
    for (size_t i = 0; i < l->n && values; i++)
        x[i] = is_id ? id_value(column, l->rows[i]) : column->numbers[l->rows[i]];
    out->column = column->name;
    struct strength strength = values ? numbers_strength(l, x) : texts_strength(l, column);
    out->strength = strength.value;
    double limit = l->is == TARGET_NUMBERS ? LEAK_STRENGTH_NUMBERS : LEAK_STRENGTH;
    if (equals_target(l, column))
        out->kind = LEAK_EQUAL;
    else if (is_id && is_found(strength, LEAK_STRENGTH_ID))
        out->kind = LEAK_ID;
    else if (is_found(strength, limit))
        out->kind = LEAK_STRONG;
}

static void order_look(struct looking *l, struct leak *out)
{
    double *x = arena_array(l->arena, double, l->n);
    for (size_t i = 0; i < l->n; i++)
        x[i] = (double)l->rows[i];
    struct strength strength = numbers_strength(l, x);
    out->strength = strength.value;
    out->kind = is_found(strength, LEAK_STRENGTH_ID) ? LEAK_ORDER : LEAK_NONE;
}

bool leaks_find(struct arena *arena, const struct table *table, struct str target, struct str id,
                struct leak *out, struct fault *why)
{
    struct looking l = { .arena = arena, .target = table_find(table, target) };
    if (!l.target)
        return fault_set(why, BLAME_OPEN, "the target \"%.*s\" is no column",
                         STR_ARGS(str_until(target, 60)));
    rows_choose(&l, table->rows);
    if (l.n == 0)
        return fault_set(why, BLAME_OPEN, "the target \"%.*s\" has no value",
                         STR_ARGS(str_until(target, 60)));
    if (!target_read(&l, why))
        return false;
    l.group = arena_array(arena, size_t, l.n);
    l.told = arena_array(arena, double, l.n);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (column == l.target)
            continue;
        *out = (struct leak){ 0 };
        column_look(&l, column, str_equal(column->name, id), out++);
    }
    *out = (struct leak){ 0 };
    order_look(&l, out);
    return true;
}
