/* The table of perturbations: add a row here. */
#include "core/data/perturb.h"
#include "core/base/complaint.h"
#include "core/math/random.h"
#include <math.h>
#include <stdlib.h>

#define SENTINEL (-999.0)
#define FACTOR 1000.0
#define JITTER 1e-9

struct change {
    struct arena *arena;
    const struct table *table;
    const struct perturb_how *how;
    double share;
    const struct column *from;
    struct column *to;
    struct random random; /* of the seed and the column's name */
    struct perturb_change *note;
};

enum reach { NUMBERS = 1, TEXTS = 2, ROWS = 4, TARGET = 8, ID = 16 };

static bool hit(struct change *in)
{
    return random_unit(&in->random) < in->share;
}

static double *numbers_copy(struct change *in)
{
    double *numbers = arena_array(in->arena, double, in->table->rows);
    if (in->table->rows)
        memcpy(numbers, in->from->numbers, in->table->rows * sizeof *numbers);
    in->to->numbers = numbers;
    return numbers;
}

static int32_t *codes_copy(struct change *in)
{
    int32_t *codes = arena_array(in->arena, int32_t, in->table->rows);
    if (in->table->rows)
        memcpy(codes, in->from->codes, in->table->rows * sizeof *codes);
    in->to->codes = codes;
    return codes;
}

/* A number column whose cells may be any number from here on. */
static double *numbers_free(struct change *in)
{
    if (in->to->kind == COLUMN_INTEGER)
        in->to->kind = COLUMN_NUMBER;
    return numbers_copy(in);
}

/* A table's numbers are finite: what would leave their range stays as it was. */
static double finite_or(double value, double before)
{
    return isfinite(value) ? value : before;
}

static void change_units(struct change *in)
{
    double scale = pow(10, -3 + 7 * random_unit(&in->random)); /* 1e-3 to 1e4, log-uniform */
    double offset = scale * 20 * (random_unit(&in->random) - 0.5);
    double *x = numbers_free(in);
    in->note->scale = scale;
    in->note->offset = offset;
    for (size_t i = 0; i < in->table->rows; i++) {
        in->note->cells += isnan(x[i]) ? 0 : 1;
        x[i] = finite_or(scale * x[i] + offset, x[i]);
    }
}

/* Whole rows: the same ones in each column, hence the seed's own stream. */
static void change_outliers(struct change *in)
{
    struct random rows = random_stream(in->how->seed, 8);
    double *x = numbers_free(in);
    for (size_t i = 0; i < in->table->rows; i++)
        if (random_unit(&rows) < in->share) {
            in->note->cells += isnan(x[i]) ? 0 : 1;
            x[i] = finite_or(x[i] * FACTOR, x[i]);
        }
}

static void change_blanks(struct change *in)
{
    double *x = column_is_numeric(in->from) ? numbers_copy(in) : NULL;
    int32_t *codes = x ? NULL : codes_copy(in);
    for (size_t i = 0; i < in->table->rows; i++) {
        bool blank = hit(in);
        if (!blank || column_is_missing(in->from, i))
            continue;
        if (x)
            x[i] = NAN;
        else
            codes[i] = -1;
        in->note->cells++;
        in->to->missing_count++;
    }
}

static void set_hits(struct change *in, double value)
{
    double *x = numbers_free(in);
    for (size_t i = 0; i < in->table->rows; i++)
        if (hit(in)) {
            in->note->cells += x[i] != value;
            in->to->missing_count -= isnan(x[i]) != 0;
            x[i] = value;
        }
}

static void change_sentinel(struct change *in)
{
    set_hits(in, SENTINEL);
}

static void change_range(struct change *in)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < in->table->rows; i++) {
        least = fmin(least, in->from->numbers[i]);
        most = fmax(most, in->from->numbers[i]);
    }
    double beyond = least <= most ? most + 10 * (most - least) + 1 : 1;
    set_hits(in, isfinite(beyond) ? beyond : most);
}

/* Cells of a column with one more level, which those that are hit get. */
static void set_texts(struct change *in, struct str text)
{
    size_t rows = in->table->rows;
    struct str *cells = arena_array(in->arena, struct str, rows);
    for (size_t i = 0; i < rows; i++) {
        bool changed = hit(in);
        if (changed)
            cells[i] = text;
        else if (!column_is_missing(in->from, i))
            cells[i] = column_text(in->arena, in->from, i);
        in->note->cells += changed;
    }
    column_of_texts(in->arena, in->from->name, cells, rows, in->to);
    if (in->from->kind == COLUMN_TEXT)
        in->to->kind = COLUMN_TEXT;
}

