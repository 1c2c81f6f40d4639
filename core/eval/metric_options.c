/* The options of metrics: one table. */
#include "core/base/complaint.h"
#include "core/eval/metric_parts.h"
#include <math.h>
#include <stddef.h>

#define AT(member) offsetof(struct metric_options, member)

/* Real numbers in (least, most], without the brackets' ends where open says so. */
static const struct option_row {
    const char *name;
    size_t at;
    bool is_count; /* size_t instead of double */
    double least, most;
    bool least_open;
    double standard;
    const char *what;
} rows[] = {
    { "threshold", AT(threshold), false, 0, 1, true, 0.5,
      "class 1 from this probability on, above 0 to 1; default 0.5" },
    { "beta", AT(beta), false, 0, 1000, true, 2,
      "fbeta: how much recall counts against precision, above 0; default 2" },
    { "k", AT(k), true, 1, 1e9, false, 0,
      "how many of the likeliest classes (default 2) or highest scores (default 10) count" },
    { "share", AT(share), false, 0, 1, true, 0.1,
      "lift, gain: the share of rows with the highest scores, above 0 to 1; default 0.1" },
    { "max_fpr", AT(max_fpr), false, 0, 1, true, 0.1,
      "partial_roc_auc: up to this false positive rate, above 0 to 1; default 0.1" },
    { "least_precision", AT(least_precision), false, 0, 1, true, 0.95,
      "recall_at_precision: the precision asked for, above 0 to 1; default 0.95" },
    { "least_recall", AT(least_recall), false, 0, 1, true, 0.95,
      "precision_at_recall: the recall asked for, above 0 to 1; default 0.95" },
    { "bins", AT(bins), true, 1, 1e6, false, 0,
      "calibration: how many bins; default 10, 15 for the likeliest of several classes" },
    { "clip", AT(clip), false, 0, 0.5, true, METRIC_CLIP_PRIVATE,
      "log loss: probabilities stay this far from 0 and 1, above 0 to 0.5; default 1e-15" },
    { "alpha", AT(alpha), false, 0, 1, true, 0.5,
      "pinball loss: the quantile that is predicted, above 0, below 1; default 0.5" },
    { "power", AT(power), false, -100, 100, false, 1.5,
      "Tweedie deviance: 1 is Poisson, 2 gamma; below 0 or from 1 on; default 1.5" },
    { "delta", AT(delta), false, 0, INFINITY, true, 1,
      "Huber loss: errors beyond it count linearly, above 0; default 1" },
    { "features", AT(features), true, 1, 1e9, false, 0,
      "adjusted_r2: how many features the model has" },
    { "early", AT(early), false, 0, INFINITY, true, 13,
      "rul_accuracy: how much too low is right, above 0; default 13" },
    { "late", AT(late), false, 0, INFINITY, true, 10,
      "rul_accuracy: how much too high is right, above 0; default 10" },
    { "gain_tp", AT(gain_tp), false, -1e300, 1e300, false, 0,
      "profit: of a row of class 1 that is said to be 1; costs are negative" },
    { "gain_fp", AT(gain_fp), false, -1e300, 1e300, false, 0,
      "profit: of a row of class 0 that is said to be 1" },
    { "gain_fn", AT(gain_fn), false, -1e300, 1e300, false, 0,
      "profit: of a row of class 1 that is said to be 0" },
    { "gain_tn", AT(gain_tn), false, -1e300, 1e300, false, 0,
      "profit: of a row of class 0 that is said to be 0" },
};

#define ROWS (sizeof rows / sizeof *rows)

static const char costs_what[] =
    "expected_cost: truth by prediction, the rows of the square one after the other, by commas";

void metric_options_fill(struct metric_options *options)
{
    for (size_t i = 0; i < ROWS; i++) {
        double *at = (double *)((char *)options + rows[i].at);
        if (!rows[i].is_count && *at == 0)
            *at = rows[i].standard;
    }
}

const char *metric_option_name(size_t at, const char **what)
{
    if (at > ROWS)
        return NULL;
    *what = at == ROWS ? costs_what : rows[at].what;
    return at == ROWS ? "costs" : rows[at].name;
}

static bool costs_set(struct arena *arena, struct metric_options *options, struct str text,
                      struct fault *why)
{
    size_t count = 0, classes = 0;
    double *costs = arena_array(arena, double, text.len + 1);
    struct str rest = text, part;
    while (str_cut(&rest, ',', &part))
        if (!str_to_double(str_trim(part), &costs[count++]))
            return fault_set(why, BLAME_OPEN, "costs: \"%.*s\" was no number",
                             STR_ARGS(str_until(part, 40)));
    while (classes * classes < count)
        classes++;
    if (classes * classes != count || classes < 2)
        return fault_set(why, BLAME_OPEN,
                         "costs: %zu numbers make no square of truth by prediction", count);
    options->costs = costs;
    options->cost_classes = classes;
    return true;
}

static bool fits(const struct option_row *row, double value)
{
    if (row->is_count && value != floor(value))
        return false;
    if (row->at == AT(power) && value > 0 && value < 1)
        return false;
    if (row->at == AT(alpha) && value >= 1)
        return false;
    return value <= row->most && (row->least_open ? value > row->least : value >= row->least);
}

static bool row_set(const struct option_row *row, struct metric_options *options, struct str text,
                    struct fault *why)
{
    double value;
    if (!str_to_double(text, &value) || !fits(row, value))
        return fault_set(why, BLAME_OPEN, "%s was \"%.*s\": %s", row->name,
                         STR_ARGS(str_until(text, 40)), row->what);
    void *at = (char *)options + row->at;
    if (row->is_count)
        *(size_t *)at = (size_t)value;
    else
        *(double *)at = value;
    return true;
}

bool metric_option_set(struct arena *arena, struct metric_options *options, struct str name,
                       struct str text, struct fault *why)
{
    const char *names[ROWS + 2] = { 0 };
    if (str_is(name, "costs"))
        return costs_set(arena, options, text, why);
    for (size_t i = 0; i < ROWS; i++) {
        if (str_is(name, rows[i].name))
            return row_set(&rows[i], options, text, why);
        names[i] = rows[i].name;
    }
    names[ROWS] = "costs";
    const char *nearest = words_nearest(name, names, ROWS + 1);
    return fault_set(why, BLAME_OPEN, "unknown option \"%.*s\"%s%s%s",
                     STR_ARGS(str_until(name, 40)), nearest ? ", did you mean \"" : "",
                     nearest ? nearest : "", nearest ? "\"" : "");
}
