/* holdout-ml metrics: the families of metrics with their definitions. */
#include "core/eval/metric_name.h"
#include "core/base/complaint.h"
#include "core/cli/command.h"
#include <stdio.h>

static const struct {
    enum truth_kind kind;
    const char *word;
} kinds[] = {
    { TRUTH_BINARY, "binary" },     { TRUTH_CLASSES, "multiclass" },
    { TRUTH_NUMBER, "regression" }, { TRUTH_LABELS, "multilabel" },
    { TRUTH_RANKING, "ranking" },   { TRUTH_CLUSTERS, "clustering" },
    { TRUTH_BOXES, "detection" },
};

#define KINDS (sizeof kinds / sizeof *kinds)

/* What is asked for. */
struct wanted {
    const struct metric_family *family; /* NULL: all */
    const struct metric *metric;        /* NULL: all */
};

static bool is_wanted(const struct wanted *wanted, const struct metric_family *family,
                      const struct metric *metric)
{
    return (!wanted->family || wanted->family == family) &&
           (!wanted->metric || wanted->metric == metric);
}

static void print_metric(const struct metric *metric)
{
    printf("%s: %s (", metric->name, metric->title);
    for (size_t k = 0, count = 0; k < KINDS; k++)
        if (metric->kinds & kinds[k].kind)
            printf("%s%s", count++ ? ", " : "", kinds[k].word);
    printf("; %s is better; %g to %g)\n  %s\n", metric->higher_is_better ? "higher" : "lower",
           metric->least, metric->most, metric->definition);
    if (metric->edges)
        printf("  edges: %s\n", metric->edges);
    if (metric->needs)
        printf("  needs: %s\n", metric->needs);
    if (metric->options)
        printf("  options: %s\n", metric->options);
    printf("  interval: %s\n", metric->interval ? metric->interval : "none");
}

static int print_words(const struct call *call, const struct wanted *wanted)
{
    const struct metric_family *family;
    const char *name, *what;
    for (size_t f = 0; (family = metric_family_at(f)); f++) {
        bool begun = wanted->metric != NULL;
        for (size_t i = 0; i < family->count; i++) {
            if (!is_wanted(wanted, family, &family->metrics[i]))
                continue;
            if (!begun)
                printf("%s# %s\n", f && !wanted->family ? "\n" : "", family->name);
            begun = true;
            print_metric(&family->metrics[i]);
        }
    }
    if (!wanted->family && !wanted->metric) {
        printf("\n# options, for holdout-ml evaluate --set NAME=VALUE\n");
        for (size_t i = 0; (name = metric_option_name(i, &what)); i++)
            printf("%s\n  %s\n", name, what);
    }
    return fflush(stdout) == 0 ? 0 : call_fail(call, EX_IOERR, "stdout could not be written");
}

static void add_metric(struct json_out *out, const struct metric_family *family,
                       const struct metric *metric)
{
    json_open_map(out, NULL);
    json_add_zero(out, "name", metric->name);
    json_add_zero(out, "title", metric->title);
    json_add_zero(out, "family", family->name);
    json_open_list(out, "kinds");
    for (size_t k = 0; k < KINDS; k++)
        if (metric->kinds & kinds[k].kind)
            json_add_zero(out, NULL, kinds[k].word);
    json_close_list(out);
    json_add_bool(out, "higher_is_better", metric->higher_is_better);
    json_add_double(out, "least", metric->least);
    json_add_double(out, "most", metric->most);
    json_add_zero(out, "definition", metric->definition);
    json_add_zero(out, "edges", metric->edges);
    json_add_zero(out, "needs", metric->needs);
    json_add_zero(out, "options", metric->options);
    json_add_zero(out, "interval", metric->interval);
    json_close_map(out);
}

static int print_json(const struct call *call, const struct wanted *wanted)
{
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    const struct metric_family *family;
    const char *name, *what;
    json_open_map(&out, NULL);
    json_open_list(&out, "metrics");
    for (size_t f = 0; (family = metric_family_at(f)); f++)
        for (size_t i = 0; i < family->count; i++)
            if (is_wanted(wanted, family, &family->metrics[i]))
                add_metric(&out, family, &family->metrics[i]);
    json_close_list(&out);
    json_open_map(&out, "options");
    for (size_t i = 0; (name = metric_option_name(i, &what)); i++)
        json_add_zero(&out, name, what);
    json_close_map(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

static bool read_family(const struct call *call, const struct metric_family **out)
{
    const char *word = call_get(call, "--family"), *names[64] = { 0 };
    size_t count = 0;
    for (; word && (*out = metric_family_at(count)); count++) {
        if (strcmp(word, (*out)->name) == 0)
            return true;
        names[count] = (*out)->name;
    }
    if (!word)
        return true;
    const char *nearest = words_nearest(str_of(word), names, count);
    struct text list = { .arena = call->arena };
    for (size_t i = 0; i < count; i++)
        text_print(&list, "%s%s", i ? ", " : "", names[i]);
    call_fail(call, EX_USAGE, "--family: unknown family \"%s\", %s%s%s", word,
              nearest ? "did you mean \"" : "known are: ", nearest ? nearest : list.at,
              nearest ? "\"" : "");
    return false;
}

static int run(struct call *call)
{
    struct wanted wanted = { 0 };
    const char *name = call_word(call, 0);
    if (!read_family(call, &wanted.family))
        return EX_USAGE;
    struct fault why;
    if (name && !(wanted.metric = metric_needed(call->arena, str_of(name), &why)))
        return call_fail(call, EX_USAGE, "%s", why.text);
    if (call_word(call, 1))
        return call_fail(call, EX_USAGE, "more than one metric was named");
    return call_get(call, "--json") ? print_json(call, &wanted) : print_words(call, &wanted);
}

static const struct option options[] = {
    { "--family", "WORD", "those of one family: scores, binary, regression, ...", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_metrics = {
    .name = "metrics",
    .what = "list the metrics with their definitions, or one of them",
    .words = "[METRIC]",
    .example = "metrics --family scores",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
