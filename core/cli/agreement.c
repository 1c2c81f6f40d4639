/* holdout-ml agreement: do several raters of the same items agree beyond chance. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/data/dictionary.h"
#include "core/eval/agreement.h"
#include <math.h>

#define CLASSES_MOST ((size_t)1000)

struct ratings {
    struct call *call;
    struct table table;
    enum level level;
    size_t raters, classes;
    size_t *at; /* [raters] columns */
    double
        *values;   /* [raters][rows], NAN where there is none: numbers, or of texts their numbers */
    double *codes; /* [raters][rows], of the different values */
    bool numeric, whole;
};

static const char *const levels[] = { "nominal", "ordinal", "interval", "ratio" };

static int level_read(struct ratings *r)
{
    const char *word = call_get(r->call, "--level");
    r->level = r->numeric ? LEVEL_INTERVAL : LEVEL_NOMINAL;
    if (!word)
        return 0;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_is(str_of(word), levels[i])) {
            r->level = (enum level)i;
            return i == LEVEL_NOMINAL || r->numeric
                       ? 0
                       : call_fail(r->call, EX_DATAERR,
                                   "--level %s is for numbers, but some "
                                   "raters' columns hold texts",
                                   word);
        }
    return call_fail(r->call, EX_USAGE,
                     "--level was \"%s\", allowed are nominal, ordinal, interval and ratio", word);
}

static void values_read(struct ratings *r)
{
    struct arena *arena = r->call->arena;
    struct dictionary different = { .arena = arena };
    size_t rows = r->table.rows;
    r->values = arena_array(arena, double, r->raters *rows);
    r->codes = arena_array(arena, double, r->raters *rows);
    r->whole = true;
    for (size_t k = 0; k < r->raters; k++)
        for (size_t i = 0; i < rows; i++) {
            const struct column *column = &r->table.columns[r->at[k]];
            struct str text = column_text(arena, column, i);
            double code = text.len ? (double)dictionary_add(&different, text) : NAN;
            r->codes[k * rows + i] = code;
            r->values[k * rows + i] = text.len && r->numeric ? column->numbers[i] : code;
            r->whole &= text.len > 0;
        }
    r->classes = different.count;
}

static int ratings_read(struct ratings *r)
{
    struct call *call = r->call;
    const char *id = call_get(call, "--id") ? call_get(call, "--id") : "id";
    if (!call_word(call, 0) || call_word(call, 1))
        return call_fail(call, EX_USAGE, "one table of ratings is wanted");
    int code = input_table(call, call_word(call, 0), str_of(id), NULL, &r->table);
    if (code)
        return code;
    r->at = arena_array(call->arena, size_t, r->table.column_count);
    r->numeric = true;
    for (size_t c = 0; c < r->table.column_count; c++)
        if (!str_is(r->table.columns[c].name, id)) {
            r->at[r->raters++] = c;
            r->numeric &= column_is_numeric(&r->table.columns[c]);
        }
    if (r->raters < 2 || !r->table.rows)
        return call_fail(call, EX_DATAERR,
                         "%s: needed are rows and a column for each of two or more raters",
                         call_word(call, 0));
    code = level_read(r);
    if (code)
        return code;
    values_read(r);
    if (r->classes > CLASSES_MOST && r->level == LEVEL_NOMINAL)
        return call_fail(call, EX_DATAERR, "%s: more than %zu different ratings",
                         call_word(call, 0), CLASSES_MOST);
    return 0;
}

static double pair_kappa(const struct ratings *r, size_t a, size_t b, struct interval *interval)
{
    size_t rows = r->table.rows, k = r->classes;
    struct arena_mark mark = arena_mark(r->call->arena);
    double *table = arena_array(r->call->arena, double, k *k);
    for (size_t i = 0; i < rows; i++) {
        double x = r->codes[a * rows + i], y = r->codes[b * rows + i];
        if (!isnan(x) && !isnan(y))
            table[(size_t)x * k + (size_t)y]++;
    }
    double kappa = cohen_kappa(table, k, KAPPA_PLAIN);
    *interval = cohen_kappa_interval(table, k);
    arena_rewind(r->call->arena, mark);
    return kappa;
}

static double all_kappa(const struct ratings *r)
{
    double *table = arena_array(r->call->arena, double, r->table.rows * r->classes);
    for (size_t k = 0; k < r->raters; k++)
        for (size_t i = 0; i < r->table.rows; i++)
            table[i * r->classes + (size_t)r->codes[k * r->table.rows + i]]++;
    return fleiss_kappa(table, r->table.rows, r->classes);
}

