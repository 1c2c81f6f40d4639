/*
 * holdout-ml shakeup, release: what boards did and what they would have shown. Both read a table of
 * scores: shakeup a row for each contender, release a row for each submission in their order.
 */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/eval/ladder.h"
#include "core/eval/shakeup.h"
#include "core/math/random.h"
#include <math.h>

#define CONTENDERS_MOST ((size_t)20000) /* shakeup is O(n^2) */

static int number_get(const struct call *call, const char *name, double *out, double low,
                      double high)
{
    const char *word = call_get(call, name);
    if (!word || (str_to_double(str_of(word), out) && *out >= low && *out <= high))
        return 0;
    return call_fail(call, EX_USAGE, "%s was \"%s\", allowed are numbers from %g to %g", name, word,
                     low, high);
}

struct scores {
    struct call *call;
    struct table table;
    bool lower; /* is better */
};

static int scores_read(struct scores *scores)
{
    struct call *call = scores->call;
    if (!call_word(call, 0) || call_word(call, 1))
        return call_fail(call, EX_USAGE, "one table of scores is wanted");
    scores->lower = call_get(call, "--lower") != NULL;
    return input_table(call, call_word(call, 0), S(""), NULL, &scores->table);
}

/* A column of scores without gaps; its name: the option's value, or `otherwise`. */
static int column_get(const struct scores *scores, const char *option, const char *otherwise,
                      const double **out)
{
    const struct call *call = scores->call;
    const char *name = call_get(call, option) ? call_get(call, option) : otherwise;
    const char *file = call_word(call, 0);
    const struct column *column = table_find(&scores->table, str_of(name));
    if (!column)
        return call_fail(call, EX_DATAERR, "%s: there is no column \"%s\": name it by %s", file,
                         name, option);
    if (!column_is_numeric(column) || column->missing_count)
        return call_fail(call, EX_DATAERR, "%s: the column \"%s\" has cells that are no scores",
                         file, name);
    *out = column->numbers;
    return 0;
}

static int shakeup_print(const struct call *call, const struct shakeup *found, size_t n,
                         double share)
{
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    if (call_get(call, "--json")) {
        json_open_map(&out, NULL);
        json_add_int(&out, "contenders", (int64_t)n);
        json_add_double(&out, "moved", found->all);
        json_add_double(&out, "moved_best", found->best);
        json_add_double(&out, "kendall_tau", found->tau);
        json_add_bool(&out, "same_winner", found->same_winner);
        json_close_map(&out);
        return call_print(call, &text);
    }
    text_print(&text, "%zu contenders\n%-13s %.4g  places, as a share of the contenders", n,
               "moved", found->all);
    text_print(&text, "\n%-13s %.4g  of those who end in the best %g %%", "moved_best", found->best,
               100 * share);
    if (isnan(found->tau))
        text_print(&text, "\n%-13s not defined: one board has equal scores only", "kendall_tau");
    else
        text_print(&text, "\n%-13s %.4g", "kendall_tau", found->tau);
    text_print(&text, "\n%-13s %s", "same_winner", found->same_winner ? "yes" : "no");
    return call_print(call, &text);
}

static int shakeup_run(struct call *call)
{
    struct scores scores = { .call = call };
    const double *before, *after;
    double share = 0.1;
    int code = number_get(call, "--share", &share, 1e-6, 1);
    if (code || (code = scores_read(&scores)) ||
        (code = column_get(&scores, "--public", "public", &before)) ||
        (code = column_get(&scores, "--private", "private", &after)))
        return code;
    size_t n = scores.table.rows;
    if (n < 2 || n > CONTENDERS_MOST)
        return call_fail(call, EX_DATAERR, "%s: %zu contenders, allowed are 2 to %zu",
                         call_word(call, 0), n, CONTENDERS_MOST);
    struct shakeup found = shakeup(call->arena, before, after, n, !scores.lower, share);
    return shakeup_print(call, &found, n, share);
}

/* ---- release ---- */

struct release {
    struct scores scores;
    const double *score, *train; /* train: of thresholdout */
    double step, threshold, noise;
    uint64_t budget, seed;
};

/* What the Ladder shows of each. */
static void ladder_show(const struct release *r, double *shown)
{
    double released = INFINITY, sign = r->scores.lower ? 1 : -1;
    for (size_t i = 0; i < r->scores.table.rows; i++) {
        ladder_fixed_step(&released, sign * r->score[i], r->step);
        shown[i] = sign * released;
    }
}

