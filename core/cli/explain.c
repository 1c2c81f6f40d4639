/* holdout-ml explain: what a model leans on, as a table, as JSON or as SVG. */
#include "core/base/file.h"
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/recipe_options.h"
#include "core/data/csv.h"
#include "core/eval/metrics.h"
#include "core/learn/evaluation.h"
#include "core/learn/explain.h"
#include "core/math/threads.h"
#include "core/plot/charts.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

/* What is asked about. */
struct asking {
    struct call *call;
    struct model model;
    struct table table;
    unsigned threads;
    const struct metric *metric; /* NULL: the usual one */
    struct text svg;
};

static int fail(struct asking *asking, const struct fault *why)
{
    return call_fail(asking->call, EX_DATAERR, "%s", why->text);
}

static int read_numbers(struct asking *asking)
{
    struct call *call = asking->call;
    struct fault why;
    if (!call_threads(call, &asking->threads))
        return EX_USAGE;
    if (call_get(call, "--metric") &&
        !(asking->metric = metric_needed(call->arena, str_of(call_get(call, "--metric")), &why)))
        return call_fail(call, EX_USAGE, "--metric: %s", why.text);
    return 0;
}

static int read_model(struct asking *asking)
{
    struct call *call = asking->call;
    if (!call_get(call, "--model"))
        return call_fail(call, EX_USAGE, "--model FILE is missing, see holdout-ml explain --help");
    int code = input_model(call, call_get(call, "--model"), &asking->model);
    if (!code)
        code = input_table(call, call_get(call, "--data"), asking->model.id, &asking->model,
                           &asking->table);
    return code ? code : read_numbers(asking);
}

/* With --svg the chart, with --json the document, else what print_words does. */
static int finish(struct asking *asking, struct text *json, void (*print_words)(void *what),
                  void *what)
{
    struct call *call = asking->call;
    const char *svg = call_get(call, "--svg");
    struct fault why;
    if (svg && !file_save(AT_FDCWD, svg, text_str(&asking->svg), 0644, &why))
        return call_fail(call, EX_CANTCREAT, "%s", why.text);
    if (call_get(call, "--json"))
        return call_print(call, json);
    print_words(what);
    return fflush(stdout) == 0 ? 0 : call_fail(call, EX_IOERR, "stdout could not be written");
}

/* ---- importance ---- */

static void importance_words(void *what)
{
    const struct importance *found = what;
    printf("%s of the data: %.6g; how much worse it gets when a column is shuffled:\n",
           found->metric->name, found->value);
    for (size_t i = 0; i < found->count; i++)
        printf("  %-32.*s %11.6g  (one shuffle varies by %.2g)\n", STR_ARGS(found->columns[i]),
               found->mean[i], found->deviation[i]);
}

static int importance(struct asking *asking)
{
    struct call *call = asking->call;
    struct importance found;
    struct fault why;
    uint64_t repeats, seed;
    int code = read_model(asking);
    if (code || !call_count(call, "--repeats", 5, 1000, &repeats) ||
        !call_count(call, "--seed", 0, INT64_MAX, &seed))
        return code ? code : EX_USAGE;
    if (!importance_measure(call->arena, &asking->model, &asking->table, asking->metric,
                            repeats ? repeats : 1, seed, asking->threads, &found, &why))
        return fail(asking, &why);
    double *low = arena_array(call->arena, double, found.count);
    double *high = arena_array(call->arena, double, found.count);
    for (size_t i = 0; i < found.count; i++) {
        low[i] = found.mean[i] - found.deviation[i];
        high[i] = found.mean[i] + found.deviation[i];
    }
    struct plot_bars bars = { .x_label = arena_print(call->arena, "loss of %s when shuffled",
                                                     found.metric->name),
                              .n = found.count,
                              .names = found.columns,
                              .values = found.mean,
                              .low = low,
                              .high = high };
    chart_importance(&asking->svg, &bars);
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "metric", found.metric->name);
    json_add_double(&out, "value", found.value);
    json_open_list(&out, "columns");
    for (size_t i = 0; i < found.count; i++) {
        json_open_map(&out, NULL);
        json_add_text(&out, "column", found.columns[i]);
        json_add_double(&out, "worse", found.mean[i]);
        json_add_double(&out, "deviation", found.deviation[i]);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return finish(asking, &text, importance_words, &found);
}

/* ---- dependence ---- */

static void dependence_words(void *what)
{
    const struct dependence *found = what;
    for (size_t i = 0; i < found->count; i++) {
        if (found->levels)
            printf("%-24.*s", STR_ARGS(found->levels[i]));
        else
            printf("%-24.6g", found->x[i]);
        for (size_t k = 0; k < found->width; k++)
            printf("  %.6g", found->mean[i * found->width + k]);
        putchar('\n');
    }
}

