/* Two files and some metrics: read, matched, measured. */
#include "core/learn/evaluation.h"
#include "core/base/complaint.h"
#include "core/base/file.h"
#include <fcntl.h>

const struct metric *metric_needed(struct arena *arena, struct str name, struct fault *why)
{
    const struct metric *metric = metric_find(name);
    if (metric)
        return metric;
    const char *const *names = metric_names(arena);
    struct text list = { .arena = arena };
    for (size_t i = 0; i < metric_count(); i++)
        text_print(&list, "%s%s", i ? ", " : "", names[i]);
    const char *nearest = words_nearest(name, names, metric_count());
    fault_set(why, BLAME_OPEN, "unknown metric \"%.*s\", %s%s%s", STR_ARGS(str_until(name, 40)),
              nearest ? "did you mean \"" : "known are: ", nearest ? nearest : list.at,
              nearest ? "\"" : "");
    return NULL;
}

/* All metrics of an evaluation must measure one kind of truth. */
static bool add_metric(struct evaluation *evaluation, const struct metric *metric,
                       struct fault *why)
{
    for (size_t i = 0; i < evaluation->metric_count; i++)
        if (evaluation->metrics[i] == metric)
            return fault_set(why, BLAME_OPEN, "metric \"%s\" was named twice", metric->name);
    if (evaluation->metric_count == EVALUATION_METRICS_MOST)
        return fault_set(why, BLAME_OPEN, "more than %d metrics", EVALUATION_METRICS_MOST);
    unsigned kinds = evaluation->metric_count ? evaluation->kinds & metric->kinds : metric->kinds;
    if (!kinds)
        return fault_set(why, BLAME_OPEN,
                         "metrics \"%s\" and \"%s\" measure different kinds of targets",
                         evaluation->metrics[0]->name, metric->name);
    evaluation->kinds = kinds;
    evaluation->metrics[evaluation->metric_count++] = metric;
    return true;
}

bool evaluation_add_metrics(struct arena *arena, struct evaluation *evaluation, struct str names,
                            struct fault *why)
{
    struct str name;
    while (str_cut(&names, ',', &name)) {
        const struct metric *metric = metric_needed(arena, str_trim(name), why);
        if (!metric || !add_metric(evaluation, metric, why))
            return false;
    }
    return true;
}

static bool load(struct arena *arena, const char *path, size_t most, struct str *out, bool *missing,
                 struct fault *why)
{
    scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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

bool evaluation_run(struct arena *arena, struct evaluation *evaluation, bool *missing,
                    struct fault *why)
{
    struct str truth_bytes, prediction_bytes;
    struct truth truth;
    struct predictions predictions;
    struct scored scored;
    struct truth_form form = { .file = str_of(evaluation->truth_path),
                               .id_column = evaluation->id,
                               .target = evaluation->target,
                               .kinds = evaluation->kinds };
    struct prediction_form wanted = { .file = str_of(evaluation->prediction_path),
                                      .id_column = evaluation->id };
    for (size_t i = 0; i < evaluation->metric_count; i++) {
        wanted.in_unit |= evaluation->metrics[i]->in_unit;
        wanted.each_class |= evaluation->metrics[i]->each_class;
    }
    *missing = false;
    if (!load(arena, evaluation->truth_path, TRUTH_BYTES_MOST, &truth_bytes, missing, why) ||
        !load(arena, evaluation->prediction_path, PREDICTION_BYTES_MOST, &prediction_bytes, missing,
              why) ||
        !truth_parse(arena, truth_bytes, &form, &truth, why) ||
        !rows_check(evaluation, &truth, why) ||
        !predictions_parse(arena, prediction_bytes, &truth, &wanted, &predictions, NULL, why))
        return false;
    scored_rows(arena, &truth, &predictions, evaluation->usage, &scored);
    evaluation->rows = scored.n;
    for (size_t i = 0; i < evaluation->metric_count; i++)
        evaluation->values[i] =
            metric_measure(arena, evaluation->metrics[i], &scored, &evaluation->options);
    return true;
}