static void change_text(struct change *in)
{
    set_texts(in, S("n.a. (see note)"));
}

static void change_unseen(struct change *in)
{
    set_texts(in, S("never seen before"));
}

static bool is_whole(const struct change *in)
{
    for (size_t i = 0; i < in->table->rows; i++)
        if (!isnan(in->from->numbers[i]) && in->from->numbers[i] != nearbyint(in->from->numbers[i]))
            return false;
    return true;
}

static void change_jitter(struct change *in)
{
    if (is_whole(in)) /* an equality test on a 0/1 column is no mistake of a model */
        return;
    double *x = numbers_copy(in);
    for (size_t i = 0; i < in->table->rows; i++) {
        double before = x[i];
        x[i] = finite_or(x[i] * (1 + JITTER), x[i]);
        in->note->cells += !isnan(before) && x[i] != before;
    }
}

static void change_noise(struct change *in)
{
    double mean = 0, squares = 0, count = 0;
    double *x = numbers_free(in);
    for (size_t i = 0; i < in->table->rows; i++) {
        if (isnan(x[i]))
            continue;
        double d = x[i] - mean;
        mean += d / ++count;
        squares += d * (x[i] - mean);
    }
    double deviation = count > 0 ? sqrt(squares / count) : 0;
    for (size_t i = 0; i < in->table->rows; i++) {
        double before = x[i];
        x[i] = finite_or(before + in->share * deviation * random_normal(&in->random), before);
        in->note->cells += !isnan(before) && x[i] != before;
    }
}

/* Two neighbouring ASCII letters change places. */
static struct str misspell(struct change *in, struct str text)
{
    char *out = str_zero(in->arena, text);
    for (int tries = 0; tries < 8 && text.len > 1; tries++) {
        size_t at = (size_t)random_below(&in->random, text.len - 1);
        char a = out[at], b = out[at + 1];
        if (a == b || a < 'A' || b < 'A' || (unsigned char)a > 'z' || (unsigned char)b > 'z')
            continue;
        out[at] = b;
        out[at + 1] = a;
        break;
    }
    return (struct str){ out, text.len };
}

static void change_typos(struct change *in)
{
    size_t rows = in->table->rows;
    enum column_kind kind = in->from->kind;
    struct str *cells = arena_array(in->arena, struct str, rows);
    for (size_t i = 0; i < rows; i++) {
        bool wrong = hit(in);
        if (column_is_missing(in->from, i))
            continue;
        struct str text = in->from->levels[in->from->codes[i]];
        cells[i] = wrong ? misspell(in, text) : text;
        in->note->cells += !str_equal(cells[i], text);
    }
    column_of_texts(in->arena, in->from->name, cells, rows, in->to);
    in->to->kind = kind;
}

static void change_ids(struct change *in)
{
    size_t rows = in->table->rows;
    struct str *cells = arena_array(in->arena, struct str, rows);
    for (size_t i = 0; i < rows; i++)
        cells[i] = str_of(arena_print(in->arena, "r%08llx%06zx",
                                      (unsigned long long)(random_next(&in->random) >> 32), i));
    in->note->cells = rows;
    column_of_texts(in->arena, in->from->name, cells, rows, in->to);
}

static void change_labels(struct change *in)
{
    size_t rows = in->table->rows, *at = arena_array(in->arena, size_t, rows);
    struct table one = { rows, 1, in->from }, other;
    for (size_t i = 0; i < rows; i++)
        at[i] = i;
    random_shuffle(&in->random, at, rows);
    table_select(in->arena, &one, at, rows, &other);
    *in->to = other.columns[0];
    for (size_t i = 0; i < rows; i++)
        in->note->cells += column_is_numeric(in->from) ? in->from->numbers[i] != in->to->numbers[i]
                                                       : in->from->codes[i] != in->to->codes[i];
}

/* ---- rows: what stays, in which order ---- */

struct keyed {
    double key;
    struct str text;
    size_t row;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int texts = str_order(x->text, y->text);
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return texts ? texts : (x->row > y->row) - (x->row < y->row);
}

