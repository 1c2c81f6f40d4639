/* holdout-ml split: a table into a part to train on and a part to test on, or into folds. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/pair.h"
#include "core/data/origin.h"
#include "core/data/split.h"
#include "core/data/table_load.h"
#include "core/learn/columns.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED_MOST ((uint64_t)1 << 62)

/* By which column, if any, and how. */
struct splitting {
    struct call *call;
    struct table table;
    const int32_t *classes, *groups;
    const double *times;
    uint64_t seed, folds;
    double share, gap;
};

static int number_read(struct call *call, const char *name, double otherwise, double *out)
{
    const char *text = call_get(call, name);
    *out = otherwise;
    if (text && !str_to_double(str_of(text), out))
        return call_fail(call, EX_USAGE, "%s was \"%s\", a number is wanted", name, text);
    return 0;
}

static const struct column *column_named(struct splitting *s, const char *option)
{
    const char *name = call_get(s->call, option);
    return name ? table_find(&s->table, str_of(name)) : NULL;
}

static int columns_find(struct splitting *s)
{
    static const char *const by[] = { "--stratify", "--group", "--time" };
    size_t given = 0;
    struct fault why;
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        const char *name = call_get(s->call, by[i]);
        given += name != NULL;
        if (name && !column_needed(&s->table, str_of(name), by[i], &why))
            return call_fail(s->call, EX_DATAERR, "%s", why.text);
    }
    if (given > 1)
        return call_fail(s->call, EX_USAGE, "--stratify, --group and --time exclude each other");
    const struct column *column;
    if ((column = column_named(s, "--stratify")))
        s->classes = column_classes(s->call->arena, column, s->table.rows);
    if ((column = column_named(s, "--group")))
        s->groups = column_classes(s->call->arena, column, s->table.rows);
    if ((column = column_named(s, "--time")) && !column_is_numeric(column))
        return call_fail(s->call, EX_DATAERR, "--time \"%.*s\" holds text, times are needed",
                         STR_ARGS(column->name));
    for (size_t i = 0; column && i < s->table.rows; i++)
        if (column_is_missing(column, i)) {
            cell_fault(s->call->arena, column, i, &why, "the time \"%.*s\" was empty",
                       STR_ARGS(str_until(column->name, 60)));
            return call_fail(s->call, EX_DATAERR, "%s", why.text);
        }
    if (column)
        s->times = column->numbers;
    return 0;
}

static bool holdout_make(const struct splitting *s, struct split *out, struct fault *why)
{
    struct arena *arena = s->call->arena;
    size_t n = s->table.rows;
    if (s->times)
        return split_holdout_time(arena, s->times, n, s->share, s->gap, out, why);
    if (s->groups)
        return split_holdout_grouped(arena, s->groups, n, s->share, s->seed, out, why);
    return split_holdout(arena, s->classes, n, s->share, s->seed, out, why);
}

static bool is_one_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* Also when neither exists yet, and by whatever spelling. */
static bool is_one_place(struct arena *arena, const char *a, const char *b)
{
    const char *last_of_a, *last_of_b;
    const char *dir_of_a = path_parent(arena, a, &last_of_a);
    const char *dir_of_b = path_parent(arena, b, &last_of_b);
    return strcmp(a, b) == 0 || is_one_file(a, b) ||
           (strcmp(last_of_a, last_of_b) == 0 && is_one_file(dir_of_a, dir_of_b));
}

/* What is written must not be what was read: neither the table, nor a part of its directory. */
static int part_check(const struct splitting *s, const char *option)
{
    struct arena *arena = s->call->arena;
    const char *path = call_get(s->call, option), *from = call_word(s->call, 0), *last;
    const char *schema = call_get(s->call, "--schema");
    if (!path)
        return 0;
    if (is_one_place(arena, path, from) || is_one_file(path_parent(arena, path, &last), from))
        return call_fail(s->call, EX_USAGE, "%s \"%s\" would overwrite the table that is split",
                         option, path);
    if (schema && is_one_place(arena, path, schema))
        return call_fail(s->call, EX_USAGE, "%s \"%s\" would overwrite the schema", option, path);
    return output_check(s->call, path);
}

