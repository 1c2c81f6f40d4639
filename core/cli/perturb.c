/* holdout-ml perturb: a table changed on purpose, to see what a model does then. */
#include "core/data/perturb.h"
#include "core/cli/command.h"
#include "core/base/fields.h"
#include "core/cli/inputs.h"
#include "core/data/table_load.h"
#include "core/data/time.h"
#include <fcntl.h>
#include <stdio.h>

#define PERTURBATIONS_MOST 64

static struct str column_of(const struct call *call, const char *option, struct str otherwise)
{
    const char *value = call_get(call, option);
    return value ? str_of(value) : otherwise;
}

static int list_print(const struct call *call)
{
    struct text text = { .arena = call->arena };
    const char *name, *what;
    double share;
    for (size_t i = 0; (name = perturb_name(i, &what, &share)); i++) {
        text_print(&text, "%s%-10s %s", i ? "\n" : "", name, what);
        if (share > 0)
            text_print(&text, "; share %g", share);
    }
    return call_print(call, &text);
}

static int what_check(struct call *call)
{
    const char *names[PERTURBATIONS_MOST + 1] = { 0 }, *word = call_get(call, "--what"), *what;
    double share;
    for (size_t i = 0; i < PERTURBATIONS_MOST && (names[i] = perturb_name(i, &what, &share)); i++)
        if (strcmp(names[i], word) == 0)
            return 0;
    return call_fail(call, EX_USAGE, "--what: unknown change \"%s\"%s", word,
                     words_hint(call->arena, str_of(word), names));
}

static int how_read(struct call *call, struct perturb_how *how)
{
    const char *share = call_get(call, "--share"), *until = call_get(call, "--until"), *column;
    unsigned form;
    *how = (struct perturb_how){ .what = str_of(call_get(call, "--what")),
                                 .target = column_of(call, "--target", S("")),
                                 .id = column_of(call, "--id", S("id")),
                                 .time = column_of(call, "--time", S("")) };
    struct str *columns = arena_array(call->arena, struct str, call->count);
    for (size_t at = 0; (column = call_next(call, "--column", &at));)
        columns[how->column_count++] = str_of(column);
    how->columns = columns;
    if (!call_count(call, "--seed", 0, UINT64_MAX, &how->seed))
        return EX_USAGE;
    if (share && (!str_to_double(str_of(share), &how->share) || how->share <= 0 || how->share > 1))
        return call_fail(call, EX_USAGE, "--share was \"%s\", allowed is above 0 to 1", share);
    if (until && !str_to_double(str_of(until), &how->until) &&
        !time_parse(str_of(until), &how->until, &form))
        return call_fail(call, EX_USAGE, "--until was \"%s\", a number or a time is needed", until);
    if (!until && str_is(how->what, "truncate"))
        return call_fail(call, EX_USAGE, "truncate needs --until");
    return 0;
}

static int run(struct call *call)
{
    struct perturb_how how;
    struct perturb_plan plan;
    struct table table, out;
    struct fault why;
    if (!call_word(call, 0))
        return list_print(call);
    if (!call_get(call, "--what") || !call_get(call, "--out") || call_word(call, 1))
        return call_fail(call, EX_USAGE, "one table, --what and --out are wanted");
    int code = what_check(call);
    if (!code)
        code = output_check(call, call_get(call, "--out"));
    if (!code)
        code = how_read(call, &how);
    if (!code)
        code = input_table(call, call_word(call, 0), how.id, NULL, &table);
    if (code)
        return code;
    if (!perturb(call->arena, &table, &how, &out, &plan, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    if (!table_write(call->arena, AT_FDCWD, call_get(call, "--out"), &out, 1, &why))
        return call_fail(call, EX_CANTCREAT, "%s", why.text);
    if (!call_get(call, "--json"))
        return 0;
    struct text text = { .arena = call->arena };
    struct json_out json = { .text = &text };
    json_open_map(&json, NULL);
    perturb_print(&plan, &json);
    json_close_map(&json);
    return call_print(call, &text);
}

static const struct option options[] = {
    { "--what", "NAME", "the change; without a table they are listed", 0 },
    { "--out", "FILE", "the table to write: CSV, or JSON lines by its name", 0 },
    { "--target", "COLUMN", "what is predicted: stays, or is what changes", 0 },
    { "--id", "COLUMN", "the identifier; default id", 0 },
    { "--time", "COLUMN", "when a row was", 0 },
    { "--column", "COLUMN", "to change; default all features that can be", OPTION_REPEATS },
    { "--share", "X", "of cells, rows or the deviation; default as listed", 0 },
    { "--until", "T", "of truncate: a number or a time", 0 },
    { "--seed", "N", "of what is random; default 0", 0 },
    { "--json", NULL, "what was changed as one JSON document on stdout", 0 },
};

const struct command command_perturb = {
    .name = "perturb",
    .what = "change a table on purpose, to see what a model does then",
    .words = "[DATA]",
    .example = "perturb test.csv --what blanks --share 0.2 --target bad --seed 1 --out blanks.csv",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