/* Thresholdout's answers; NAN once the budget is used. */
static void thresholdout_show(const struct release *r, double *shown)
{
    struct random random = { r->seed };
    struct thresholdout rule = { .threshold = r->threshold,
                                 .scale = r->noise,
                                 .budget = (double)r->budget,
                                 .noise = laplace_noise,
                                 .at = &random };
    thresholdout_start(&rule);
    for (size_t i = 0; i < r->scores.table.rows; i++)
        if (!thresholdout_ask(&rule, r->train[i], r->score[i], &shown[i]))
            shown[i] = NAN;
}

static int release_read(struct release *r, bool *ladder)
{
    struct call *call = r->scores.call;
    const char *rule = call_get(call, "--rule");
    *ladder = strcmp(rule, "ladder") == 0;
    int code = 0;
    if (!*ladder && strcmp(rule, "thresholdout") != 0)
        return call_fail(call, EX_USAGE, "--rule was \"%s\", allowed are ladder and thresholdout",
                         rule);
    if (!call_count(call, "--budget", 100, 1000000000, &r->budget) ||
        !call_count(call, "--seed", 0, INT64_MAX, &r->seed))
        return EX_USAGE;
    if ((code = number_get(call, "--step", &r->step, 1e-12, 1e12)) ||
        (code = number_get(call, "--threshold", &r->threshold, 0, 1e12)) ||
        (code = number_get(call, "--noise", &r->noise, 0, 1e12)) ||
        (code = scores_read(&r->scores)) ||
        (code = column_get(&r->scores, "--score", "score", &r->score)) || *ladder)
        return code;
    return column_get(&r->scores, "--train", "train", &r->train);
}

static int release_run(struct call *call)
{
    struct release r = {
        .scores = { .call = call }, .step = 0.01, .threshold = 0.04, .noise = 0.01
    };
    bool ladder;
    int code = release_read(&r, &ladder);
    if (code)
        return code;
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    size_t n = r.scores.table.rows;
    double *shown = arena_array(call->arena, double, n);
    (ladder ? ladder_show : thresholdout_show)(&r, shown);
    if (call_get(call, "--json")) {
        json_open_list(&out, NULL);
        for (size_t i = 0; i < n; i++)
            json_add_double(&out, NULL, shown[i]);
        json_close_list(&out);
        return call_print(call, &text);
    }
    text_print(&text, "submission,score,shown");
    for (size_t i = 0; i < n; i++)
        if (isnan(shown[i]))
            text_print(&text, "\n%zu,%.10g,", i + 1, r.score[i]);
        else
            text_print(&text, "\n%zu,%.10g,%.10g", i + 1, r.score[i], shown[i]);
    return call_print(call, &text);
}

static const struct option shakeup_options[] = {
    { "--public", "COLUMN", "the scores of the public board; default public", 0 },
    { "--private", "COLUMN", "those of the private one; default private", 0 },
    { "--lower", NULL, "lower scores are better", 0 },
    { "--share", "SHARE", "of the contenders, who are the best; default 0.1", 0 },
    { "--schema", "FILE", "the kinds of the columns", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_shakeup = {
    .name = "shakeup",
    .what = "how far places moved from the public to the private board",
    .words = "SCORES",
    .example = "shakeup board.csv --public auc_public --private auc_private",
    .options = shakeup_options,
    .option_count = sizeof shakeup_options / sizeof *shakeup_options,
    .run = shakeup_run,
};

static const struct option release_options[] = {
    { "--rule", "RULE", "ladder, or thresholdout", OPTION_REQUIRED },
    { "--score", "COLUMN", "the held-out scores; default score", 0 },
    { "--lower", NULL, "lower scores are better", 0 },
    { "--step", "X", "of the ladder; default 0.01", 0 },
    { "--train", "COLUMN", "of thresholdout: the scores on training rows; default train", 0 },
    { "--threshold", "X", "how far the two may lie apart; default 0.04", 0 },
    { "--noise", "X", "scale of the noise of an answer; default 0.01", 0 },
    { "--budget", "N", "answers from held-out rows; default 100", 0 },
    { "--seed", "N", "of the noise; default 0", 0 },
    { "--schema", "FILE", "the kinds of the columns", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_release = {
    .name = "release",
    .what = "what a board shows of submissions: the Ladder, Thresholdout",
    .words = "SCORES",
    .example = "release submissions.csv --rule ladder --step 0.01",
    .options = release_options,
    .option_count = sizeof release_options / sizeof *release_options,
    .run = release_run,
};