static size_t rows_sorted(struct change *in, size_t *at)
{
    struct keyed *keys = arena_array(in->arena, struct keyed, in->table->rows);
    for (size_t i = 0; i < in->table->rows; i++) {
        bool missing = column_is_missing(in->from, i);
        keys[i].row = i;
        keys[i].key = missing ? INFINITY : column_is_numeric(in->from) ? in->from->numbers[i] : 0;
        keys[i].text =
            missing || column_is_numeric(in->from) ? S("") : in->from->levels[in->from->codes[i]];
    }
    qsort(keys, in->table->rows, sizeof *keys, by_key);
    for (size_t i = 0; i < in->table->rows; i++)
        at[i] = keys[i].row;
    return in->table->rows;
}

static size_t rows_reversed(struct change *in, size_t *at)
{
    for (size_t i = 0; i < in->table->rows; i++)
        at[i] = in->table->rows - 1 - i;
    return in->table->rows;
}

static size_t rows_shuffled(struct change *in, size_t *at)
{
    for (size_t i = 0; i < in->table->rows; i++)
        at[i] = i;
    random_shuffle(&in->random, at, in->table->rows);
    return in->table->rows;
}

static size_t rows_until(struct change *in, size_t *at)
{
    size_t count = 0;
    for (size_t i = 0; i < in->table->rows; i++)
        if (in->from->numbers[i] <= in->how->until)
            at[count++] = i;
    return count;
}

enum role { FEATURES, OF_TARGET, OF_ID, OF_TIME, OF_NOTHING };

static const struct perturbation {
    const char *name, *what;
    enum reach reach;
    enum role role;
    double share;
    void (*change)(struct change *in);
    size_t (*rows)(struct change *in, size_t *at);
} perturbations[] = {
    { "units", "numbers in other units: a x + c, a from 1e-3 to 1e4", NUMBERS, FEATURES, 0,
      change_units, NULL },
    { "sorted", "rows in the order of the target", ROWS, OF_TARGET, 0, NULL, rows_sorted },
    { "reversed", "the last row first", ROWS, OF_NOTHING, 0, NULL, rows_reversed },
    { "shuffled", "rows in any order", ROWS, OF_NOTHING, 0, NULL, rows_shuffled },
    { "outliers", "the numbers of some rows times 1000", NUMBERS, FEATURES, 0.01, change_outliers,
      NULL },
    { "blanks", "some cells are missing", NUMBERS | TEXTS, FEATURES, 0.05, change_blanks, NULL },
    { "sentinel", "some numbers are -999", NUMBERS, FEATURES, 0.05, change_sentinel, NULL },
    { "text", "some numbers are texts", NUMBERS, FEATURES, 0.05, change_text, NULL },
    { "unseen", "some categories are new", TEXTS, FEATURES, 0.05, change_unseen, NULL },
    { "range", "some numbers lie far beyond the others", NUMBERS, FEATURES, 0.05, change_range,
      NULL },
    { "ids", "new ids", ID, OF_ID, 0, change_ids, NULL },
    { "jitter", "numbers that are not all whole times 1 + 1e-9", NUMBERS, FEATURES, 0,
      change_jitter, NULL },
    { "labels", "the targets of the rows in any order", TARGET, OF_TARGET, 0, change_labels, NULL },
    { "noise", "a share of each column's deviation as normal noise", NUMBERS, FEATURES, 0.05,
      change_noise, NULL },
    { "typos", "two letters of some texts change places", TEXTS, FEATURES, 0.05, change_typos,
      NULL },
    { "truncate", "rows after a time are gone", ROWS, OF_TIME, 0, NULL, rows_until },
};

#define PERTURBATIONS (sizeof perturbations / sizeof *perturbations)

const char *perturb_name(size_t at, const char **what, double *share)
{
    if (at >= PERTURBATIONS)
        return NULL;
    if (what)
        *what = perturbations[at].what;
    if (share)
        *share = perturbations[at].share;
    return perturbations[at].name;
}

static const struct perturbation *find(struct str name, struct fault *why)
{
    const char *names[PERTURBATIONS];
    for (size_t i = 0; i < PERTURBATIONS; i++) {
        names[i] = perturbations[i].name;
        if (str_is(name, names[i]))
            return &perturbations[i];
    }
    const char *nearest = words_nearest(name, names, PERTURBATIONS);
    fault_set(why, BLAME_OPEN, "unknown perturbation \"%.*s\"%s%s%s", STR_ARGS(str_until(name, 60)),
              nearest ? ", did you mean \"" : ", one is units", nearest ? nearest : "",
              nearest ? "\"" : "");
    return NULL;
}

static uint64_t name_stream(struct str name)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.at[i]) * 0x100000001b3u;
    return h;
}

