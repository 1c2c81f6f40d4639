/* holdout-ml compare: contenders on the same rows, or on several data sets. */
#include "core/cli/compare_print.h"
#include "core/cli/inputs.h"
#include "core/cli/measure_options.h"
#include "core/eval/predictions.h"
#include "core/learn/evaluation.h"
#include <math.h>

#define SETS_MOST 100

/* The metric that is taken when none is named. */
static const struct usual {
    enum truth_kind kind;
    bool is_forecast;
    const char *metric;
} usual_metrics[] = {
    { TRUTH_BINARY, false, "roc_auc" },
    { TRUTH_CLASSES, false, "accuracy" },
    { TRUTH_NUMBER, false, "rmse" },
    { TRUTH_NUMBER, true, "mae" },
};

/* What is compared. */
struct contest {
    struct evaluation evaluation; /* id, target, group, kinds, metrics, options */
    size_t sets, count;           /* truths; contenders */
    const char **truths, **files; /* [sets], [sets * count] */
    const char **names;           /* [count] */
    struct scored *rows;          /* [sets * count] */
};

static bool read_metrics(const struct call *call, struct contest *contest)
{
    struct fault why;
    const char *names, *kind = call_get(call, "--kind");
    if (kind && !evaluation_set_kind(call->arena, &contest->evaluation, str_of(kind), &why)) {
        call_fail(call, EX_USAGE, "--kind: %s", why.text);
        return false;
    }
    for (size_t at = 0; (names = call_next(call, "--metrics", &at));)
        if (!evaluation_add_metrics(call->arena, &contest->evaluation, str_of(names), &why)) {
            call_fail(call, EX_USAGE, "--metrics: %s", why.text);
            return false;
        }
    return true;
}

/* Of "runs/tree.csv": tree; runs; all of it. */
static struct str name_of(const char *file, int how)
{
    const char *slash = strrchr(file, '/');
    struct str base = str_of(slash ? slash + 1 : file);
    struct str folder = { file, slash ? (size_t)(slash - file) : 0 };
    if (how == 0)
        return base.len > 4 && str_ends(base, S(".csv")) ? str_until(base, base.len - 4) : base;
    for (size_t i = folder.len; how == 1 && i-- > 0;)
        if (folder.at[i] == '/')
            return str_from(folder, i + 1);
    return how == 1 ? folder : str_of(file);
}

/* The shortest names that tell the contenders apart. */
static void names_make(struct arena *arena, struct contest *contest)
{
    bool twice = true;
    contest->names = arena_array(arena, const char *, contest->count);
    for (int how = 0; how < 3 && twice; how++) {
        twice = false;
        for (size_t i = 0; i < contest->count; i++) {
            contest->names[i] = str_keep(arena, name_of(contest->files[i], how)).at;
            for (size_t j = 0; j < i; j++)
                twice |= strcmp(contest->names[i], contest->names[j]) == 0;
        }
    }
}

static int read_files(const struct call *call, struct contest *contest)
{
    size_t words = 0, at = 0;
    contest->truths = arena_array(call->arena, const char *, ARGUMENTS_MOST);
    contest->files = arena_array(call->arena, const char *, ARGUMENTS_MOST);
    while ((contest->truths[contest->sets] = call_next(call, "--truth", &at)))
        contest->sets++;
    while ((contest->files[words] = call_word(call, words)))
        words++;
    contest->count = words / contest->sets;
    if (words % contest->sets || contest->count < 2)
        return call_fail(call, EX_USAGE, "%zu prediction file%s for %zu truth%s, needed are %s",
                         words, words == 1 ? "" : "s", contest->sets, contest->sets == 1 ? "" : "s",
                         contest->sets == 1 ? "two or more"
                                            : "as many for each truth, two or more");
    if (contest->sets > SETS_MOST)
        return call_fail(call, EX_USAGE, "more than %d truths", SETS_MOST);
    if (call_get(call, "--folds") && contest->sets < 2)
        return call_fail(call, EX_USAGE, "--folds needs two truths or more");
    names_make(call->arena, contest);
    return 0;
}

/* Without --metrics: the usual one of the kind that the truth is of. */
static int metric_default(const struct call *call, struct contest *contest, enum truth_kind kind)
{
    struct fault why;
    const char *name = NULL;
    for (size_t i = 0; i < sizeof usual_metrics / sizeof *usual_metrics; i++)
        if (usual_metrics[i].kind == kind &&
            usual_metrics[i].is_forecast == contest->evaluation.is_forecast)
            name = usual_metrics[i].metric;
    for (size_t i = 0; !name && metric_at(i); i++)
        if (metric_at(i)->kinds & (unsigned)kind)
            name = metric_at(i)->name;
    if (!name)
        return call_fail(call, EX_USAGE, "no metric measures such a truth");
    return evaluation_add_metrics(call->arena, &contest->evaluation, str_of(name), &why)
               ? 0
               : call_fail(call, EX_SOFTWARE, "%s", why.text);
}

