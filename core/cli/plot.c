/* holdout-ml plot: predictions beside the truth as SVG. */
#include "core/base/file.h"
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/eval/curves.h"
#include "core/eval/metrics.h"
#include "core/learn/columns.h"
#include "core/learn/evaluation.h"
#include "core/learn/table_file.h"
#include "core/plot/charts.h"
#include <fcntl.h>
#include <math.h>

#define BINS 10
#define BIN_ROWS_LEAST 10
#define DOTS_MOST ((size_t)2000)

/* What a chart is drawn from. */
struct drawing {
    struct call *call;
    struct truth truth;
    struct scored rows;
    struct text *out;
};

static double measured(struct drawing *d, struct str name)
{
    struct metric_options options = { .without_interval = true };
    return metric_measure(d->call->arena, metric_find(name), &d->rows, &options).value;
}

static int draw_roc(struct drawing *d)
{
    struct curve curve;
    curve_roc(d->call->arena, &d->rows, &curve);
    if (!curve.n)
        return call_fail(d->call, EX_DATAERR, "the rows are all of one class");
    struct chart_curve chart = { curve.n, curve.x, curve.y, measured(d, S("roc_auc")) };
    chart_roc(d->out, &chart);
    return 0;
}

static int draw_precision_recall(struct drawing *d)
{
    struct curve curve;
    double positives = 0;
    curve_precision_recall(d->call->arena, &d->rows, &curve);
    if (!curve.n)
        return call_fail(d->call, EX_DATAERR, "no row is of class %.*s",
                         STR_ARGS(d->truth.classes[1]));
    for (size_t i = 0; i < d->rows.n; i++)
        positives += d->rows.truth[i] / (double)d->rows.n;
    struct chart_curve chart = { curve.n, curve.x, curve.y, measured(d, S("average_precision")) };
    chart_precision_recall(d->out, &chart, positives);
    return 0;
}

static int draw_calibration(struct drawing *d)
{
    struct calibration_bins bins;
    for (size_t i = 0; i < d->rows.n; i++)
        if (d->rows.prediction[i] < 0 || d->rows.prediction[i] > 1)
            return call_fail(d->call, EX_DATAERR, "predictions must be probabilities, in 0..1");
    curve_calibration(d->call->arena, &d->rows, BINS, BIN_ROWS_LEAST, &bins);
    chart_calibration(d->out, bins.predicted, bins.share, bins.low, bins.high, bins.count);
    return 0;
}

static int draw_confusion(struct drawing *d)
{
    size_t n = d->truth.class_count;
    double *counts = arena_array(d->call->arena, double, n *n), threshold = 0.5;
    const char *text = call_get(d->call, "--threshold");
    if (text && !str_to_double(str_of(text), &threshold))
        return call_fail(d->call, EX_USAGE, "--threshold was \"%s\", must be a number", text);
    curve_confusion(&d->rows, threshold, counts);
    chart_confusion(d->out, d->truth.classes, counts, n);
    return 0;
}

static int draw_residuals(struct drawing *d)
{
    size_t step = d->rows.n / DOTS_MOST + 1, count = 0;
    double *predicted = arena_array(d->call->arena, double, d->rows.n);
    double *residual = arena_array(d->call->arena, double, d->rows.n);
    for (size_t i = 0; i < d->rows.n; i += step) {
        predicted[count] = d->rows.prediction[i];
        residual[count++] = d->rows.truth[i] - d->rows.prediction[i];
    }
    chart_residuals(d->out, predicted, residual, count);
    return 0;
}

/* A table's column of times, or nothing: then rows are steps. */
static bool times_read(struct drawing *d, const struct table *table, const double **out,
                       struct fault *why)
{
    const char *name = call_get(d->call, "--time");
    *out = NULL;
    if (!name)
        return true;
    const struct column *column = column_needed(table, str_of(name), "--time", why);
    if (!column)
        return false;
    if (column->kind != COLUMN_TIME && !column_is_numeric(column))
        return fault_set(why, BLAME_OPEN, "column \"%s\" holds no times", name);
    *out = column->numbers;
    return true;
}