static struct icc icc_of(const struct ratings *r)
{
    double *rating = arena_array(r->call->arena, double, r->raters * r->table.rows);
    for (size_t k = 0; k < r->raters; k++)
        for (size_t i = 0; i < r->table.rows; i++)
            rating[i * r->raters + k] = r->values[k * r->table.rows + i];
    return intraclass(rating, r->table.rows, r->raters);
}

static void add(struct ratings *r, struct text *text, struct json_out *out, const char *name,
                double value)
{
    if (call_get(r->call, "--json"))
        json_add_double(out, name, value);
    else if (isnan(value))
        text_print(text, "\n%-20s not defined: too few or only equal ratings", name);
    else
        text_print(text, "\n%-20s %.6g", name, value);
}

static void add_pair(struct ratings *r, struct text *text, struct json_out *out, size_t a, size_t b)
{
    struct interval interval;
    struct str x = r->table.columns[r->at[a]].name, y = r->table.columns[r->at[b]].name;
    double kappa = pair_kappa(r, a, b, &interval);
    if (call_get(r->call, "--json")) {
        json_open_map(out, NULL);
        json_add_text(out, "a", x);
        json_add_text(out, "b", y);
        json_add_double(out, "value", kappa);
        json_add_double(out, "low", interval.low);
        json_add_double(out, "high", interval.high);
        json_close_map(out);
        return;
    }
    text_print(text, "\n%-20s ", "cohen_kappa");
    if (isnan(kappa))
        text_print(text, "not defined");
    else
        text_print(text, "%.6g [%.4g, %.4g]", kappa, interval.low, interval.high);
    text_print(text, ": %.*s, %.*s", STR_ARGS(x), STR_ARGS(y));
}

static void add_pairs(struct ratings *r, struct text *text, struct json_out *out)
{
    bool json = call_get(r->call, "--json") != NULL;
    if (json)
        json_open_list(out, "cohen_kappa");
    for (size_t a = 0; a < r->raters; a++)
        for (size_t b = a + 1; b < r->raters; b++)
            add_pair(r, text, out, a, b);
    if (json)
        json_close_list(out);
}

static int run(struct call *call)
{
    struct ratings r = { .call = call };
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    int code = ratings_read(&r);
    if (code)
        return code;
    bool json = call_get(call, "--json") != NULL;
    if (json) {
        json_open_map(&out, NULL);
        json_add_int(&out, "items", (int64_t)r.table.rows);
        json_add_int(&out, "raters", (int64_t)r.raters);
        json_add_zero(&out, "level", levels[r.level]);
    } else {
        text_print(&text, "%zu item%s, %zu raters, %s", r.table.rows, PLURAL(r.table.rows),
                   r.raters, levels[r.level]);
    }
    add(&r, &text, &out, "krippendorff_alpha",
        krippendorff_alpha(call->arena, r.values, r.raters, r.table.rows, r.level));
    if (r.level == LEVEL_NOMINAL && r.whole)
        add(&r, &text, &out, "fleiss_kappa", all_kappa(&r));
    if (r.level == LEVEL_NOMINAL)
        add_pairs(&r, &text, &out);
    if (r.level >= LEVEL_INTERVAL && r.whole) {
        struct icc icc = icc_of(&r);
        const char *names[] = { "icc11", "icc21", "icc31", "icc1k", "icc2k", "icc3k" };
        double values[] = { icc.icc11, icc.icc21, icc.icc31, icc.icc1k, icc.icc2k, icc.icc3k };
        for (size_t i = 0; i < 6; i++)
            add(&r, &text, &out, names[i], values[i]);
    }
    if (json)
        json_close_map(&out);
    return call_print(call, &text);
}

static const struct option options[] = {
    { "--level", "WORD",
      "nominal, ordinal, interval or ratio; default: of texts nominal, else "
      "interval",
      0 },
    { "--id", "COLUMN", "the items' names; default id", 0 },
    { "--schema", "FILE", "the kinds of the columns", 0 },
    { "--threads", "N", "to read with; 0: all processors; default 1", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_agreement = {
    .name = "agreement",
    .what = "do raters agree beyond chance: kappa, Krippendorff's alpha, ICC",
    .words = "RATINGS",
    .example = "agreement ratings.csv --level nominal",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
