/* libholdout: metrics. */
#include "core/eval/metric_name.h"
#include "core/eval/rows_check.h"
#include "core/learn/evaluation.h"
#include "core/learn/public.h"
#include <math.h>

const char *holdout_metric_name(size_t at)
{
    const struct metric *metric = metric_at(at);
    return metric ? metric->name : NULL;
}

struct measure_call {
    struct arena *scratch;
    const char *metric, *truth_path, *prediction_path;
    const struct holdout_rows *rows_given;
    struct holdout_value *out;
    size_t *rows;
    struct holdout_error *error;
};

static void give(const struct metric_value *value, struct holdout_value *out)
{
    *out = (struct holdout_value){ value->value, value->low, value->high };
}

/* What the rows are measured as. 0: the metric has none of these kinds. */
static enum truth_kind kind_of(const struct metric *metric, const struct holdout_rows *rows)
{
    if (metric->kinds & TRUTH_NUMBER)
        return TRUTH_NUMBER;
    if (rows->class_count > 2 && metric->kinds & TRUTH_CLASSES)
        return TRUTH_CLASSES;
    if (metric->kinds & TRUTH_BINARY)
        return TRUTH_BINARY;
    return metric->kinds & (TRUTH_CLASSES | TRUTH_RANKING | TRUTH_CLUSTERS);
}

static bool truth_check(const struct measure_call *call, const struct scored *rows)
{
    size_t classes = rows->class_count;
    if (!rows->group && (classes == 2   ? numbers_binary(rows->truth, rows->n)
                         : classes == 0 ? numbers_finite(rows->truth, rows->n)
                                        : false))
        return true; /* most often; else the row is looked for */
    for (size_t i = 0; i < rows->n; i++) {
        double truth = rows->truth[i];
        if (!isfinite(truth) ||
            (classes && !(truth >= 0 && truth < (double)classes && truth == (double)(size_t)truth)))
            return public_refuse(call->error, HOLDOUT_BAD_DATA,
                                 classes ? "the truth was %g in row %zu, allowed are 0 to %zu"
                                         : "the truth was %g in row %zu, a finite number is needed",
                                 truth, i, classes - 1);
        if (rows->group && rows->group[i] >= rows->group_count)
            return public_refuse(call->error, HOLDOUT_BAD_DATA,
                                 "the group was %u in row %zu, there are %zu", rows->group[i], i,
                                 rows->group_count);
    }
    return true;
}

static bool prediction_check(const struct measure_call *call, const struct scored *rows,
                             const struct metric *metric)
{
    /* named classes and clusters: any number from 0 on that is whole */
    bool named = (rows->kind == TRUTH_CLASSES && rows->width == 1) || rows->kind == TRUTH_CLUSTERS;
    double most = rows->kind == TRUTH_CLUSTERS ? UINT32_MAX : (double)rows->class_count;
    size_t count = rows->n * rows->width;
    if (!named && (metric->in_unit ? numbers_within(rows->prediction, count, 0, 1)
                                   : numbers_finite(rows->prediction, count)))
        return true;
    for (size_t i = 0; i < count; i++) {
        double p = rows->prediction[i];
        bool fits = named ? p >= 0 && p < most && p == (double)(size_t)p
                          : isfinite(p) && !(metric->in_unit && (p < 0 || p > 1));
        if (!fits)
            return public_refuse(call->error, HOLDOUT_BAD_DATA,
                                 "the prediction was %g in row %zu, %s", p, i / rows->width,
                                 named             ? "no class"
                                 : metric->in_unit ? "allowed is 0 to 1"
                                                   : "a finite number is needed");
    }
    return true;
}

static bool features_check(const struct measure_call *call, const struct scored *rows)
{
    if (!rows->features)
        return true;
    for (size_t i = 0; i < rows->n * rows->feature_count; i++)
        if (!isfinite(rows->features[i]))
            return public_refuse(call->error, HOLDOUT_BAD_DATA,
                                 "a feature was %g in row %zu, a finite number is needed",
                                 rows->features[i], i / rows->feature_count);
    return true;
}