static int outputs_check(const struct splitting *s)
{
    const char *train = call_get(s->call, "--train"), *test = call_get(s->call, "--test");
    if (s->folds)
        return part_check(s, "--out");
    int code = part_check(s, "--train");
    if (!code)
        code = part_check(s, "--test");
    if (!code && train && test && is_one_place(s->call->arena, train, test))
        code = call_fail(s->call, EX_USAGE, "--train and --test are one file, \"%s\"", test);
    return code;
}

/* What would be without effect. */
static int options_check(const struct splitting *s)
{
    static const char *const of_parts[] = { "--train", "--test", "--share" };
    bool folds = call_get(s->call, "--folds") != NULL;
    for (size_t i = 0; folds && i < sizeof of_parts / sizeof *of_parts; i++)
        if (call_get(s->call, of_parts[i]))
            return call_fail(s->call, EX_USAGE, "%s does not go with --folds", of_parts[i]);
    if (!folds && call_get(s->call, "--out"))
        return call_fail(s->call, EX_USAGE, "--out is for --folds");
    if (call_get(s->call, "--gap") && !call_get(s->call, "--time"))
        return call_fail(s->call, EX_USAGE, "--gap needs --time");
    return 0;
}

static int ranges_check(const struct splitting *s)
{
    uint64_t least = call_get(s->call, "--time") ? 1 : 2;
    if (!(s->share > 0 && s->share < 1))
        return call_fail(s->call, EX_USAGE,
                         "--share was %g, allowed is more than 0 and less than 1", s->share);
    if (!(s->gap >= 0 && s->gap < HUGE_VAL))
        return call_fail(s->call, EX_USAGE, "--gap was %g, allowed are finite ones from 0 on",
                         s->gap);
    if (call_get(s->call, "--folds") && s->folds < least)
        return call_fail(s->call, EX_USAGE, "--folds was %u, allowed are %u to %d",
                         (unsigned)s->folds, (unsigned)least, SPLIT_FOLDS_MOST);
    return 0;
}

/* A part is written beside its place first; its name's end says its format. */
static const char *beside(struct arena *arena, const char *path)
{
    const char *last, *dir = path_parent(arena, path, &last);
    return arena_print(arena, "%s%s.new-%d-%s", dir, last == path ? "/" : "", (int)getpid(), last);
}

static int part_save(const struct splitting *s, const char *path, const size_t *rows, size_t count)
{
    struct table part;
    struct fault why;
    table_select(s->call->arena, &s->table, rows, count, &part);
    if (table_write(s->call->arena, AT_FDCWD, path, &part, 1, &why))
        return 0;
    return call_fail(s->call, EX_CANTCREAT, "%s", why.text);
}

static int holdout_save(const struct splitting *s)
{
    struct split split;
    struct fault why;
    const char *train = call_get(s->call, "--train"), *test = call_get(s->call, "--test");
    if (!train || !test)
        return call_fail(s->call, EX_USAGE, "--train and --test are wanted, or --folds and --out");
    if (!holdout_make(s, &split, &why))
        return call_fail(s->call, EX_DATAERR, "%s", why.text);
    const char *new_train = beside(s->call->arena, train);
    const char *new_test = beside(s->call->arena, test);
    int code = part_save(s, new_train, split.train, split.train_count);
    if (!code)
        code = part_save(s, new_test, split.test, split.test_count);
    if (!code && !pair_rename(s->call->arena, (struct pair_move){ new_train, train },
                              (struct pair_move){ new_test, test }, &why))
        code = call_fail(s->call, EX_CANTCREAT, "%s", why.text);
    if (code) {
        unlink(new_train);
        unlink(new_test);
    }
    if (!code)
        fprintf(stderr, "%zu row%s to train: %s, %zu to test: %s\n", split.train_count,
                PLURAL(split.train_count), train, split.test_count, test);
    return code;
}