/* The truth file as a table gives the times; --history FILE the training rows before them. */
static int draw_forecast(struct drawing *d)
{
    struct arena *arena = d->call->arena;
    struct table table, before = { 0 };
    struct fault why;
    const double *time, *history_time = NULL;
    const char *history = call_get(d->call, "--history");
    int code = input_table(d->call, call_get(d->call, "--truth"), S("id"), NULL, &table);
    if (!code && history)
        code = input_table(d->call, history, S("id"), NULL, &before);
    if (code)
        return code;
    if (!times_read(d, &table, &time, &why) ||
        (history && !times_read(d, &before, &history_time, &why)))
        return call_fail(d->call, EX_DATAERR, "%s", why.text);
    double *steps = arena_array(arena, double, before.rows + d->rows.n);
    for (size_t i = 0; i < before.rows + d->rows.n; i++)
        steps[i] = (double)i;
    struct chart_forecast chart = { .n = d->rows.n,
                                    .time = time ? time : steps + before.rows,
                                    .truth = d->rows.truth,
                                    .forecast = d->rows.prediction,
                                    .time_is_seconds = time != NULL };
    if (history) {
        const char *target = call_get(d->call, "--target");
        const struct column *column =
            column_needed(&before, str_of(target ? target : "y"), "--history", &why);
        if (!column || !column_is_numeric(column))
            return call_fail(d->call, EX_DATAERR, "%s",
                             column ? "--history: the target holds text" : why.text);
        chart.history_count = before.rows;
        chart.history = column->numbers;
        chart.history_time = history_time ? history_time : steps;
    }
    chart_forecast(d->out, &chart);
    return 0;
}

/* The kinds of charts: add one here. */
static const struct chart {
    const char *name;
    unsigned kinds; /* of truth */
    int (*draw)(struct drawing *d);
} charts[] = {
    { "roc", TRUTH_BINARY, draw_roc },
    { "pr", TRUTH_BINARY, draw_precision_recall },
    { "calibration", TRUTH_BINARY, draw_calibration },
    { "confusion", TRUTH_BINARY | TRUTH_CLASSES, draw_confusion },
    { "residuals", TRUTH_NUMBER, draw_residuals },
    { "forecast", TRUTH_NUMBER, draw_forecast },
};
#define CHARTS (sizeof charts / sizeof *charts)

static const struct chart *chart_find(struct call *call)
{
    const char *word = call_word(call, 0);
    for (size_t i = 0; word && i < CHARTS; i++)
        if (strcmp(word, charts[i].name) == 0)
            return &charts[i];
    return NULL;
}

static int read_rows(struct drawing *d, const struct chart *chart)
{
    struct call *call = d->call;
    struct evaluation files = { .truth_path = call_get(call, "--truth"),
                                .prediction_path = call_get(call, "--pred"),
                                .id = str_of(call_get(call, "--id")),
                                .target = str_of(call_get(call, "--target")),
                                .kinds = chart->kinds };
    struct predictions predictions;
    struct fault why;
    bool missing;
    if (!evaluation_read(call->arena, &files, &d->truth, &predictions, &missing, &why))
        return call_fail(call, missing ? EX_NOINPUT : EX_DATAERR, "%s", why.text);
    scored_rows(call->arena, &d->truth, &predictions, USAGE_ALL, &d->rows);
    return d->rows.n ? 0 : call_fail(call, EX_DATAERR, "%s: no rows to draw", files.truth_path);
}

static int run(struct call *call)
{
    struct text text = { .arena = call->arena };
    struct drawing d = { .call = call, .out = &text };
    struct fault why;
    const char *out = call_get(call, "--out");
    const struct chart *chart = chart_find(call);
    if (!chart)
        return call_fail(call, EX_USAGE, "one word is needed: %s", call->command->words);
    int code = output_check(call, out);
    if (!code)
        code = read_rows(&d, chart);
    if (!code)
        code = chart->draw(&d);
    if (code)
        return code;
    if (!out)
        return call_print(call, &text);
    return file_save(AT_FDCWD, out, text_str(&text), 0644, &why)
               ? 0
               : call_fail(call, EX_CANTCREAT, "%s", why.text);
}

static const struct option options[] = {
    { "--truth", "FILE", "id and target", OPTION_REQUIRED },
    { "--pred", "FILE", "id and prediction, or a column a class", OPTION_REQUIRED },
    { "--out", "FILE", "the SVG file to write; default stdout", 0 },
    { "--id", "COLUMN", "the identifier in both files; default id", 0 },
    { "--target", "COLUMN", "the truth; default: the column that is neither id nor Usage", 0 },
    { "--threshold", "NUMBER", "confusion: class 1 from here on; default 0.5", 0 },
    { "--time", "COLUMN", "forecast: of the truth file; default the rows' numbers", 0 },
    { "--history", "FILE", "forecast: the training rows before", 0 },
};

const struct command command_plot = {
    .name = "plot",
    .what = "draw predictions beside the truth as SVG",
    .words = "roc|pr|calibration|confusion|residuals|forecast",
    .example = "plot roc --truth truth.csv --pred predictions.csv --out roc.svg",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
