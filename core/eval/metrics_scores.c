/* Metrics of the order in which scores put the rows of two classes. */
#include "core/eval/metric_parts.h"
#include "core/eval/ranking.h"
#include <math.h>

struct ranked {
    struct ranking all, drawn; /* once each; with weights */
    const struct scored *rows;
    struct metric_options options;
};

static void *ranked_prepare(PREPARE_PARTS)
{
    struct ranked *out = arena_new(arena, struct ranked);
    (void)note;
    out->rows = rows;
    out->options = *options;
    ranking_make(arena, rows, !options->without_interval, &out->all);
    out->drawn = out->all;
    if (!options->without_interval) {
        out->drawn.positives = arena_array(arena, uint32_t, out->all.group_count);
        out->drawn.negatives = arena_array(arena, uint32_t, out->all.group_count);
    }
    return out;
}

static const struct ranking *ranked_count(struct ranked *at, const uint32_t *weight)
{
    if (!weight)
        return &at->all;
    ranking_weigh(&at->all, at->rows, weight, &at->drawn);
    return &at->drawn;
}

#define ONE_CLASS "the rows are all of one class"

#define VALUE_OF_RANKING(name)                                                                     \
    static double value_##name(VALUE_PARTS)                                                        \
    {                                                                                              \
        struct ranked *at = prepared;                                                              \
        const struct ranking *ranking = ranked_count(at, weight);                                  \
        if (ranking->positive_count && ranking->negative_count)                                    \
            return name(ranking, &at->options, note);                                              \
        *note = ONE_CLASS;                                                                         \
        return NAN;                                                                                \
    }

#define STATISTIC                                                                                  \
    const struct ranking *ranking, const struct metric_options *options, const char **note
#define UNUSED ((void)options, (void)note)

static double area(STATISTIC)
{
    UNUSED;
    return ranking_auc(ranking);
}

static double gini(STATISTIC)
{
    UNUSED;
    return 2 * ranking_auc(ranking) - 1;
}

static double average_precision(STATISTIC)
{
    UNUSED;
    return ranking_average_precision(ranking->positives, ranking->negatives, ranking->group_count);
}

/* Between neighbouring points straight lines, which flatter; from precision 1 at recall 0. */
static double trapezoids(STATISTIC)
{
    double found = 0, seen = 0, before = 1, sum = 0;
    UNUSED;
    for (size_t g = 0; g < ranking->group_count; g++) {
        found += ranking->positives[g];
        seen += (double)ranking->positives[g] + ranking->negatives[g];
        double precision = seen > 0 ? found / seen : 1;
        sum += ranking->positives[g] * (precision + before) / 2;
        before = precision;
    }
    return sum / (double)ranking->positive_count;
}

/* McClish (1989): 0.5 is chance, 1 perfect, however small the part. */
static double partial_area(STATISTIC)
{
    double most = options->max_fpr, negatives = (double)ranking->negative_count;
    double found = 0, wrong = 0, sum = 0, limit = most * negatives;
    (void)note;
    for (size_t g = 0; g < ranking->group_count && wrong < limit; g++) {
        double p = ranking->positives[g], n = ranking->negatives[g];
        double part = wrong + n > limit ? (limit - wrong) / n : 1;
        sum += n * part * (found + p * part / 2);
        found += p;
        wrong += n;
    }
    double part = sum / negatives / (double)ranking->positive_count, chance = most * most / 2;
    return 0.5 * (1 + (part - chance) / (most - chance));
}

/* Largest distance of the two classes' distributions, in the direction that is right. */
static double kolmogorov(STATISTIC)
{
    double positives = (double)ranking->positive_count, negatives = (double)ranking->negative_count;
    double found = 0, wrong = 0, most = 0;
    UNUSED;
    for (size_t g = 0; g < ranking->group_count; g++) {
        found += ranking->positives[g];
        wrong += ranking->negatives[g];
        most = fmax(most, found / positives - wrong / negatives);
    }
    return most;
}

