/* holdout-ml evaluate: predictions against the truth, each metric with its interval. */
#include "core/cli/command.h"
#include "core/learn/evaluation.h"
#include <stdio.h>

static bool read_usage(const struct call *call, enum usage *out)
{
    const char *word = call_get(call, "--usage");
    *out = USAGE_ALL;
    if (!word || strcmp(word, "all") == 0)
        return true;
    *out = strcmp(word, "public") == 0 ? USAGE_PUBLIC : USAGE_PRIVATE;
    if (*out == USAGE_PUBLIC || strcmp(word, "private") == 0)
        return true;
    call_fail(call, EX_USAGE, "--usage was \"%s\", allowed is one of all, public, private", word);
    return false;
}

static int print_words(const struct call *call, const struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->metric_count; i++) {
        const struct metric_value *value = &evaluation->values[i];
        printf("%-18s %-10.6g [%.6g, %.6g]\n", evaluation->metrics[i]->name, value->value,
               value->low, value->high);
    }
    printf("%zu rows, 95 %% intervals\n", evaluation->rows);
    return fflush(stdout) == 0 ? 0 : call_fail(call, EX_IOERR, "stdout could not be written");
}

static int print_json(const struct call *call, const struct evaluation *evaluation)
{
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "rows", (int64_t)evaluation->rows);
    json_open_map(&out, "metrics");
    for (size_t i = 0; i < evaluation->metric_count; i++) {
        json_open_map(&out, evaluation->metrics[i]->name);
        json_add_double(&out, "value", evaluation->values[i].value);
        json_add_double(&out, "low", evaluation->values[i].low);
        json_add_double(&out, "high", evaluation->values[i].high);
        json_close_map(&out);
    }
    json_close_map(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

static int run(struct call *call)
{
    struct evaluation evaluation = { .truth_path = call_get(call, "--truth"),
                                     .prediction_path = call_get(call, "--pred"),
                                     .id = str_of(call_get(call, "--id")),
                                     .target = str_of(call_get(call, "--target")) };
    struct fault why;
    bool missing;
    const char *names;
    for (size_t at = 0; (names = call_next(call, "--metric", &at));)
        if (!evaluation_add_metrics(call->arena, &evaluation, str_of(names), &why))
            return call_fail(call, EX_USAGE, "--metric: %s", why.text);
    if (!read_usage(call, &evaluation.usage) ||
        !call_count(call, "--seed", 0, INT64_MAX, &evaluation.options.seed))
        return EX_USAGE;
    if (!evaluation_run(call->arena, &evaluation, &missing, &why))
        return call_fail(call, missing ? EX_NOINPUT : EX_DATAERR, "%s", why.text);
    for (size_t i = 0; i < evaluation.metric_count; i++)
        if (evaluation.values[i].note && *evaluation.values[i].note)
            call_fail(call, 0, "%s: %s", evaluation.metrics[i]->name, evaluation.values[i].note);
    return call_get(call, "--json") ? print_json(call, &evaluation)
                                    : print_words(call, &evaluation);
}

static const struct option options[] = {
    { "--truth", "FILE", "id, target and perhaps Usage", OPTION_REQUIRED },
    { "--pred", "FILE", "id and prediction, or a column a class", OPTION_REQUIRED },
    { "--metric", "NAME,...", "see holdout-ml metrics", OPTION_REQUIRED | OPTION_REPEATS },
    { "--id", "COLUMN", "the identifier in both files; default id", 0 },
    { "--target", "COLUMN", "the truth; default: the column that is neither id nor Usage", 0 },
    { "--usage", "WORD", "all, public or private rows; default all", 0 },
    { "--seed", "N", "of the intervals' resampling; default 0", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_evaluate = {
    .name = "evaluate",
    .what = "measure predictions against the truth",
    .example = "evaluate --truth truth.csv --pred predictions.csv --metric roc_auc,log_loss --json",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