static bool wanted(const struct perturbation *of, const struct perturb_how *how,
                   const struct column *column)
{
    struct str name = column->name;
    if (of->role == OF_TARGET || of->role == OF_ID)
        return str_equal(name, of->role == OF_ID ? how->id : how->target);
    if (str_equal(name, how->target) || str_equal(name, how->id) || str_equal(name, how->time))
        return false;
    bool named = how->column_count == 0;
    for (size_t i = 0; i < how->column_count; i++)
        named |= str_equal(name, how->columns[i]);
    bool numeric = column_is_numeric(column) && column->kind != COLUMN_TIME;
    return named && of->reach & (numeric ? NUMBERS : column_is_numeric(column) ? 0 : TEXTS);
}

/* The column that the perturbation is about must be there. */
static bool role_find(const struct perturbation *of, const struct table *table,
                      const struct perturb_how *how, const struct column **out, struct fault *why)
{
    static const char *const names[] = { "", "target", "id", "time", "" };
    struct str name = of->role == OF_TARGET ? how->target
                      : of->role == OF_ID   ? how->id
                      : of->role == OF_TIME ? how->time
                                            : S("");
    *out = NULL;
    for (size_t i = 0; i < how->column_count; i++)
        if (!table_find(table, how->columns[i]))
            return fault_set(why, BLAME_OPEN, "the data does not have the column \"%.*s\"",
                             STR_ARGS(str_until(how->columns[i], 60)));
    if (of->role == FEATURES || of->role == OF_NOTHING)
        return true;
    if (!name.len)
        return fault_set(why, BLAME_OPEN, "the perturbation %s needs the %s", of->name,
                         names[of->role]);
    *out = table_find(table, name);
    if (!*out)
        return fault_set(why, BLAME_OPEN, "the data does not have the column \"%.*s\"",
                         STR_ARGS(str_until(name, 60)));
    return of->role != OF_TIME || column_is_numeric(*out) ||
           fault_set(why, BLAME_OPEN, "the time \"%.*s\" holds text",
                     STR_ARGS(str_until(name, 60)));
}

static void rows_perturb(struct change *in, const struct perturbation *of, struct table *out,
                         struct perturb_plan *plan)
{
    size_t *at = arena_array(in->arena, size_t, in->table->rows);
    size_t count = of->rows(in, at), moved = in->table->rows - count;
    for (size_t i = 0; of->role != OF_TIME && i < count; i++)
        moved += at[i] != i;
    table_select(in->arena, in->table, at, count, out);
    plan->changes[plan->count++] = (struct perturb_change){ .cells = moved, .scale = 1 };
}

bool perturb(struct arena *arena, const struct table *table, const struct perturb_how *how,
             struct table *out, struct perturb_plan *plan, struct fault *why)
{
    const struct perturbation *of = find(how->what, why);
    const struct column *role;
    if (!of || !role_find(of, table, how, &role, why))
        return false;
    struct column *columns = arena_array(arena, struct column, table->column_count);
    plan->changes = arena_array(arena, struct perturb_change, table->column_count + 1);
    plan->count = 0;
    *out = (struct table){ table->rows, table->column_count, columns };
    struct change in = { .arena = arena,
                         .table = table,
                         .how = how,
                         .share = how->share > 0 ? how->share : of->share,
                         .from = role,
                         .random = random_stream(how->seed, 0) };
    if (of->rows) {
        rows_perturb(&in, of, out, plan);
        return true;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        columns[i] = table->columns[i];
        if (!wanted(of, how, &table->columns[i]))
            continue;
        in.from = &table->columns[i];
        in.to = &columns[i];
        in.random = random_stream(how->seed, name_stream(in.from->name));
        in.note = &plan->changes[plan->count++];
        *in.note = (struct perturb_change){ .column = in.from->name, .scale = 1 };
        of->change(&in);
    }
    return true;
}

void perturb_print(const struct perturb_plan *plan, struct json_out *out)
{
    json_open_list(out, "changes");
    for (size_t i = 0; i < plan->count; i++) {
        const struct perturb_change *change = &plan->changes[i];
        json_open_map(out, NULL);
        if (change->column.len)
            json_add_text(out, "column", change->column);
        json_add_int(out, change->column.len ? "cells" : "rows", (int64_t)change->cells);
        if (change->scale != 1 || change->offset != 0) {
            json_add_double(out, "scale", change->scale);
            json_add_double(out, "offset", change->offset);
        }
        json_close_map(out);
    }
    json_close_list(out);
}
