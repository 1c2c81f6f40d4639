/* Metrics of two classes, as they are said from a threshold on. */
#include "core/eval/confusion.h"
#include <math.h>

#define NOT_SAID "no row was said to be 1: set to 0"
#define NO_ROW "no row is of class 1: set to 0"

static double precision(const struct confusion *c, const char **note)
{
    return share_of(c->hit[1], c->said[1], NOT_SAID, note);
}

static double recall(const struct confusion *c, const char **note)
{
    return share_of(c->hit[1], c->truth[1], NO_ROW, note);
}

static double specificity(const struct confusion *c, const char **note)
{
    return share_of(c->hit[0], c->truth[0], "no row is of class 0: set to 0", note);
}

static double npv(const struct confusion *c, const char **note)
{
    return share_of(c->hit[0], c->said[0], "no row was said to be 0: set to 0", note);
}

static double fpr(const struct confusion *c, const char **note)
{
    return share_of(c->said[1] - c->hit[1], c->truth[0], "no row is of class 0: set to 0", note);
}

static double fnr(const struct confusion *c, const char **note)
{
    return share_of(c->said[0] - c->hit[0], c->truth[1], NO_ROW, note);
}

static double fdr(const struct confusion *c, const char **note)
{
    return share_of(c->said[1] - c->hit[1], c->said[1], NOT_SAID, note);
}

static double false_omission(const struct confusion *c, const char **note)
{
    return share_of(c->said[0] - c->hit[0], c->said[0], "no row was said to be 0: set to 0", note);
}

static double f1(const struct confusion *c, const char **note)
{
    return share_of(2 * c->hit[1], c->said[1] + c->truth[1],
                    "no row is or was said to be 1: set to 0", note);
}

static double jaccard(const struct confusion *c, const char **note)
{
    return share_of(c->hit[1], c->said[1] + c->truth[1] - c->hit[1],
                    "no row is or was said to be 1: set to 0", note);
}

static double youden(const struct confusion *c, const char **note)
{
    return recall(c, note) + specificity(c, note) - 1;
}

static double markedness(const struct confusion *c, const char **note)
{
    return precision(c, note) + npv(c, note) - 1;
}

static double g_mean(const struct confusion *c, const char **note)
{
    return sqrt(recall(c, note) * specificity(c, note));
}

static double likelihood_ratio(double of_ones, double of_zeros, const char **note)
{
    if (of_zeros > 0)
        return of_ones / of_zeros;
    *note = "the rate to divide by is 0";
    return NAN;
}

static double positive_ratio(const struct confusion *c, const char **note)
{
    return likelihood_ratio(recall(c, note), fpr(c, note), note);
}

static double negative_ratio(const struct confusion *c, const char **note)
{
    return likelihood_ratio(fnr(c, note), specificity(c, note), note);
}

VALUE_OF_CONFUSION(precision)
VALUE_OF_CONFUSION(recall)
VALUE_OF_CONFUSION(specificity)
VALUE_OF_CONFUSION(npv)
VALUE_OF_CONFUSION(fpr)
VALUE_OF_CONFUSION(fnr)
VALUE_OF_CONFUSION(fdr)
VALUE_OF_CONFUSION(false_omission)
VALUE_OF_CONFUSION(f1)
VALUE_OF_CONFUSION(jaccard)
VALUE_OF_CONFUSION(youden)
VALUE_OF_CONFUSION(markedness)
VALUE_OF_CONFUSION(g_mean)
VALUE_OF_CONFUSION(positive_ratio)
VALUE_OF_CONFUSION(negative_ratio)

static double value_fbeta(VALUE_PARTS)
{
    const struct confusion *c = confusion_count(prepared, weight);
    double beta = confusion_options(prepared)->beta, square = beta * beta;
    return share_of((1 + square) * c->hit[1], square * c->truth[1] + c->said[1],
                    "no row is or was said to be 1: set to 0", note);
}

/* The count behind a share, for Wilson's interval. */
#define PARTS_OF(name, hits_, of_)                                                                 \
    static void parts_##name(void *prepared, double *hits, double *of)                             \
    {                                                                                              \
        const struct confusion *c = confusion_count(prepared, NULL);                               \
        *hits = (hits_);                                                                           \
        *of = (of_);                                                                               \
    }

PARTS_OF(specificity, c->hit[0], c->truth[0])
PARTS_OF(npv, c->hit[0], c->said[0])
PARTS_OF(fpr, c->said[1] - c->hit[1], c->truth[0])
PARTS_OF(fnr, c->said[0] - c->hit[0], c->truth[1])
PARTS_OF(fdr, c->said[1] - c->hit[1], c->said[1])
PARTS_OF(false_omission, c->said[0] - c->hit[0], c->said[0])

