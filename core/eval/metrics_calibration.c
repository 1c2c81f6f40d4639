/* Metrics of probabilities: scoring rules and calibration. */
#include "core/eval/metric_parts.h"
#include "core/eval/ranking.h"
#include <math.h>

/* ---- Means of losses ---- */

static void losses_log2(LOSSES_PARTS)
{
    losses_log_loss(rows, options, out);
    for (size_t i = 0; i < rows->n; i++)
        out[i] /= M_LN2;
}

static void losses_brier_multiclass(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        const double *p = rows->prediction + i * rows->width;
        double sum = 0;
        for (size_t c = 0; c < rows->width; c++) {
            double off = p[c] - ((size_t)rows->truth[i] == c);
            sum += off * off;
        }
        out[i] = rows->width == 1 ? 2 * (p[0] - rows->truth[i]) * (p[0] - rows->truth[i]) : sum;
    }
}

/* Of the log odds, which are the margin of a logistic model. */
static void losses_hinge(LOSSES_PARTS)
{
    double clip = options->clip;
    for (size_t i = 0; i < rows->n; i++) {
        double p = fmin(fmax(rows->prediction[i], clip), 1 - clip), margin = log(p / (1 - p));
        out[i] = fmax(0, 1 - (rows->truth[i] != 0 ? margin : -margin));
    }
}

/* ---- Bins of equal width ---- */

struct bin {
    double n, said, true_; /* rows, sum of probabilities, rows that come true */
};

struct binned {
    size_t n, count;
    const uint32_t *bin; /* [n] */
    double *p;           /* [n] */
    uint8_t *is;         /* [n] it came true */
    struct bin *bins;    /* [count] */
};

static size_t bin_count(const struct metric_options *options, const struct scored *rows)
{
    return options->bins ? options->bins : rows->kind == TRUTH_BINARY ? 10 : 15;
}

/* The probability that is judged: of class 1, or of the likeliest class. */
static double judged(const struct scored *rows, size_t i, bool *is)
{
    const double *p = rows->prediction + i * rows->width;
    size_t best = 0;
    if (rows->kind == TRUTH_BINARY) {
        *is = rows->truth[i] != 0;
        return p[0];
    }
    for (size_t c = 1; c < rows->width; c++)
        best = p[c] > p[best] ? c : best;
    *is = best == (size_t)rows->truth[i];
    return p[best];
}

static void *width_prepare(PREPARE_PARTS)
{
    struct binned *out = arena_new(arena, struct binned);
    size_t count = bin_count(options, rows);
    uint32_t *bin = arena_array(arena, uint32_t, rows->n);
    *out = (struct binned){ .n = rows->n,
                            .count = count,
                            .bin = bin,
                            .p = arena_array(arena, double, rows->n),
                            .is = arena_array(arena, uint8_t, rows->n),
                            .bins = arena_array(arena, struct bin, count) };
    (void)note;
    for (size_t i = 0; i < rows->n; i++) {
        bool is;
        out->p[i] = judged(rows, i, &is);
        out->is[i] = is;
        double at = ceil(out->p[i] * (double)count) - 1;
        bin[i] = at <= 0 ? 0 : at >= (double)count ? (uint32_t)count - 1 : (uint32_t)at;
    }
    return out;
}

static void width_fill(struct binned *at, const uint32_t *weight)
{
    for (size_t b = 0; b < at->count; b++)
        at->bins[b] = (struct bin){ 0, 0, 0 };
    for (size_t i = 0; i < at->n; i++) {
        struct bin *bin = &at->bins[at->bin[i]];
        double w = weight ? weight[i] : 1;
        bin->n += w;
        bin->said += w * at->p[i];
        bin->true_ += w * at->is[i];
    }
}

static double off(const struct bin *bin)
{
    return bin->n > 0 ? fabs(bin->said - bin->true_) / bin->n : 0;
}

static double expected_off(const struct bin *bins, size_t count)
{
    double sum = 0, n = 0;
    for (size_t b = 0; b < count; b++) {
        sum += bins[b].n * off(&bins[b]);
        n += bins[b].n;
    }
    return sum / n;
}

static double largest_off(const struct bin *bins, size_t count)
{
    double most = 0;
    for (size_t b = 0; b < count; b++)
        most = fmax(most, off(&bins[b]));
    return most;
}

static double base_rate(const struct bin *bins, size_t count, double *n)
{
    double sum = 0;
    *n = 0;
    for (size_t b = 0; b < count; b++) {
        sum += bins[b].true_;
        *n += bins[b].n;
    }
    return sum / *n;
}

static double reliability(const struct bin *bins, size_t count)
{
    double n, sum = 0;
    base_rate(bins, count, &n);
    for (size_t b = 0; b < count; b++)
        sum += bins[b].n * off(&bins[b]) * off(&bins[b]);
    return sum / n;
}

