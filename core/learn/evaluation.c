/* Two files and some metrics: read, matched, measured. */
#include "core/learn/evaluation.h"
#include "core/base/fields.h"
#include "core/base/file.h"
#include <fcntl.h>
#include <time.h>

bool evaluation_set_kind(struct arena *arena, struct evaluation *evaluation, struct str word,
                         struct fault *why)
{
    const char *words[32] = { 0 };
    size_t count = 0;
    for (const struct truth_word *at = truth_words; at->word; at++) {
        if (str_is(word, at->word)) {
            evaluation->kinds = at->kinds;
            evaluation->is_forecast = at->is_forecast;
            return true;
        }
        words[count++] = at->word;
    }
    words[count] = NULL;
    return fault_set(why, BLAME_OPEN, "unknown kind \"%.*s\"%s", STR_ARGS(str_until(word, 40)),
                     words_hint(arena, word, words));
}

/* Is it one of those that read series, time and quantiles? */
static bool is_of_forecasts(const struct metric *metric)
{
    const struct metric_family *family;
    for (size_t i = 0; (family = metric_family_at(i)); i++)
        if (strcmp(family->name, "forecast") == 0 && metric >= family->metrics &&
            metric < family->metrics + family->count)
            return true;
    return false;
}

/* All metrics of an evaluation must measure one kind of truth. */
static bool add_metric(struct evaluation *evaluation, const struct evaluation_metric *wanted,
                       struct fault *why)
{
    const struct metric *metric = wanted->metric;
    for (size_t i = 0; i < evaluation->metric_count; i++)
        if (evaluation->metrics[i].metric == metric && evaluation->metrics[i].k == wanted->k)
            return fault_set(why, BLAME_OPEN, "metric \"%.*s\" was named twice",
                             STR_ARGS(wanted->name));
    if (evaluation->metric_count == EVALUATION_METRICS_MOST)
        return fault_set(why, BLAME_OPEN, "more than %d metrics", EVALUATION_METRICS_MOST);
    unsigned kinds = evaluation->kinds ? evaluation->kinds & metric->kinds : metric->kinds;
    if (!kinds && evaluation->metric_count == 0)
        return fault_set(why, BLAME_OPEN, "metric \"%s\" does not measure this kind of target",
                         metric->name);
    if (!kinds)
        return fault_set(why, BLAME_OPEN,
                         "metrics \"%s\" and \"%s\" measure different kinds of targets",
                         evaluation->metrics[0].metric->name, metric->name);
    evaluation->kinds = kinds;
    evaluation->is_forecast |= is_of_forecasts(metric);
    evaluation->metrics[evaluation->metric_count++] = *wanted;
    return true;
}

bool evaluation_add_metrics(struct arena *arena, struct evaluation *evaluation, struct str names,
                            struct fault *why)
{
    struct str name;
    while (str_cut(&names, ',', &name)) {
        struct evaluation_metric wanted = { .name = str_keep(arena, str_trim(name)) };
        size_t at = wanted.name.len;
        wanted.metric = metric_named(wanted.name, &wanted.k);
        str_find(wanted.name, '@', &at);
        if (!wanted.metric && !metric_needed(arena, str_until(wanted.name, at), why))
            return false;
        if (!wanted.metric)
            return fault_set(why, BLAME_OPEN,
                             "\"%.*s\": @ is for metrics with an option k, a whole number from 1",
                             STR_ARGS(str_until(wanted.name, 40)));
        if (!add_metric(evaluation, &wanted, why))
            return false;
    }
    return true;
}

static bool load(struct arena *arena, const char *path, size_t most, struct str *out, bool *missing,
                 struct fault *why)
{
    scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC); /* a pipe is waited for */
    *missing = fd < 0;
    if (fd < 0)
        return fault_errno(why, "%s", path);
    return fd_load(arena, fd, most, out, why) || fault_within(why, "%s", path);
}

/* A figure over no rows says nothing. */
static bool rows_check(const struct evaluation *evaluation, const struct truth *truth,
                       struct fault *why)
{
    enum usage usage = evaluation->usage;
    const char *word = usage == USAGE_PUBLIC ? "Public" : "Private";
    if (truth->row_count == 0)
        return fault_set(why, BLAME_OPEN, "%s: no rows to measure", evaluation->truth_path);
    if (usage != USAGE_ALL && !truth->has_usage)
        return fault_set(why, BLAME_OPEN, "%s: no column Usage that says which rows are %s",
                         evaluation->truth_path, word);
    size_t count = usage == USAGE_PUBLIC ? truth->public_count : truth->private_count;
    return usage == USAGE_ALL || count > 0 ||
           fault_set(why, BLAME_OPEN, "%s: none of the %zu rows is %s", evaluation->truth_path,
                     truth->row_count, word);
}