#define ROW(word, statistic)                                                                       \
    .name = (word), .kinds = TRUTH_BINARY, .in_unit = true, .by_class = true,                      \
    .options = "threshold", .prepare = confusion_prepare, .value = value_##statistic
#define SHARE(word, statistic)                                                                     \
    ROW(word, statistic), .least = 0, .most = 1, .interval = "Wilson", .share = parts_##statistic
#define UNIT .higher_is_better = true, .least = 0, .most = 1, .interval = METRIC_BCA_BY_CLASS

static const struct metric binary[] = {
    { ROW("precision", precision), .title = "precision", .higher_is_better = true, .least = 0,
      .most = 1, .definition = "TP / (TP + FP), class 1 from the threshold on",
      .edges = "0 when no row is said to be 1", .interval = "Wilson", .measure = measure_precision,
      .resample = resample_precision },
    { ROW("recall", recall), .title = "recall", .higher_is_better = true, .least = 0, .most = 1,
      .definition = "TP / (TP + FN), class 1 from the threshold on",
      .edges = "0 when no row is of class 1", .interval = "Wilson", .measure = measure_recall,
      .resample = resample_recall },
    { ROW("f1", f1), .title = "F1", UNIT,
      .definition = "2 TP / (2 TP + FP + FN), class 1 from the threshold on",
      .edges = "0 when there is nothing to divide by", .measure = measure_f1,
      .resample = resample_f1 },
    { .name = "fbeta",
      .title = "F-beta",
      .kinds = TRUTH_BINARY,
      .in_unit = true,
      .by_class = true,
      .options = "threshold beta",
      .prepare = confusion_prepare,
      .value = value_fbeta,
      UNIT,
      .definition = "(1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP): recall counts b = beta times as "
                    "much as precision",
      .edges = "0 when there is nothing to divide by" },
    { SHARE("specificity", specificity), .title = "specificity", .higher_is_better = true,
      .definition = "TN / (TN + FP), the recall of class 0",
      .edges = "0 when no row is of class 0" },
    { SHARE("negative_predictive_value", npv), .title = "negative predictive value",
      .higher_is_better = true, .definition = "TN / (TN + FN), the precision of class 0",
      .edges = "0 when no row is said to be 0" },
    { SHARE("false_positive_rate", fpr), .title = "false positive rate",
      .definition = "FP / (FP + TN), 1 - specificity", .edges = "0 when no row is of class 0" },
    { SHARE("false_negative_rate", fnr), .title = "false negative rate",
      .definition = "FN / (FN + TP), 1 - recall", .edges = "0 when no row is of class 1" },
    { SHARE("false_discovery_rate", fdr), .title = "false discovery rate",
      .definition = "FP / (FP + TP), 1 - precision", .edges = "0 when no row is said to be 1" },
    { SHARE("false_omission_rate", false_omission), .title = "false omission rate",
      .definition = "FN / (FN + TN), 1 - negative predictive value",
      .edges = "0 when no row is said to be 0" },
    { ROW("jaccard", jaccard), .title = "Jaccard index", UNIT, .definition = "TP / (TP + FP + FN)",
      .edges = "0 when there is nothing to divide by" },
    { ROW("youden_j", youden), .title = "Youden's J", .higher_is_better = true, .least = -1,
      .most = 1, .interval = METRIC_BCA_BY_CLASS, .definition = "recall + specificity - 1",
      .edges = "a rate of nothing counts as 0" },
    { ROW("markedness", markedness), .title = "markedness", .higher_is_better = true, .least = -1,
      .most = 1, .interval = METRIC_BCA_BY_CLASS,
      .definition = "precision + negative predictive value - 1",
      .edges = "a share of nothing counts as 0" },
    { ROW("g_mean", g_mean), .title = "geometric mean of the recalls", UNIT,
      .definition = "root of recall times specificity", .edges = "a rate of nothing counts as 0" },
    { ROW("positive_likelihood_ratio", positive_ratio), .title = "positive likelihood ratio",
      .higher_is_better = true, .least = 0, .most = INFINITY, .interval = METRIC_BCA_BY_CLASS,
      .both_classes = true, .definition = "recall / false positive rate",
      .edges = "not defined without false positives" },
    { ROW("negative_likelihood_ratio", negative_ratio), .title = "negative likelihood ratio",
      .least = 0, .most = INFINITY, .interval = METRIC_BCA_BY_CLASS, .both_classes = true,
      .definition = "false negative rate / specificity",
      .edges = "not defined when specificity is 0" },
};
const struct metric_family metrics_binary = METRIC_FAMILY("binary", binary);