static double resolution(const struct bin *bins, size_t count)
{
    double n, rate = base_rate(bins, count, &n), sum = 0;
    for (size_t b = 0; b < count; b++) {
        double apart = bins[b].n > 0 ? bins[b].true_ / bins[b].n - rate : 0;
        sum += bins[b].n * apart * apart;
    }
    return sum / n;
}

static double uncertainty(const struct bin *bins, size_t count)
{
    double n, rate = base_rate(bins, count, &n);
    return rate * (1 - rate);
}

#define VALUE_OF_BINS(name)                                                                        \
    static double width_##name(VALUE_PARTS)                                                        \
    {                                                                                              \
        struct binned *at = prepared;                                                              \
        (void)note;                                                                                \
        width_fill(at, weight);                                                                    \
        return name(at->bins, at->count);                                                          \
    }

VALUE_OF_BINS(expected_off)
VALUE_OF_BINS(largest_off)
VALUE_OF_BINS(reliability)
VALUE_OF_BINS(resolution)
VALUE_OF_BINS(uncertainty)

/* ---- Bins of equal numbers of rows ---- */

struct massed {
    struct ranking all, drawn;
    const struct scored *rows;
    double *score; /* [group_count] */
    size_t count;
    struct bin *bins; /* [count] */
};

static void *mass_prepare(PREPARE_PARTS)
{
    struct massed *out = arena_new(arena, struct massed);
    out->rows = rows;
    out->count = bin_count(options, rows);
    out->bins = arena_array(arena, struct bin, out->count);
    (void)note;
    ranking_make(arena, rows, true, &out->all);
    out->drawn = out->all;
    out->drawn.positives = arena_array(arena, uint32_t, out->all.group_count);
    out->drawn.negatives = arena_array(arena, uint32_t, out->all.group_count);
    out->score = arena_array(arena, double, out->all.group_count);
    for (size_t i = 0; i < rows->n; i++)
        out->score[out->all.group[i]] = rows->prediction[i];
    return out;
}

/* From the lowest score up; a group of equal scores that a bin's end cuts is cut in proportion. */
static void mass_fill(struct massed *at, const struct ranking *ranking)
{
    size_t n = ranking->positive_count + ranking->negative_count, filled = 0;
    double room = 0;
    struct bin *bin = NULL;
    for (size_t b = 0; b < at->count; b++)
        at->bins[b] = (struct bin){ 0, 0, 0 };
    for (size_t g = ranking->group_count; g-- > 0;) {
        double left = (double)ranking->positives[g] + ranking->negatives[g];
        double rate = left > 0 ? ranking->positives[g] / left : 0;
        while (left > 0) {
            if (room <= 0) {
                bin = &at->bins[filled];
                room = (double)(n / at->count + (filled < n % at->count));
                filled++;
                continue;
            }
            double taken = fmin(room, left);
            bin->n += taken;
            bin->said += taken * at->score[g];
            bin->true_ += taken * rate;
            room -= taken;
            left -= taken;
        }
    }
}

static double mass_value(struct massed *at, const uint32_t *weight,
                         double (*of)(const struct bin *bins, size_t count))
{
    if (weight)
        ranking_weigh(&at->all, at->rows, weight, &at->drawn);
    mass_fill(at, weight ? &at->drawn : &at->all);
    return of(at->bins, at->count);
}

static double mass_expected(VALUE_PARTS)
{
    (void)note;
    return mass_value(prepared, weight, expected_off);
}

static double mass_largest(VALUE_PARTS)
{
    (void)note;
    return mass_value(prepared, weight, largest_off);
}

/* ---- Log loss against that of the classes' shares ---- */

struct explained {
    size_t n, classes;
    const double *loss, *truth;
    double *count; /* [classes] */
};

static void *d2_prepare(PREPARE_PARTS)
{
    struct explained *out = arena_new(arena, struct explained);
    double *loss = arena_array(arena, double, rows->n);
    (void)note;
    losses_log_loss(rows, options, loss);
    *out = (struct explained){ rows->n, rows->class_count, loss, rows->truth,
                               arena_array(arena, double, rows->class_count) };
    return out;
}

static double d2_value(VALUE_PARTS)
{
    struct explained *at = prepared;
    double n = 0, sum = 0, alone = 0;
    for (size_t c = 0; c < at->classes; c++)
        at->count[c] = 0;
    for (size_t i = 0; i < at->n; i++) {
        double w = weight ? weight[i] : 1;
        at->count[(size_t)at->truth[i]] += w;
        sum += w * at->loss[i];
        n += w;
    }
    for (size_t c = 0; c < at->classes; c++)
        alone -= at->count[c] > 0 ? at->count[c] * log(at->count[c] / n) : 0;
    if (alone > 0)
        return 1 - sum / alone;
    *note = "the rows are all of one class";
    return NAN;
}

#define UNIT_OF(kinds_) .kinds = (kinds_), .in_unit = true, .each_class = true
#define MEAN(word, losses_)                                                                        \
    .name = (word), .terms = (losses_), .losses = (losses_), .interval = METRIC_BCA, .least = 0
