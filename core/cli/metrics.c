/* holdout-ml metrics: the table of metrics with their definitions. */
#include "core/eval/metrics.h"
#include "core/cli/command.h"
#include <stdio.h>

static const struct {
    enum truth_kind kind;
    const char *word;
} kinds[] = {
    { TRUTH_BINARY, "binary" },
    { TRUTH_CLASSES, "multiclass" },
    { TRUTH_NUMBER, "regression" },
};

#define KINDS (sizeof kinds / sizeof *kinds)

static void print_words(void)
{
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++) {
        printf("%s (", metric->name);
        for (size_t k = 0, count = 0; k < KINDS; k++)
            if (metric->kinds & kinds[k].kind)
                printf("%s%s", count++ ? ", " : "", kinds[k].word);
        printf("; %s is better; %g to %g)\n  %s\n  interval: %s\n",
               metric->higher_is_better ? "higher" : "lower", metric->least, metric->most,
               metric->definition, metric->interval);
    }
}

static void add_metric(struct json_out *out, const struct metric *metric)
{
    json_open_map(out, NULL);
    json_add_zero(out, "name", metric->name);
    json_open_list(out, "kinds");
    for (size_t k = 0; k < KINDS; k++)
        if (metric->kinds & kinds[k].kind)
            json_add_zero(out, NULL, kinds[k].word);
    json_close_list(out);
    json_add_bool(out, "higher_is_better", metric->higher_is_better);
    json_add_double(out, "least", metric->least);
    json_add_double(out, "most", metric->most);
    json_add_zero(out, "definition", metric->definition);
    json_add_zero(out, "interval", metric->interval);
    json_close_map(out);
}

static int run(struct call *call)
{
    if (!call_get(call, "--json")) {
        print_words();
        return 0;
    }
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "metrics");
    const struct metric *metric;
    for (size_t i = 0; (metric = metric_at(i)); i++)
        add_metric(&out, metric);
    json_close_list(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

static const struct option options[] = {
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_metrics = {
    .name = "metrics",
    .what = "list the metrics with their definitions",
    .example = "metrics --json",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
