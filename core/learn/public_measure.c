/* libholdout: metrics. */
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
    const double *truth, *prediction;
    size_t n;
    struct holdout_value *out;
    size_t *rows;
    struct holdout_error *error;
};

static void give(const struct metric_value *value, struct holdout_value *out)
{
    *out = (struct holdout_value){ value->value, value->low, value->high };
}

static bool rows_check(const struct measure_call *call, const struct metric *metric)
{
    bool classes = !(metric->kinds & TRUTH_NUMBER);
    for (size_t i = 0; i < call->n; i++) {
        double truth = call->truth[i], prediction = call->prediction[i];
        if (!isfinite(truth) || (classes && truth != 0 && truth != 1))
            return public_refuse(call->error, HOLDOUT_BAD_DATA, "the truth was %g in row %zu, %s",
                                 truth, i,
                                 classes ? "allowed are 0 and 1" : "a finite number is needed");
        if (!isfinite(prediction) || (metric->in_unit && (prediction < 0 || prediction > 1)))
            return public_refuse(
                call->error, HOLDOUT_BAD_DATA, "the prediction was %g in row %zu, %s", prediction,
                i, metric->in_unit ? "allowed is 0 to 1" : "a finite number is needed");
    }
    return true;
}

static bool measure_body(void *argument)
{
    struct measure_call *call = argument;
    struct fault why;
    const struct metric *metric = metric_needed(call->scratch, str_of(call->metric), &why);
    if (!metric)
        return public_fault(call->error, HOLDOUT_BAD_ARGUMENT, &why);
    struct scored rows = { .kind = TRUTH_NUMBER,
                           .n = call->n,
                           .width = 1,
                           .truth = call->truth,
                           .prediction = call->prediction };
    if (!(metric->kinds & TRUTH_NUMBER)) {
        rows.kind = TRUTH_BINARY;
        rows.class_count = 2;
    }
    if (!rows_check(call, metric))
        return false;
    struct metric_value value = metric_measure(call->scratch, metric, &rows, NULL);
    give(&value, call->out);
    return true;
}

bool holdout_measure(const char *metric, const double *truth, const double *prediction, size_t n,
                     struct holdout_value *out, struct holdout_error *error)
{
    struct measure_call call = { .metric = metric,
                                 .truth = truth,
                                 .prediction = prediction,
                                 .n = n,
                                 .out = out,
                                 .error = error };
    return public_scratch(&call.scratch, measure_body, &call, error);
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
    return public_scratch(&call.scratch, evaluate_body, &call, error);
}
