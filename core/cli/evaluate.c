/* holdout-ml evaluate: predictions against the truth, each metric with its interval. */
#include "core/cli/measure_options.h"
#include <math.h>
#include <stdio.h>

static int print_words(const struct call *call, const struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->metric_count; i++) {
        const struct evaluation_metric *at = &evaluation->metrics[i];
        printf("%-18s %-10.6g", at->name.at, at->value.value);
        if (!isnan(at->value.low) || !isnan(at->value.high))
            printf(" [%.6g, %.6g]", at->value.low, at->value.high);
        putchar('\n');
    }
    printf("%zu %s%s%s\n", evaluation->rows, evaluation->kind == TRUTH_BOXES ? "image" : "row",
           PLURAL(evaluation->rows),
           evaluation->options.without_interval ? "" : ", 95 % intervals");
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
        const struct evaluation_metric *at = &evaluation->metrics[i];
        json_open_map(&out, at->name.at);
        json_add_double(&out, "value", at->value.value);
        json_add_double(&out, "low", at->value.low);
        json_add_double(&out, "high", at->value.high);
        if (at->value.n != evaluation->rows)
            json_add_int(&out, "n", (int64_t)at->value.n);
        if (*at->value.note)
            json_add_zero(&out, "note", at->value.note);
        if (call_get(call, "--time"))
            json_add_double(&out, "cpu_s", at->seconds);
        json_close_map(&out);
    }
    json_close_map(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

/* What is asked for; false after a complaint. */
static bool read_call(struct call *call, struct evaluation *out)
{
    struct fault why;
    const char *names, *kind = call_get(call, "--kind");
    uint64_t season;
    if (kind && !evaluation_set_kind(call->arena, out, str_of(kind), &why)) {
        call_fail(call, EX_USAGE, "--kind: %s", why.text);
        return false;
    }
    for (size_t at = 0; (names = call_next(call, "--metric", &at));)
        if (!evaluation_add_metrics(call->arena, out, str_of(names), &why)) {
            call_fail(call, EX_USAGE, "--metric: %s", why.text);
            return false;
        }
    bool ok = measure_usage(call, &out->usage) && measure_set(call, &out->options) &&
              call_count(call, "--seed", 0, INT64_MAX, &out->options.seed) &&
              call_count(call, "--season", 1, 1000000, &season);
    out->season = ok ? (size_t)season : 1;
    out->options.without_interval = call_get(call, "--no-interval") != NULL;
    return ok;
}

static int run(struct call *call)
{
    struct evaluation evaluation = { .truth_path = call_get(call, "--truth"),
                                     .prediction_path = call_get(call, "--pred"),
                                     .history_path = call_get(call, "--history"),
                                     .features_path = call_get(call, "--features"),
                                     .id = str_of(call_get(call, "--id")),
                                     .target = str_of(call_get(call, "--target")),
                                     .group = str_of(call_get(call, "--group")),
                                     .attribute = str_of(call_get(call, "--attribute")) };
    struct fault why;
    bool missing;
    if (!read_call(call, &evaluation))
        return EX_USAGE;
    if (!evaluation_run(call->arena, &evaluation, &missing, &why))
        return call_fail(call, missing ? EX_NOINPUT : EX_DATAERR, "%s", why.text);
    for (size_t i = 0; i < evaluation.metric_count; i++)
        if (*evaluation.metrics[i].value.note)
            call_fail(call, 0, "%s: %s", evaluation.metrics[i].name.at,
                      evaluation.metrics[i].value.note);
    return call_get(call, "--json") ? print_json(call, &evaluation)
                                    : print_words(call, &evaluation);
}

static const struct option options[] = {
    { "--truth", "FILE", "id, target and perhaps Usage; or as the kind needs it", OPTION_REQUIRED },
    { "--pred", "FILE", "id and prediction, or a column a class, or as the kind needs it",
      OPTION_REQUIRED },
    { "--metric", "NAME,...", "see holdout-ml metrics; ndcg@10 is ndcg with k = 10",
      OPTION_REQUIRED | OPTION_REPEATS },
    { "--kind", "WORD",
      "binary multiclass text regression forecast multilabel ranking clustering detection; "
      "default: what the metrics measure and the truth looks like",
      0 },
    { "--set", "NAME=VALUE", "an option of the metrics, such as beta=2", OPTION_REPEATS },
    { "--id", "COLUMN", "the identifier in all files; default id", 0 },
    { "--target", "COLUMN", "the truth; default: the column that is no other", 0 },
    { "--usage", "WORD", "all, public or private rows; default all", 0 },
    { "--group", "COLUMN", "of the truth: whose rows are drawn together for intervals", 0 },
    { "--attribute", "COLUMN", "of the truth: for measures of fairness", 0 },
    { "--history", "FILE", "forecast: target, series, time of the rows before", 0 },
    { "--season", "N", "forecast: rows of a season in the history; default 1", 0 },
    { "--features", "FILE", "clustering: id and numbers of each row", 0 },
    { "--seed", "N", "of the intervals' resampling; default 0", 0 },
    { "--no-interval", NULL, "values alone", 0 },
    { "--time", NULL, "with --json: the seconds of processor time that each metric took", 0 },
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