#define BINS(word, value_)                                                                         \
    .name = (word), UNIT_OF(TRUTH_BINARY), .prepare = width_prepare, .value = (value_),            \
    .interval = METRIC_BCA, .options = "bins", .least = 0, .most = 1

static const struct metric calibration[] = {
    { MEAN("log_loss", losses_log_loss), .title = "log loss", UNIT_OF(METRIC_CLASSES),
      .most = INFINITY, .options = "clip",
      .definition = "mean of -ln(probability of the true class)",
      .edges = "probabilities are clipped to 1e-15 and 1 - 1e-15, on boards to 0.01 and 0.99",
      .measure = measure_log_loss },
    { MEAN("log_loss_base2", losses_log2), .title = "log loss in bits", UNIT_OF(METRIC_CLASSES),
      .most = INFINITY, .options = "clip",
      .definition = "log loss in bits: mean of -log2(probability of the true class)",
      .edges = "probabilities are clipped to 1e-15 and 1 - 1e-15" },
    { .name = "d2_log_loss",
      .title = "D² of the log loss",
      UNIT_OF(METRIC_CLASSES),
      .higher_is_better = true,
      .least = -INFINITY,
      .most = 1,
      .options = "clip",
      .definition = "1 - log loss / log loss of always predicting the classes' shares",
      .edges = "not defined for rows of one class",
      .interval = METRIC_BCA,
      .prepare = d2_prepare,
      .value = d2_value },
    { MEAN("brier", losses_brier), .title = "Brier score", UNIT_OF(TRUTH_BINARY), .most = 1,
      .definition = "mean squared difference of the probability of class 1 and the truth" },
    { MEAN("brier_multiclass", losses_brier_multiclass), .title = "Brier score of all classes",
      UNIT_OF(METRIC_CLASSES), .most = 2,
      .definition = "mean of the squared differences of probability and truth, summed over the "
                    "classes; of two classes twice brier" },
    { BINS("brier_reliability", width_reliability), .title = "reliability part of the Brier score",
      .definition = "part of the Brier score: mean squared difference of the mean probability and "
                    "the share of class 1 in bins of equal width" },
    { BINS("brier_resolution", width_resolution), .title = "resolution part of the Brier score",
      .higher_is_better = true,
      .definition = "part of the Brier score: mean squared difference of the share of class 1 in "
                    "bins of equal width and in all rows" },
    { BINS("brier_uncertainty", width_uncertainty), .title = "uncertainty part of the Brier score",
      .definition = "part of the Brier score that the truth alone decides: share of class 1 times "
                    "share of class 0" },
    { BINS("ece", width_expected_off), .title = "expected calibration error",
      .definition = "expected calibration error: mean over the rows of |mean probability - share "
                    "of class 1| of their bin; bins of equal width, (i/bins, (i+1)/bins]" },
    { BINS("mce", width_largest_off), .title = "largest calibration error",
      .definition = "largest |mean probability - share of class 1| of the bins of equal width" },
    { .name = "ece_mass",
      .title = "expected calibration error, equal bins",
      UNIT_OF(TRUTH_BINARY),
      .least = 0,
      .most = 1,
      .options = "bins",
      .definition = "ece with bins of equal numbers of rows; equal probabilities at the edge of a "
                    "bin are parted in proportion",
      .interval = METRIC_BCA,
      .prepare = mass_prepare,
      .value = mass_expected },
    { .name = "mce_mass",
      .title = "largest calibration error, equal bins",
      UNIT_OF(TRUTH_BINARY),
      .least = 0,
      .most = 1,
      .options = "bins",
      .definition = "mce with bins of equal numbers of rows",
      .interval = METRIC_BCA,
      .prepare = mass_prepare,
      .value = mass_largest },
    { .name = "ece_top_label",
      .title = "calibration error of the likeliest class",
      UNIT_OF(TRUTH_CLASSES),
      .least = 0,
      .most = 1,
      .options = "bins",
      .definition = "expected calibration error of the likeliest class: mean over the rows of "
                    "|mean probability - accuracy| of their bin; bins of equal width",
      .interval = METRIC_BCA,
      .prepare = width_prepare,
      .value = width_expected_off },
    { MEAN("hinge_loss", losses_hinge), .title = "hinge loss", UNIT_OF(TRUTH_BINARY),
      .most = INFINITY, .options = "clip",
      .definition = "mean of max(0, 1 - log odds of the true class)",
      .edges = "probabilities are clipped to 1e-15 and 1 - 1e-15" },
    { .name = "calibration_bias",
      .title = "calibration in the large",
      UNIT_OF(TRUTH_BINARY),
      .least = 0,
      .most = 1,
      .definition = "|mean probability - share of class 1| (calibration in the large)",
      .interval = METRIC_BCA,
      .terms = terms_offset,
      .of_mean = mean_size },
};
const struct metric_family metrics_calibration = METRIC_FAMILY("calibration", calibration);