static bool rows_read(const struct measure_call *call, const struct metric *metric,
                      struct scored *out)
{
    const struct holdout_rows *rows = call->rows_given;
    enum truth_kind kind = kind_of(metric, rows);
    if (!kind)
        return public_refuse(call->error, HOLDOUT_BAD_ARGUMENT,
                             "%s is measured from files: see holdout_evaluate", metric->name);
    bool classes = kind & (TRUTH_BINARY | TRUTH_CLASSES | TRUTH_CLUSTERS);
    *out = (struct scored){ .kind = kind,
                            .n = rows->n,
                            .class_count = classes ? rows->class_count ? rows->class_count : 2 : 0,
                            .width = rows->width ? rows->width : 1,
                            .truth = rows->truth,
                            .prediction = rows->prediction,
                            .group = rows->group,
                            .group_count = rows->group_count,
                            .features = rows->features,
                            .feature_count = rows->feature_count };
    if (out->width != 1 && (kind != TRUTH_CLASSES || out->width != out->class_count))
        return public_refuse(call->error, HOLDOUT_BAD_ARGUMENT, "width was %zu, allowed is 1%s",
                             out->width, kind == TRUTH_CLASSES ? " or class_count" : "");
    if (kind == TRUTH_RANKING && !out->group)
        return public_refuse(call->error, HOLDOUT_BAD_ARGUMENT, "%s needs the query of each row",
                             metric->name);
    return true;
}

static bool rows_check(const struct measure_call *call, const struct scored *rows,
                       const struct metric *metric)
{
    return truth_check(call, rows) && prediction_check(call, rows, metric) &&
           features_check(call, rows);
}

static bool measure_body(void *argument)
{
    struct measure_call *call = argument;
    struct fault why;
    struct scored rows;
    const struct holdout_rows *given = call->rows_given;
    size_t k = 0;
    const struct metric *metric = metric_named(str_of(call->metric), &k);
    if (!metric && !metric_needed(call->scratch, str_of(call->metric), &why))
        return public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
    bool late =
        metric->shows_nonfinite && !given->group; /* looked at when the value is not finite */
    if (!rows_read(call, metric, &rows) || (!late && !rows_check(call, &rows, metric)))
        return false;
    struct metric_options options = { .without_interval = given->without_interval,
                                      .bootstrap_count = given->resamples,
                                      .seed = given->seed,
                                      .k = k };
    struct metric_value value = metric_measure(call->scratch, metric, &rows, &options);
    if (late && !isfinite(value.value) && !rows_check(call, &rows, metric))
        return false;
    give(&value, call->out);
    return true;
}

static bool arrays_given(const char *metric, const struct holdout_rows *rows,
                         const struct holdout_value *out, struct holdout_error *error)
{
    return public_given(error, metric, "metric") && public_given(error, out, "value to fill") &&
           (!rows->n || (public_given(error, rows->truth, "truth") &&
                         public_given(error, rows->prediction, "prediction"))) &&
           (!rows->n || !rows->feature_count || public_given(error, rows->features, "features"));
}

bool holdout_measure_rows(const char *metric, const struct holdout_rows *rows,
                          struct holdout_value *out, struct holdout_error *error)
{
    struct measure_call call = { .metric = metric, .rows_given = rows, .out = out, .error = error };
    if (!rows || rows->size != sizeof *rows)
        return public_refuse(error, HOLDOUT_BAD_ARGUMENT,
                             "size of struct holdout_rows was %zu, this library has %zu: set "
                             ".size = sizeof(struct holdout_rows)",
                             rows ? rows->size : 0, sizeof *rows);
    return arrays_given(metric, rows, out, error) &&
           public_scratch(&call.scratch, measure_body, &call, error);
}

bool holdout_measure(const char *metric, const double *truth, const double *prediction, size_t n,
                     struct holdout_value *out, struct holdout_error *error)
{
    struct holdout_rows rows = {
        .size = sizeof rows, .n = n, .truth = truth, .prediction = prediction
    };
    return holdout_measure_rows(metric, &rows, out, error);
}

static bool evaluate_body(void *argument)
{
    struct measure_call *call = argument;
    struct evaluation evaluation = { .truth_path = call->truth_path,
                                     .prediction_path = call->prediction_path };
    struct fault why;
    bool missing;
    if (!evaluation_add_metrics(call->scratch, &evaluation, str_of(call->metric), &why))
        return public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
    if (!evaluation_run(call->scratch, &evaluation, &missing, &why))
        return public_fault(call->error, missing ? HOLDOUT_MISSING : HOLDOUT_BAD_DATA, &why);
    give(&evaluation.metrics[0].value, call->out);
    if (call->rows)
        *call->rows = evaluation.rows;
    return true;
}

bool holdout_evaluate(const char *truth_path, const char *prediction_path, const char *metric,
                      struct holdout_value *out, size_t *rows, struct holdout_error *error)
{
    struct measure_call call = { .metric = metric,
                                 .truth_path = truth_path,
                                 .prediction_path = prediction_path,
                                 .out = out,
                                 .rows = rows,
                                 .error = error };
    return public_given(error, truth_path, "truth_path") &&
           public_given(error, prediction_path, "prediction_path") &&
           public_given(error, metric, "metric") && public_given(error, out, "value to fill") &&
           public_scratch(&call.scratch, evaluate_body, &call, error);
}
