/* Writing course.yaml. */
#include "grader/course/course_text.h"
#include <math.h>

static const struct usual {
    const char *learner, *metrics[5], *baselines[4];
} usuals[] = {
    [COURSE_KIND_BINARY] = { "logistic",
                             { "roc_auc", "average_precision", "log_loss", "brier" },
                             { "majority", "logistic", "gbdt" } },
    [COURSE_KIND_MULTICLASS] = { "gbdt",
                                 { "accuracy", "f1_macro", "log_loss" },
                                 { "majority", "logistic", "gbdt" } },
    [COURSE_KIND_REGRESSION] = { "ridge",
                                 { "mae", "rmse", "medae", "r2" },
                                 { "mean", "ridge", "gbdt" } },
    [COURSE_KIND_FORECAST] = { "gbdt", { "mase", "rmse", "mae" }, { "seasonal_naive" } },
    [COURSE_KIND_RANKING] = { "gbdt", { "ndcg@5", "map", "ndcg" }, { NULL } },
    [COURSE_KIND_CLUSTERING] = { "kmeans", { "adjusted_rand_index" }, { NULL } },
    [COURSE_KIND_TEXT] = { "text_classifier", { "accuracy", "f1_macro" }, { "majority" } },
    [COURSE_KIND_DETECTION] = { "gbdt", { "coco_ap", "coco_ap50" }, { NULL } },
    [COURSE_KIND_MULTILABEL] = { "gbdt",
                                 { "multilabel_average_precision_macro", "multilabel_f1_micro" },
                                 { NULL } },
};

const char *const *course_usual_metrics(int kind)
{
    return usuals[kind].metrics;
}

const char *course_usual_learner(int kind)
{
    return usuals[kind].learner;
}

const char *const *course_usual_baselines(int kind)
{
    return usuals[kind].baselines;
}

static void put_metrics(struct text *out, const struct course_task *task)
{
    text_print(out, "    metrics:\n");
    for (size_t i = 0; i < task->metric_count; i++)
        text_print(out, "      - {key: \"%s\"%s}\n", task->metrics[i].key.at,
                   i == task->primary_at ? ", primary: true" : "");
}

static void put_limits(struct text *out, const struct course_limits *limits)
{
    text_print(out,
               "    limits: {build_s: %lld, train_s: %lld, predict_s: %lld, serve_s: %lld,\n"
               "             memory_mb: %lld, pids: %lld, disk_mb: %lld, cpus: %lld",
               (long long)limits->build_s, (long long)limits->train_s, (long long)limits->predict_s,
               (long long)limits->serve_s, (long long)limits->memory_mb, (long long)limits->pids,
               (long long)limits->disk_mb, (long long)limits->cpus);
    if (limits->runs_per_day > 0)
        text_print(out, ", runs_per_day: %lld", (long long)limits->runs_per_day);
    if (limits->runs_total > 0)
        text_print(out, ", runs_total: %lld", (long long)limits->runs_total);
    text_print(out, "}\n");
}

static void put_task(struct text *out, const struct course_task *task, bool for_team)
{
    text_print(out, "tasks:\n  - id: %s\n    title: \"%s\"\n    kind: %s\n", task->id.at,
               task->title.at, course_kind_name(task->kind));
    if (task->target.len)
        text_print(out, "    target: %s\n", task->target.at);
    if (task->id_column.len && task->kind != COURSE_KIND_RANKING)
        text_print(out, "    id_column: %s\n", task->id_column.at);
    if (task->season > 1)
        text_print(out, "    season: %lld\n", (long long)task->season);
    put_metrics(out, task);
    put_limits(out, &task->limits);
    text_print(out, "    seeds: %lld%s\n", (long long)task->seeds,
               for_team ? "" : "                  # hidden seeds; the value is their mean");
    if (!task->repeat)
        text_print(out, "    repeat: false\n");
    if (for_team || !task->baselines.count)
        return;
    text_print(out, "    baselines: [");
    for (size_t i = 0; i < task->baselines.count; i++)
        text_print(out, "%s%s", i ? ", " : "", task->baselines.at[i].at);
    text_print(out, "]\n");
}

struct str course_text(struct arena *arena, const struct course_text *of)
{
    struct text out = { .arena = arena };
    text_print(&out, "schema: 1\ncourse: {id: %s, title: \"%s\", timezone: %s}\n", of->id,
               of->title, of->timezone);
    if (of->local)
        text_print(&out, "git: {local: \"%s\", allow: [], trigger: {branch: main}, poll_s: 5}\n",
                   of->local);
    else
        text_print(&out,
                   "git:\n"
                   "  allow: [\"https://github.com/YOUR-ORGANISATION/*\"]  # * is one part of "
                   "the path\n"
                   "  trigger: {branch: main, tag: \"submit/*\"}\n"
                   "  poll_s: 60\n");
    put_task(&out, of->task, of->for_team);
    text_print(&out, "deliverables:\n  - {id: first, tasks: [%s], due: %s, needs: [model]}\n",
               of->task->id.at, of->due);
    if (of->for_team)
        text_print(&out, "box: {allow_degraded: true}\n");
    text_print(&out, "board: {visibility: pseudonym, release: rounded, digits: 3}\n");
    return text_str(&out);
}