static void dependence_json(const struct dependence *found, struct json_out *out)
{
    json_open_map(out, NULL);
    json_open_list(out, "points");
    for (size_t i = 0; i < found->count; i++) {
        json_open_map(out, NULL);
        if (found->levels)
            json_add_text(out, "at", found->levels[i]);
        else
            json_add_double(out, "at", found->x[i]);
        json_open_list(out, "mean");
        for (size_t k = 0; k < found->width; k++)
            json_add_double(out, NULL, found->mean[i * found->width + k]);
        json_close_list(out);
        json_close_map(out);
    }
    json_close_list(out);
    json_close_map(out);
}

static int dependence(struct asking *asking)
{
    struct call *call = asking->call;
    const char *column = call_get(call, "--column");
    struct dependence found;
    struct fault why;
    int code = read_model(asking);
    if (code)
        return code;
    if (!column)
        return call_fail(call, EX_USAGE, "--column NAME is missing: whose values change");
    if (!dependence_measure(call->arena, &asking->model, &asking->table, str_of(column),
                            asking->threads, &found, &why))
        return fail(asking, &why);
    double *last = arena_array(call->arena, double, found.count); /* of several classes the last */
    for (size_t i = 0; i < found.count; i++)
        last[i] = found.mean[i * found.width + found.width - 1];
    if (found.x) {
        chart_dependence(&asking->svg, column, found.x, last, found.count);
    } else {
        struct plot_bars bars = { .title = "Partial dependence",
                                  .x_label = "mean prediction",
                                  .n = found.count,
                                  .names = found.levels,
                                  .values = last };
        chart_importance(&asking->svg, &bars);
    }
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    dependence_json(&found, &out);
    return finish(asking, &text, dependence_words, &found);
}

/* ---- Shapley values ---- */

/* Mean absolute value by feature, largest first. */
struct shap {
    size_t count;
    struct str *names;
    double *mean;
};

static void shap_words(void *what)
{
    const struct shap *shap = what;
    puts("mean absolute Shapley value by feature:");
    for (size_t i = 0; i < shap->count; i++)
        printf("  %-40.*s %.6g\n", STR_ARGS(shap->names[i]), shap->mean[i]);
}

static struct shap shap_of(struct asking *asking, const double *values)
{
    struct arena *arena = asking->call->arena;
    size_t features = asking->model.features.width, width = model_width(&asking->model);
    struct shap shap = { features, arena_array(arena, struct str, features),
                         arena_array(arena, double, features) };
    double rows = (double)(asking->table.rows * width);
    for (size_t f = 0; f < features; f++) {
        double sum = 0;
        for (size_t i = 0; i < asking->table.rows * width; i++)
            sum += fabs(values[i * (features + 1) + f]);
        size_t at = f;
        for (; at > 0 && shap.mean[at - 1] < sum / rows; at--) {
            shap.mean[at] = shap.mean[at - 1];
            shap.names[at] = shap.names[at - 1];
        }
        shap.mean[at] = sum / rows;
        shap.names[at] = asking->model.features.names[f];
    }
    return shap;
}

/* --out FILE: a row a row of the data (times a class), a column a feature, the base last. */
static int shap_save(struct asking *asking, const double *values, const char *path)
{
    struct call *call = asking->call;
    size_t features = asking->model.features.width;
    size_t rows = asking->table.rows * model_width(&asking->model);
    struct column *columns = arena_array(call->arena, struct column, features + 1);
    double *one = arena_array(call->arena, double, rows);
    struct fault why;
    for (size_t f = 0; f <= features; f++) {
        for (size_t i = 0; i < rows; i++)
            one[i] = values[i * (features + 1) + f];
        struct str name = f < features ? asking->model.features.names[f] : S("base");
        if (!column_of_numbers(call->arena, name, one, rows, &columns[f], &why))
            return fail(asking, &why);
    }
    struct text text = { .arena = call->arena };
    struct table table = { rows, features + 1, columns };
    csv_print(&text, &table);
    return file_save(AT_FDCWD, path, text_str(&text), 0644, &why)
               ? 0
               : call_fail(call, EX_CANTCREAT, "%s", why.text);
}