static bool folds_make(const struct splitting *s, struct splits *out, struct fault *why)
{
    struct arena *arena = s->call->arena;
    size_t n = s->table.rows, k = (size_t)s->folds;
    if (s->times)
        return split_time(arena, s->times, n, k, s->gap, out, why);
    if (s->groups)
        return split_grouped(arena, s->groups, n, k, s->seed, out, why);
    return split_repeated(arena, s->classes, n, k, 1, s->seed, out, why);
}

/* The table with one column more: the fold in which a row is tested; missing where in none. */
static int folds_save(const struct splitting *s)
{
    struct arena *arena = s->call->arena;
    struct splits splits;
    struct fault why;
    const char *path = call_get(s->call, "--out");
    size_t count = s->table.column_count;
    if (!path)
        return call_fail(s->call, EX_USAGE, "--folds needs --out");
    if (table_find(&s->table, S("fold")))
        return call_fail(s->call, EX_DATAERR, "there is a column \"fold\" already");
    if (!folds_make(s, &splits, &why))
        return call_fail(s->call, EX_DATAERR, "%s", why.text);
    double *fold = arena_array(arena, double, s->table.rows);
    for (size_t i = 0; i < s->table.rows; i++)
        fold[i] = __builtin_nan("");
    for (size_t f = 0; f < splits.count; f++)
        for (size_t i = 0; i < splits.at[f].test_count; i++)
            fold[splits.at[f].test[i]] = (double)f;
    struct column *columns = arena_array(arena, struct column, count + 1);
    memcpy(columns, s->table.columns, count * sizeof *columns);
    column_of_numbers(arena, S("fold"), fold, s->table.rows, &columns[count], &why);
    struct table all = { s->table.rows, count + 1, columns };
    if (!table_write(arena, AT_FDCWD, path, &all, 1, &why))
        return call_fail(s->call, EX_CANTCREAT, "%s", why.text);
    return 0;
}

static int run(struct call *call)
{
    struct splitting s = { .call = call };
    struct str id = call_get(call, "--id") ? str_of(call_get(call, "--id")) : S("id");
    if (!call_word(call, 0) || call_word(call, 1))
        return call_fail(call, EX_USAGE, "one table is wanted");
    if (!call_count(call, "--seed", 0, SEED_MOST, &s.seed) ||
        !call_count(call, "--folds", 0, SPLIT_FOLDS_MOST, &s.folds))
        return EX_USAGE;
    int code = number_read(call, "--share", 0.2, &s.share);
    if (!code)
        code = number_read(call, "--gap", 0, &s.gap);
    if (!code)
        code = options_check(&s);
    if (!code)
        code = ranges_check(&s);
    if (!code)
        code = outputs_check(&s);
    if (!code)
        code = input_table(call, call_word(call, 0), id, NULL, &s.table);
    if (!code)
        code = columns_find(&s);
    if (code)
        return code;
    return s.folds ? folds_save(&s) : holdout_save(&s);
}

static const struct option options[] = {
    { "--train", "FILE", "the part to train on: CSV, or JSON lines by its name", 0 },
    { "--test", "FILE", "the part to test on", 0 },
    { "--share", "X", "of the rows to test on; default 0.2", 0 },
    { "--folds", "K", "instead: number the rows' folds in a column \"fold\"", 0 },
    { "--out", "FILE", "the table with its folds", 0 },
    { "--stratify", "COLUMN", "each part has its share of each value", 0 },
    { "--group", "COLUMN", "rows of one value stay together", 0 },
    { "--time", "COLUMN", "what is tested on is later than what is trained on", 0 },
    { "--gap", "X", "between them, in the column's unit (times: seconds)", 0 },
    { "--seed", "N", "of what is random; default 0", 0 },
    { "--id", "COLUMN", "kept as text; default id", 0 },
    { "--schema", "FILE", "the kinds of the columns", 0 },
    { "--threads", "N", "to read with; 0: all processors; default 1", 0 },
};

const struct command command_split = {
    .name = "split",
    .what = "split a table to train and to test, or into folds",
    .words = "DATA",
    .example = "split data.csv --train train.csv --test test.csv --stratify bad",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