/* Positives among the k rows with the highest scores; a group that k cuts gives its share. */
static double found_in(const struct ranking *ranking, double k)
{
    double found = 0, seen = 0;
    for (size_t g = 0; g < ranking->group_count && seen < k; g++) {
        double p = ranking->positives[g], size = p + ranking->negatives[g];
        found += size > 0 ? p * fmin(1, (k - seen) / size) : 0;
        seen += size;
    }
    return found;
}

static double row_count(const struct ranking *ranking)
{
    return (double)(ranking->positive_count + ranking->negative_count);
}

static double top(const struct ranking *ranking, const struct metric_options *options)
{
    return fmax(1, ceil(options->share * row_count(ranking) * (1 - 1e-12)));
}

static double lift(STATISTIC)
{
    double k = top(ranking, options);
    (void)note;
    return found_in(ranking, k) / k / ((double)ranking->positive_count / row_count(ranking));
}

static double gain(STATISTIC)
{
    (void)note;
    return found_in(ranking, top(ranking, options)) / (double)ranking->positive_count;
}

static double first(const struct ranking *ranking, const struct metric_options *options)
{
    return fmin(options->k ? (double)options->k : 10, row_count(ranking));
}

static double precision_at_k(STATISTIC)
{
    double k = first(ranking, options);
    (void)note;
    return found_in(ranking, k) / k;
}

static double recall_at_k(STATISTIC)
{
    (void)note;
    return found_in(ranking, first(ranking, options)) / (double)ranking->positive_count;
}

/* The best of one rate at all thresholds where the other is at least so high. */
static double best_where(const struct ranking *ranking, double precision, double recall,
                         bool of_recall)
{
    double found = 0, seen = 0, best = 0;
    for (size_t g = 0; g < ranking->group_count; g++) {
        found += ranking->positives[g];
        seen += (double)ranking->positives[g] + ranking->negatives[g];
        double p = seen > 0 ? found / seen : 0, r = found / (double)ranking->positive_count;
        if (p >= precision && r >= recall)
            best = fmax(best, of_recall ? r : p);
    }
    return best;
}

static double recall_at_precision(STATISTIC)
{
    double best = best_where(ranking, options->least_precision, 0, true);
    if (best == 0)
        *note = "no threshold has this precision: set to 0";
    return best;
}

static double precision_at_recall(STATISTIC)
{
    (void)note;
    return best_where(ranking, 0, options->least_recall, false);
}

VALUE_OF_RANKING(area)
VALUE_OF_RANKING(gini)
VALUE_OF_RANKING(average_precision)
VALUE_OF_RANKING(trapezoids)
VALUE_OF_RANKING(partial_area)
VALUE_OF_RANKING(kolmogorov)
VALUE_OF_RANKING(lift)
VALUE_OF_RANKING(gain)
VALUE_OF_RANKING(precision_at_k)
VALUE_OF_RANKING(recall_at_k)
VALUE_OF_RANKING(recall_at_precision)
VALUE_OF_RANKING(precision_at_recall)

/* Sum over the rows, the highest first, of the positives so far. */
static double gini_of_order(const struct ranked *at, const uint32_t *weight, const char **note)
{
    double found = 0, sum = 0, n = 0;
    for (size_t i = 0; i < at->rows->n; i++) {
        size_t row = at->all.order[i];
        double w = weight ? weight[row] : 1, is = at->rows->truth[row] != 0;
        sum += w * found + is * w * (w + 1) / 2;
        found += w * is;
        n += w;
    }
    if (found > 0 && found < n) /* the best order: found / 2 * (2 n - found + 1) */
        return (sum / found - (n + 1) / 2) / (n - (found - 1) / 2 - (n + 1) / 2);
    *note = ONE_CLASS;
    return NAN;
}

static double gini_value(VALUE_PARTS)
{
    return gini_of_order(prepared, weight, note);
}