/* A file beside the two, where one is given. */
static bool beside_load(struct arena *arena, struct evaluation *evaluation, struct truth *truth,
                        bool *missing, struct fault *why)
{
    struct str bytes;
    struct truth_form form = { .file = str_of(evaluation->features_path),
                               .id_column = evaluation->id };
    if (evaluation->history_path &&
        (!load(arena, evaluation->history_path, TRUTH_BYTES_MOST, &bytes, missing, why) ||
         !truth_add_history(arena, truth, bytes, str_of(evaluation->history_path),
                            evaluation->season ? evaluation->season : 1, why)))
        return false;
    return !evaluation->features_path ||
           (load(arena, evaluation->features_path, TRUTH_BYTES_MOST, &bytes, missing, why) &&
            truth_add_features(arena, truth, bytes, &form, why));
}

/* Predictions outside 0..1: which metric minds, and whose predictions it does not. */
static bool refuse_range(const struct evaluation *evaluation,
                         const struct prediction_faults *faults, struct fault *why)
{
    size_t at = 0;
    while (at < evaluation->metric_count && !evaluation->metrics[at].metric->in_unit)
        at++;
    if (at == evaluation->metric_count || !faults->rules[PREDICTION_RANGE].count)
        return false;
    struct fault said = *why;
    return fault_set(why, said.blame,
                     "%.120s: %s needs probabilities, train a learner of classes such as logistic",
                     said.text, evaluation->metrics[at].metric->name);
}

bool evaluation_read(struct arena *arena, struct evaluation *evaluation, struct truth *truth,
                     struct predictions *predictions, bool *missing, struct fault *why)
{
    *missing = false;
    struct prediction_faults faults = { 0 };
    struct str truth_bytes, prediction_bytes;
    struct truth_form form = { .file = str_of(evaluation->truth_path),
                               .id_column = evaluation->id,
                               .target = evaluation->target,
                               .kinds = evaluation->kinds,
                               .is_forecast =
                                   evaluation->is_forecast && evaluation->kinds == TRUTH_NUMBER,
                               .group = evaluation->group,
                               .attribute = evaluation->attribute };
    struct prediction_form wanted = { .file = str_of(evaluation->prediction_path),
                                      .id_column = evaluation->id,
                                      .quantiles = form.is_forecast };
    for (size_t i = 0; i < evaluation->metric_count; i++) {
        wanted.in_unit |= evaluation->metrics[i].metric->in_unit;
        wanted.each_class |= evaluation->metrics[i].metric->each_class;
    }
    return load(arena, evaluation->truth_path, TRUTH_BYTES_MOST, &truth_bytes, missing, why) &&
           load(arena, evaluation->prediction_path, PREDICTION_BYTES_MOST, &prediction_bytes,
                missing, why) &&
           truth_parse(arena, truth_bytes, &form, truth, why) &&
           rows_check(evaluation, truth, why) &&
           beside_load(arena, evaluation, truth, missing, why) &&
           (predictions_parse(arena, prediction_bytes, truth, &wanted, predictions, &faults, why) ||
            refuse_range(evaluation, &faults, why));
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool evaluation_run(struct arena *arena, struct evaluation *evaluation, bool *missing,
                    struct fault *why)
{
    struct truth truth;
    struct predictions predictions;
    struct scored scored;
    if (!evaluation_read(arena, evaluation, &truth, &predictions, missing, why))
        return false;
    scored_rows(arena, &truth, &predictions, evaluation->usage, &scored);
    evaluation->rows = scored.n;
    evaluation->kind = scored.kind;
    for (size_t i = 0; i < evaluation->metric_count; i++) {
        struct evaluation_metric *at = &evaluation->metrics[i];
        struct metric_options options = evaluation->options;
        double start = processor_seconds();
        options.k = at->k ? at->k : options.k;
        at->value = metric_measure(arena, at->metric, &scored, &options);
        at->seconds = processor_seconds() - start;
    }
    return true;
}