/* Files beside the truth: what forecasts are scaled by, what clusters were made from. */
static int read_beside(const struct call *call, const struct contest *contest, struct truth *truth)
{
    const char *history = call_get(call, "--history"), *features = call_get(call, "--features");
    struct str bytes;
    struct fault why;
    int code = history ? input_text(call, history, TRUTH_BYTES_MOST, &bytes) : 0;
    if (history && !code &&
        !truth_add_history(call->arena, truth, bytes, str_of(history), contest->evaluation.season,
                           &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    if (!code && features)
        code = input_text(call, features, TRUTH_BYTES_MOST, &bytes);
    struct truth_form form = { .file = str_of(features), .id_column = contest->evaluation.id };
    if (features && !code && !truth_add_features(call->arena, truth, bytes, &form, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    return code;
}

static int read_truth(const struct call *call, struct contest *contest, size_t set,
                      struct truth *out)
{
    struct fault why;
    struct str bytes;
    struct evaluation *evaluation = &contest->evaluation;
    struct truth_form form = { .file = str_of(contest->truths[set]),
                               .id_column = evaluation->id,
                               .target = evaluation->target,
                               .kinds = evaluation->kinds,
                               .is_forecast =
                                   evaluation->is_forecast && evaluation->kinds == TRUTH_NUMBER,
                               .group = evaluation->group };
    int code = input_text(call, contest->truths[set], TRUTH_BYTES_MOST, &bytes);
    if (code)
        return code;
    if (!truth_parse(call->arena, bytes, &form, out, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    size_t rows = evaluation->usage == USAGE_ALL      ? out->row_count
                  : evaluation->usage == USAGE_PUBLIC ? out->public_count
                                                      : out->private_count;
    if (rows == 0 || (evaluation->usage != USAGE_ALL && !out->has_usage))
        return call_fail(call, EX_DATAERR, "%s: no such rows to measure", contest->truths[set]);
    code = read_beside(call, contest, out);
    return code || evaluation->metric_count ? code : metric_default(call, contest, out->kind);
}

/* One truth, and the predictions of all contenders beside it. */
static int read_set(const struct call *call, struct contest *contest, size_t set)
{
    struct truth *truth = arena_new(call->arena, struct truth);
    const struct evaluation *evaluation = &contest->evaluation;
    int code = read_truth(call, contest, set, truth);
    if (code)
        return code;
    struct prediction_form form = { .id_column = evaluation->id,
                                    .quantiles = evaluation->is_forecast };
    for (size_t i = 0; i < evaluation->metric_count; i++) {
        form.in_unit |= evaluation->metrics[i].metric->in_unit;
        form.each_class |= evaluation->metrics[i].metric->each_class;
    }
    for (size_t k = 0; k < contest->count; k++) {
        const char *file = contest->files[set * contest->count + k];
        struct predictions predictions;
        struct fault why;
        struct str bytes;
        form.file = str_of(file);
        code = input_text(call, file, PREDICTION_BYTES_MOST, &bytes);
        if (code)
            return code;
        if (!predictions_parse(call->arena, bytes, truth, &form, &predictions, NULL, &why))
            return call_fail(call, EX_DATAERR, "%s", why.text);
        scored_rows(call->arena, truth, &predictions, evaluation->usage,
                    &contest->rows[set * contest->count + k]);
    }
    return 0;
}

static struct metric_options options_of(const struct contest *contest, size_t metric)
{
    struct metric_options out = contest->evaluation.options;
    if (contest->evaluation.metrics[metric].k)
        out.k = contest->evaluation.metrics[metric].k;
    return out;
}

static void say_notes(const struct call *call, const struct contest *contest,
                      const struct comparison *one)
{
    for (size_t k = 0; k < contest->count; k++)
        if (one->values[k].note && *one->values[k].note)
            call_fail(call, 0, "%s: %s: %s", contest->names[k], one->metric->name,
                      one->values[k].note);
}

static int compare_one(const struct call *call, struct contest *contest, struct compared *out)
{
    struct comparison *one = arena_array(call->arena, struct comparison, out->metric_count);
    for (size_t m = 0; m < out->metric_count; m++) {
        struct metric_options options = options_of(contest, m);
        one[m] = comparison_make(call->arena, out->metrics[m].metric, contest->rows, contest->count,
                                 &options);
        say_notes(call, contest, &one[m]);
    }
    out->one = one;
    return compared_print(call, out);
}

static int compare_many(const struct call *call, struct contest *contest, struct compared *out)
{
    size_t cells = contest->sets * contest->count, rows = 0;
    struct sets_comparison *many =
        arena_array(call->arena, struct sets_comparison, out->metric_count);
    const double **values = arena_array(call->arena, const double *, out->metric_count);
    for (size_t i = 0; i < contest->sets; i++)
        rows += contest->rows[i * contest->count].n;
    double test = out->folds ? (double)rows / (double)contest->sets : 0;
    for (size_t m = 0; m < out->metric_count; m++) {
        struct metric_options options = options_of(contest, m);
        const struct metric *metric = out->metrics[m].metric;
        double *value = arena_array(call->arena, double, cells);
        options.without_interval = true;
        for (size_t i = 0; i < cells; i++) {
            value[i] = metric_measure(call->arena, metric, &contest->rows[i], &options).value;
            if (isnan(value[i]))
                return call_fail(call, EX_DATAERR, "%s has no value for %s", metric->name,
                                 contest->files[i]);
        }
        values[m] = value;
        struct sets_design design = { .value = value,
                                      .sets = contest->sets,
                                      .contenders = contest->count,
                                      .higher_is_better = metric->higher_is_better,
                                      .train_rows = out->folds ? (double)rows - test : 0,
                                      .test_rows = test };
        many[m] = sets_compare(call->arena, &design);
    }
    out->many = many;
    out->values = values;
    return compared_print(call, out);
}

static int run(struct call *call)
{
    struct contest contest = { .evaluation = { .id = str_of(call_get(call, "--id")),
                                               .target = str_of(call_get(call, "--target")),
                                               .group = str_of(call_get(call, "--group")) } };
    if (!read_metrics(call, &contest) || !measure_usage(call, &contest.evaluation.usage) ||
        !measure_set(call, &contest.evaluation.options) ||
        !call_count(call, "--seed", 0, INT64_MAX, &contest.evaluation.options.seed))
        return EX_USAGE;
    uint64_t season;
    if (!call_count(call, "--season", 1, 1000000, &season))
        return EX_USAGE;
    contest.evaluation.season = season ? (size_t)season : 1;
    int code = read_files(call, &contest);
    contest.rows = arena_array(call->arena, struct scored, contest.sets * contest.count);
    for (size_t i = 0; !code && i < contest.sets; i++)
        code = read_set(call, &contest, i);
    if (code)
        return code;
    struct compared compared = { .names = contest.names,
                                 .count = contest.count,
                                 .sets = contest.sets,
                                 .folds = call_get(call, "--folds") != NULL,
                                 .metric_count = contest.evaluation.metric_count,
                                 .metrics = contest.evaluation.metrics };
    return contest.sets == 1 ? compare_one(call, &contest, &compared)
                             : compare_many(call, &contest, &compared);
}

static const struct option options[] = {
    { "--truth", "FILE", "id and target; once for each data set",
      OPTION_REQUIRED | OPTION_REPEATS },
    { "--metrics", "NAME,...", "see holdout-ml metrics; default: the usual one of the kind",
      OPTION_REPEATS },
    { "--kind", "WORD", "binary, multiclass, regression ...; default: as the truth looks", 0 },
    { "--group", "COLUMN", "of the truth: rows of one entity, drawn together", 0 },
    { "--id", "COLUMN", "the identifier in all files; default id", 0 },
    { "--target", "COLUMN", "the truth; default: the column that is neither id nor Usage", 0 },
    { "--usage", "WORD", "all, public or private rows; default all", 0 },
    { "--set", "NAME=VALUE", "an option of the metrics, such as beta=2", OPTION_REPEATS },
    { "--history", "FILE", "forecasts: the values before those of the truth", 0 },
    { "--season", "M", "forecasts: rows of a season; default 1", 0 },
    { "--features", "FILE", "clusters: what they were made from", 0 },
    { "--folds", NULL, "the truths are folds of one data set", 0 },
    { "--seed", "N", "of the resampling; default 0", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_compare = {
    .name = "compare",
    .what = "which of several predictions are better, and is it more than chance",
    .words = "A.csv B.csv ...",
    .example =
        "compare tree.csv linear.csv forest.csv --truth truth.csv --metrics roc_auc,log_loss",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