static void *gini_prepare(PREPARE_PARTS)
{
    struct metric_options with = *options;
    with.without_interval = false; /* the order is needed */
    return ranked_prepare(arena, rows, &with, note);
}

#define ROW(word, statistic)                                                                       \
    .name = (word), .kinds = TRUTH_BINARY, .both_classes = true, .by_class = true,                 \
    .higher_is_better = true, .prepare = ranked_prepare, .value = value_##statistic
#define UNIT .least = 0, .most = 1, .interval = METRIC_BCA_BY_CLASS

static const struct metric scores[] = {
    { ROW("roc_auc", area), .title = "ROC AUC", .least = 0, .most = 1,
      .definition = "area under the ROC curve: the chance that a positive scores above a negative, "
                    "ties half",
      .interval =
          "DeLong, on the logit scale near 0 and 1; BCa by class when resamples are asked for",
      .counts_resamples = true, .measure = measure_roc_auc },
    { ROW("average_precision", average_precision), .title = "average precision", UNIT,
      .definition = "sum over distinct scores of recall gained times precision, without "
                    "interpolation",
      .measure = measure_average_precision, .resample = resample_average_precision },
    { ROW("pr_auc", trapezoids), .title = "area under the precision-recall curve", UNIT,
      .definition = "area under the precision-recall curve by trapezoids, from precision 1 at "
                    "recall 0; average_precision is the sounder one" },
    { ROW("partial_roc_auc", partial_area), .title = "partial ROC AUC", UNIT, .options = "max_fpr",
      .definition = "area under the ROC curve up to max_fpr, scaled so that chance is 0.5 and "
                    "perfect 1 (McClish)" },
    { ROW("gini", gini), .title = "Gini coefficient", .least = -1, .most = 1,
      .interval = METRIC_BCA_BY_CLASS, .definition = "2 roc_auc - 1, Somers' D of the scores" },
    { .name = "normalized_gini",
      .title = "normalized Gini coefficient",
      .kinds = TRUTH_BINARY,
      .both_classes = true,
      .by_class = true,
      .higher_is_better = true,
      .least = -1,
      .most = 1,
      .interval = METRIC_BCA_BY_CLASS,
      .prepare = gini_prepare,
      .value = gini_value,
      .definition = "area between the gains curve and the diagonal, over that of the best order; "
                    "equal scores stand in the order of the rows" },
    { ROW("ks", kolmogorov), .title = "Kolmogorov-Smirnov statistic", UNIT,
      .definition = "largest true positive rate - false positive rate over all thresholds "
                    "(Kolmogorov-Smirnov)" },
    { ROW("lift", lift), .title = "lift", .least = 0, .most = INFINITY,
      .interval = METRIC_BCA_BY_CLASS, .options = "share",
      .definition = "positives among the rows with the highest scores, over what chance finds; "
                    "equal scores at the edge count in proportion" },
    { ROW("gain", gain), .title = "cumulative gain", UNIT, .options = "share",
      .definition = "share of all positives that are among the rows with the highest scores" },
    { ROW("precision_at_k", precision_at_k), .title = "precision at k", UNIT, .options = "k",
      .definition = "share of positives among the k rows with the highest scores; equal scores at "
                    "the edge count in proportion" },
    { ROW("recall_at_k", recall_at_k), .title = "recall at k", UNIT, .options = "k",
      .definition = "share of all positives that are among the k rows with the highest scores" },
    { ROW("recall_at_precision", recall_at_precision), .title = "recall at a least precision", UNIT,
      .options = "least_precision",
      .definition = "highest recall of all thresholds whose precision is at least least_precision",
      .edges = "0 when no threshold has it" },
    { ROW("precision_at_recall", precision_at_recall), .title = "precision at a least recall", UNIT,
      .options = "least_recall",
      .definition = "highest precision of all thresholds whose recall is at least least_recall" },
};
const struct metric_family metrics_scores = METRIC_FAMILY("scores", scores);