static int shapley(struct asking *asking)
{
    struct call *call = asking->call;
    double *values;
    struct fault why;
    int code = read_model(asking);
    if (code)
        return code;
    if (!shapley_values(call->arena, &asking->model, &asking->table, asking->threads, &values,
                        &why))
        return fail(asking, &why);
    struct shap shap = shap_of(asking, values);
    struct plot_bars bars = { .title = "Mean absolute Shapley value",
                              .x_label = "of the raw score",
                              .n = shap.count,
                              .names = shap.names,
                              .values = shap.mean };
    chart_importance(&asking->svg, &bars);
    if (call_get(call, "--out") && (code = shap_save(asking, values, call_get(call, "--out"))))
        return code;
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "features");
    for (size_t i = 0; i < shap.count; i++) {
        json_open_map(&out, NULL);
        json_add_text(&out, "feature", shap.names[i]);
        json_add_double(&out, "mean_absolute", shap.mean[i]);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return finish(asking, &text, shap_words, &shap);
}

/* ---- learning curve ---- */

static void curve_words(void *what)
{
    const struct learning_curve *curve = what;
    printf("%10s  %12s  %12s  95 %% of the mean\n", "rows", "training", "validation");
    for (size_t i = 0; i < curve->count; i++)
        printf("%10.0f  %12.6g  %12.6g  %.6g to %.6g\n", curve->rows[i], curve->train[i],
               curve->validation[i], curve->low[i], curve->high[i]);
}

static void curve_json(const struct learning_curve *curve, struct json_out *out)
{
    json_open_map(out, NULL);
    json_add_zero(out, "metric", curve->metric->name);
    json_open_list(out, "points");
    for (size_t i = 0; i < curve->count; i++) {
        json_open_map(out, NULL);
        json_add_double(out, "rows", curve->rows[i]);
        json_add_double(out, "train", curve->train[i]);
        json_add_double(out, "validation", curve->validation[i]);
        json_add_double(out, "low", curve->low[i]);
        json_add_double(out, "high", curve->high[i]);
        json_close_map(out);
    }
    json_close_list(out);
    json_close_map(out);
}

static int learning_curve(struct asking *asking)
{
    struct call *call = asking->call;
    const char *config = call_get(call, "--config");
    struct recipe recipe;
    struct learning_curve curve;
    struct fault why;
    uint64_t folds;
    int code =
        config ? recipe_file_read(call, config, &recipe) : recipe_options_read(call, &recipe);
    if (!code)
        code = read_numbers(asking);
    if (!code)
        code = input_table(call, call_get(call, "--data"), recipe.id, NULL, &asking->table);
    if (code || !call_count(call, "--folds", 5, SPLIT_FOLDS_MOST, &folds))
        return code ? code : EX_USAGE;
    struct validation how = { .folds = folds, .metric = asking->metric };
    if (!learning_curve_measure(call->arena, &asking->table, &recipe, &how, &curve, &why))
        return fail(asking, &why);
    struct chart_learning chart = { .x_label = "rows trained on",
                                    .metric = curve.metric->name,
                                    .n = curve.count,
                                    .x = curve.rows,
                                    .train = curve.train,
                                    .validation = curve.validation,
                                    .validation_low = curve.low,
                                    .validation_high = curve.high };
    chart_learning(&asking->svg, &chart);
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    curve_json(&curve, &out);
    return finish(asking, &text, curve_words, &curve);
}

static int run(struct call *call)
{
    static const struct {
        const char *word;
        int (*answer)(struct asking *asking);
    } words[] = { { "importance", importance },
                  { "dependence", dependence },
                  { "shapley", shapley },
                  { "learning-curve", learning_curve } };
    struct asking asking = { .call = call, .svg = { .arena = call->arena } };
    const char *word = call_word(call, 0);
    int code = output_check(call, call_get(call, "--svg"));
    if (!code)
        code = output_check(call, call_get(call, "--out"));
    if (code)
        return code;
    for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].answer(&asking);
    return call_fail(call, EX_USAGE, "one word is needed: %s", call->command->words);
}

static const struct option options[] = {
    { "--data", "FILE", "rows to ask about, with the target", OPTION_REQUIRED },
    { "--model", "FILE", "a model that train wrote", 0 },
    { "--metric", "NAME", "default roc_auc, log_loss or rmse, by the target", 0 },
    { "--repeats", "N", "importance: shuffles of a column; default 5", 0 },
    { "--column", "NAME", "dependence: whose values change", 0 },
    { "--out", "FILE", "shapley: a CSV of every row's values", 0 },
    { "--config", "FILE", "learning-curve: a pipeline.yaml, in place of the options below", 0 },
    { "--folds", "N", "learning-curve: default 5", 0 },
    { "--svg", "FILE", "draw it too", 0 },
    RECIPE_OPTIONS,
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_explain = {
    .name = "explain",
    .what = "what a model leans on, and what more rows would bring",
    .words = "importance|dependence|shapley|learning-curve",
    .example = "explain importance --model model.holdout --data valid.csv --svg importance.svg",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
