/* Metrics of the gaps between groups of people. */
#include "core/eval/fairness.h"
#include "core/eval/confusion.h"
#include <math.h>

struct told {
    size_t n, count;
    const uint32_t *at; /* [n] level * 4 + truth * 2 + said */
    double *cells;      /* [count * 4] tn, fp, fn, tp of each level */
};

static void *told_prepare(PREPARE_PARTS)
{
    struct told *out = arena_new(arena, struct told);
    uint32_t *at = arena_array(arena, uint32_t, rows->n);
    size_t count = rows->attribute ? rows->attribute_count : 1;
    (void)note;
    for (size_t i = 0; i < rows->n; i++)
        at[i] = (rows->attribute ? rows->attribute[i] : 0) * 4 +
                (uint32_t)(rows->truth[i] != 0) * 2 + (uint32_t)said_class(rows, i, options);
    *out = (struct told){ rows->n, count, at, arena_array(arena, double, count * 4) };
    return out;
}

static void told_count(struct told *at, const uint32_t *weight)
{
    for (size_t c = 0; c < at->count * 4; c++)
        at->cells[c] = 0;
    for (size_t i = 0; i < at->n; i++)
        at->cells[at->at[i]] += weight ? weight[i] : 1;
}

/* Hits and what they are a share of. */
static void rate_parts(const double *cells, enum group_rate rate, double *hits, double *of)
{
    double tn = cells[0], fp = cells[1], fn = cells[2], tp = cells[3], n = tn + fp + fn + tp;
    const double parts[GROUP_RATES][2] = {
        [RATE_SELECTION] = { tp + fp, n }, [RATE_TPR] = { tp, tp + fn },
        [RATE_FPR] = { fp, fp + tn },      [RATE_PPV] = { tp, tp + fp },
        [RATE_NPV] = { tn, tn + fn },      [RATE_ACCURACY] = { tp + tn, n },
        [RATE_BASE] = { tp + fn, n },
    };
    *hits = parts[rate][0];
    *of = parts[rate][1];
}

struct range {
    double least, most;
};

static const char *const nothing[GROUP_RATES] = {
    [RATE_TPR] = "a group has no rows of class 1",
    [RATE_FPR] = "a group has no rows of class 0",
    [RATE_PPV] = "no row of a group was said to be 1",
    [RATE_NPV] = "no row of a group was said to be 0",
};

/* Over the groups that have rows; NAN and a note when one of them has no such rate. */
static struct range range_of(const struct told *at, enum group_rate rate, const char **note)
{
    struct range out = { INFINITY, -INFINITY };
    for (size_t g = 0; g < at->count; g++) {
        double hits, of, rows;
        rate_parts(at->cells + 4 * g, RATE_SELECTION, &hits, &rows);
        rate_parts(at->cells + 4 * g, rate, &hits, &of);
        if (rows > 0 && of == 0) {
            *note = nothing[rate];
            return (struct range){ NAN, NAN };
        }
        out.least = rows > 0 ? fmin(out.least, hits / of) : out.least;
        out.most = rows > 0 ? fmax(out.most, hits / of) : out.most;
    }
    return out;
}

static double gap_of(const struct told *at, enum group_rate rate, const char **note)
{
    struct range range = range_of(at, rate, note);
    return range.most - range.least;
}

/* The least rate over the largest; alike where all are 0. */
static double ratio_of(const struct told *at, enum group_rate rate, const char **note)
{
    struct range range = range_of(at, rate, note);
    return range.most == 0 ? 1 : range.least / range.most;
}

static double worse(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

static double selection_gap(const struct told *at, const char **note)
{
    return gap_of(at, RATE_SELECTION, note);
}

static double selection_ratio(const struct told *at, const char **note)
{
    return ratio_of(at, RATE_SELECTION, note);
}

static double odds_gap(const struct told *at, const char **note)
{
    return worse(gap_of(at, RATE_TPR, note), gap_of(at, RATE_FPR, note));
}

static double odds_ratio(const struct told *at, const char **note)
{
    return -worse(-ratio_of(at, RATE_TPR, note), -ratio_of(at, RATE_FPR, note));
}

static double odds_mean(const struct told *at, const char **note)
{
    return (gap_of(at, RATE_TPR, note) + gap_of(at, RATE_FPR, note)) / 2;
}

static double opportunity_gap(const struct told *at, const char **note)
{
    return gap_of(at, RATE_TPR, note);
}

static double opportunity_ratio(const struct told *at, const char **note)
{
    return ratio_of(at, RATE_TPR, note);
}

static double fpr_gap(const struct told *at, const char **note)
{
    return gap_of(at, RATE_FPR, note);
}

static double parity_gap(const struct told *at, const char **note)
{
    return gap_of(at, RATE_PPV, note);
}

static double accuracy_gap(const struct told *at, const char **note)
{
    return gap_of(at, RATE_ACCURACY, note);
}

static double worst_accuracy(const struct told *at, const char **note)
{
    return range_of(at, RATE_ACCURACY, note).least;
}

/* Benefit said - truth + 1 of a row: 0, 1 or 2. Speicher et al. (2018). */
static double entropy(const struct told *at, bool theil)
{
    double none = 0, two = 0, n = 0;
    for (size_t g = 0; g < at->count; g++) {
        none += at->cells[4 * g + 2];
        two += at->cells[4 * g + 1];
        n += at->cells[4 * g] + at->cells[4 * g + 1] + at->cells[4 * g + 2] + at->cells[4 * g + 3];
    }
    double one = n - none - two, mean = (one + 2 * two) / n, a = 1 / mean, b = 2 / mean;
    if (mean == 0)
        return NAN;
    return theil ? (one * a * log(a) + two * b * log(b)) / n
                 : (one * a * a + two * b * b - n) / n / 2;
}

#define NO_BENEFIT "every row is of class 1 and said to be 0"

static double entropy_2(const struct told *at, const char **note)
{
    double out = entropy(at, false);
    if (isnan(out))
        *note = NO_BENEFIT;
    return out;
}

static double theil(const struct told *at, const char **note)
{
    double out = entropy(at, true);
    if (isnan(out))
        *note = NO_BENEFIT;
    return out;
}

#define VALUE_OF_CELLS(name)                                                                       \
    static double value_##name(VALUE_PARTS)                                                        \
    {                                                                                              \
        told_count(prepared, weight);                                                              \
        return name(prepared, note);                                                               \
    }

VALUE_OF_CELLS(selection_gap)
VALUE_OF_CELLS(selection_ratio)
VALUE_OF_CELLS(odds_gap)
VALUE_OF_CELLS(odds_ratio)
VALUE_OF_CELLS(odds_mean)
VALUE_OF_CELLS(opportunity_gap)
VALUE_OF_CELLS(opportunity_ratio)
VALUE_OF_CELLS(fpr_gap)
VALUE_OF_CELLS(parity_gap)
VALUE_OF_CELLS(accuracy_gap)
VALUE_OF_CELLS(worst_accuracy)
VALUE_OF_CELLS(entropy_2)
VALUE_OF_CELLS(theil)

static const char *no_groups(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    if (!rows->attribute)
        return "an attribute that parts the rows into groups is needed";
    for (size_t i = 1; i < rows->n; i++)
        if (rows->attribute[i] != rows->attribute[0])
            return NULL;
    return "all rows are of one group";
}

const char *group_rate_name(enum group_rate rate)
{
    static const char *const names[GROUP_RATES] = {
        "selection_rate", "true_positive_rate",        "false_positive_rate",
        "precision",      "negative_predictive_value", "accuracy",
        "base_rate",
    };
    return names[rate];
}

void fairness_groups(struct arena *arena, const struct scored *rows,
                     const struct metric_options *options, struct group_rates *out)
{
    struct metric_options all = options ? *options : (struct metric_options){ 0 };
    metric_options_fill(&all);
    const char *note;
    struct told *at = told_prepare(arena, rows, &all, &note);
    told_count(at, NULL);
    for (size_t g = 0; g < rows->attribute_count; g++) {
        const double *cells = at->cells + 4 * g;
        out[g] = (struct group_rates){ .n = (size_t)(cells[0] + cells[1] + cells[2] + cells[3]) };
        for (enum group_rate r = 0; r < GROUP_RATES; r++) {
            double hits, of;
            rate_parts(cells, r, &hits, &of);
            out[g].rate[r] = of > 0 ? hits / of : NAN;
            out[g].within[r] = interval_wilson(hits, of);
        }
    }
}

#define ROW(word, statistic)                                                                       \
    .name = (word), .kinds = TRUTH_BINARY, .in_unit = true, .options = "threshold",                \
    .interval = METRIC_BCA, .prepare = told_prepare, .value = value_##statistic, .least = 0
#define GROUPS(word, statistic)                                                                    \
    ROW(word, statistic), .most = 1, .obstacle = no_groups, .needs = "an attribute"
#define MISSING "not defined where a group lacks the rows to divide by"

static const struct metric fairness[] = {
    { GROUPS("demographic_parity_difference", selection_gap),
      .title = "demographic parity difference",
      .definition = "largest less smallest share of rows said to be 1, over the groups" },
    { GROUPS("demographic_parity_ratio", selection_ratio), .title = "demographic parity ratio",
      .higher_is_better = true,
      .definition = "smallest / largest share of rows said to be 1, over the groups; the "
                    "four-fifths rule wants 0.8",
      .edges = "1 where no row is said to be 1" },
    { GROUPS("equalized_odds_difference", odds_gap), .title = "equalized odds difference",
      .definition = "the larger of the groups' gaps in true and in false positive rate",
      .edges = MISSING },
    { GROUPS("equalized_odds_ratio", odds_ratio), .title = "equalized odds ratio",
      .higher_is_better = true,
      .definition = "the smaller of the groups' smallest / largest true and false positive rate",
      .edges = MISSING },
    { GROUPS("average_odds_difference", odds_mean), .title = "average odds difference",
      .definition = "mean of the groups' gaps in true and in false positive rate",
      .edges = MISSING },
    { GROUPS("equal_opportunity_difference", opportunity_gap),
      .title = "equal opportunity difference",
      .definition = "largest less smallest true positive rate, over the groups", .edges = MISSING },
    { GROUPS("equal_opportunity_ratio", opportunity_ratio), .title = "equal opportunity ratio",
      .higher_is_better = true,
      .definition = "smallest / largest true positive rate, over the groups", .edges = MISSING },
    { GROUPS("false_positive_rate_difference", fpr_gap), .title = "false positive rate difference",
      .definition = "largest less smallest false positive rate, over the groups",
      .edges = MISSING },
    { GROUPS("predictive_parity_difference", parity_gap), .title = "predictive parity difference",
      .definition = "largest less smallest precision, over the groups", .edges = MISSING },
    { GROUPS("accuracy_difference", accuracy_gap), .title = "accuracy difference",
      .definition = "largest less smallest accuracy, over the groups" },
    { GROUPS("worst_group_accuracy", worst_accuracy), .title = "accuracy of the worst group",
      .higher_is_better = true, .definition = "accuracy of the group where it is smallest" },
    { ROW("generalized_entropy", entropy_2), .title = "generalized entropy", .most = INFINITY,
      .definition = "inequality of the benefits said - truth + 1 of the rows: generalized entropy "
                    "with alpha 2" },
    { ROW("theil_index", theil), .title = "Theil index", .most = INFINITY,
      .definition = "inequality of the benefits said - truth + 1 of the rows: Theil's index" },
};
const struct metric_family metrics_fairness = METRIC_FAMILY("fairness", fairness);
