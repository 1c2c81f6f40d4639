/* Metrics of several labels a row. */
#include "core/eval/labels.h"
#include "core/eval/metric_parts.h"
#include "core/math/sum.h"
#include <math.h>

/* A row: what is true of it, how its labels are scored. */
struct row {
    const double *truth, *score;
    size_t labels;
    double threshold;
};

/* Labels of a row that are both true and said, and of each kind. */
struct overlap {
    double both, truth, said;
};

static struct overlap overlap_of(const struct row *r)
{
    struct overlap out = { 0 };
    for (size_t k = 0; k < r->labels; k++) {
        bool truth = r->truth[k] != 0, said = r->score[k] >= r->threshold;
        out.both += truth && said;
        out.truth += truth;
        out.said += said;
    }
    return out;
}

static double subset_wrong(const struct row *r)
{
    struct overlap o = overlap_of(r);
    return o.both != o.truth || o.both != o.said;
}

static double hamming_loss(const struct row *r)
{
    struct overlap o = overlap_of(r);
    return (o.truth + o.said - 2 * o.both) / (double)r->labels;
}

static double share(double part, double of)
{
    return of > 0 ? part / of : 0;
}

static double f1_short(const struct row *r)
{
    struct overlap o = overlap_of(r);
    return 1 - share(2 * o.both, o.truth + o.said);
}

static double jaccard_short(const struct row *r)
{
    struct overlap o = overlap_of(r);
    return 1 - share(o.both, o.truth + o.said - o.both);
}

static double precision_short(const struct row *r)
{
    struct overlap o = overlap_of(r);
    return 1 - share(o.both, o.said);
}

static double recall_short(const struct row *r)
{
    struct overlap o = overlap_of(r);
    return 1 - share(o.both, o.truth);
}

/* Labels that are scored at least so, and true ones of them. */
static double from_score(const struct row *r, double score, double *true_ones)
{
    double count = 0;
    *true_ones = 0;
    for (size_t k = 0; k < r->labels; k++)
        if (r->score[k] >= score) {
            count++;
            *true_ones += r->truth[k] != 0;
        }
    return count;
}

static double coverage_error(const struct row *r)
{
    double worst = INFINITY, ignored;
    for (size_t k = 0; k < r->labels; k++)
        if (r->truth[k] != 0)
            worst = fmin(worst, r->score[k]);
    return isinf(worst) ? 0 : from_score(r, worst, &ignored);
}

static double lrap_short(const struct row *r)
{
    double sum = 0, count = 0, found;
    for (size_t k = 0; k < r->labels; k++)
        if (r->truth[k] != 0) {
            double place = from_score(r, r->score[k], &found);
            sum += found / place;
            count++;
        }
    return count > 0 ? 1 - sum / count : 0;
}

static double ranking_loss(const struct row *r)
{
    double wrong = 0, count = 0, found;
    for (size_t k = 0; k < r->labels; k++)
        if (r->truth[k] != 0) {
            double place = from_score(r, r->score[k], &found);
            wrong += place - found;
            count++;
        }
    double pairs = count * ((double)r->labels - count);
    return pairs > 0 ? wrong / pairs : 0;
}

typedef double of_row(const struct row *r);

static void losses(LOSSES_PARTS, of_row *of)
{
    size_t labels = rows->class_count;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = of(&(struct row){ rows->truth + i * labels, rows->prediction + i * labels, labels,
                                   options->threshold });
}

/* The mean of the losses, or what it is short of 1. */
static void measure(METRIC_PARTS, of_row *of, bool is_short, double most)
{
    double *loss = arena_array(arena, double, rows->n);
    losses(rows, options, loss, of);
    double mean = mean_of(loss, rows->n);
    out->value = is_short ? 1 - mean : mean;
    if (options->without_interval)
        return;
    struct interval interval = interval_of_mean(arena, loss, rows->n, options->seed);
    if (of == subset_wrong)
        interval = interval_wilson(mean * (double)rows->n, (double)rows->n);
    if (is_short)
        interval = (struct interval){ 1 - interval.high, 1 - interval.low };
    interval_set(out, interval, 0, most);
}

#define OF_ROWS(of, is_short, most)                                                                \
    static void measure_##of(METRIC_PARTS)                                                         \
    {                                                                                              \
        measure(arena, rows, options, out, of, is_short, most);                                    \
    }                                                                                              \
    static void losses_##of(LOSSES_PARTS)                                                          \
    {                                                                                              \
        losses(rows, options, out, of);                                                            \
    }

OF_ROWS(subset_wrong, true, 1)
OF_ROWS(hamming_loss, false, 1)
OF_ROWS(f1_short, true, 1)
OF_ROWS(jaccard_short, true, 1)
OF_ROWS(precision_short, true, 1)
OF_ROWS(recall_short, true, 1)
OF_ROWS(coverage_error, false, INFINITY)
OF_ROWS(lrap_short, true, 1)
OF_ROWS(ranking_loss, false, 1)

/* Of a label, or all of them: rows that are right, of it, said to be of it. */
static double f1_of(const struct label_counts *c)
{
    return share(2 * c->both, c->truth + c->said);
}

static double precision_of(const struct label_counts *c)
{
    return share(c->both, c->said);
}

static double recall_of(const struct label_counts *c)
{
    return share(c->both, c->truth);
}

static double jaccard_of(const struct label_counts *c)
{
    return share(c->both, c->truth + c->said - c->both);
}

typedef double of_counts(const struct label_counts *c);

static double micro(void *prepared, const uint32_t *weight, of_counts *of)
{
    size_t labels;
    const struct label_counts *at = labels_count(prepared, weight, &labels);
    struct label_counts all = { 0 };
    for (size_t k = 0; k < labels; k++) {
        all.both += at[k].both;
        all.truth += at[k].truth;
        all.said += at[k].said;
    }
    return of(&all);
}

/* Each label alike, or by its rows. */
static double macro(void *prepared, const uint32_t *weight, of_counts *of, bool by_rows)
{
    size_t labels;
    const struct label_counts *at = labels_count(prepared, weight, &labels);
    struct sum sum = { 0 };
    double all = 0;
    for (size_t k = 0; k < labels; k++) {
        double share_of = by_rows ? at[k].truth : 1;
        sum_add(&sum, share_of * of(&at[k]));
        all += share_of;
    }
    return share(sum_value(&sum), all);
}

#define OF_LABELS(of)                                                                              \
    static double micro_##of(VALUE_PARTS)                                                          \
    {                                                                                              \
        (void)note;                                                                                \
        return micro(prepared, weight, of);                                                        \
    }                                                                                              \
    static double macro_##of(VALUE_PARTS)                                                          \
    {                                                                                              \
        (void)note;                                                                                \
        return macro(prepared, weight, of, false);                                                 \
    }                                                                                              \
    static double weighted_##of(VALUE_PARTS)                                                       \
    {                                                                                              \
        (void)note;                                                                                \
        return macro(prepared, weight, of, true);                                                  \
    }

OF_LABELS(f1_of)
OF_LABELS(precision_of)
OF_LABELS(recall_of)
OF_LABELS(jaccard_of)

static void measure_label_auc(METRIC_PARTS)
{
    labels_measure_ranked(arena, rows, options, out, LABELS_ROC_AUC);
}

static void measure_label_ap(METRIC_PARTS)
{
    labels_measure_ranked(arena, rows, options, out, LABELS_AVERAGE_PRECISION);
}

static void resample_label_auc(RESAMPLE_PARTS)
{
    labels_resample_ranked(arena, rows, options->seed, out, count, LABELS_ROC_AUC);
}

static void resample_label_ap(RESAMPLE_PARTS)
{
    labels_resample_ranked(arena, rows, options->seed, out, count, LABELS_AVERAGE_PRECISION);
}

#define SAID "; a label is said from the threshold on"
#define UNIT .higher_is_better = true, .least = 0, .most = 1
#define ROWS(word, of)                                                                             \
    .name = (word), .kinds = TRUTH_LABELS, .interval = METRIC_BCA, .measure = measure_##of,        \
    .losses = losses_##of
#define POOLED(word, of)                                                                           \
    .name = (word), .kinds = TRUTH_LABELS, UNIT, .interval = METRIC_BCA, .options = "threshold",   \
    .prepare = labels_prepare, .value = of, .edges = "0 when there is nothing to divide by"
#define AVERAGED(word, called, of, text)                                                           \
    { POOLED(word "_micro", micro_##of), .title = called " of the labels, micro",                  \
      .definition = text ", all labels pooled" SAID },                                             \
        { POOLED(word "_macro", macro_##of), .title = called " of the labels, macro",              \
          .definition = text ", each label alike" SAID },                                          \
    {                                                                                              \
        POOLED(word "_weighted", weighted_##of), .title = called " of the labels, by rows",        \
                                                 .definition = text ", labels by their rows" SAID  \
    }

static const struct metric labels[] = {
    { ROWS("subset_accuracy", subset_wrong), .title = "subset accuracy", UNIT,
      .options = "threshold", .definition = "share of rows all of whose labels are right" SAID },
    { ROWS("multilabel_hamming_loss", hamming_loss), .title = "Hamming loss of the labels",
      .least = 0, .most = 1, .options = "threshold",
      .definition = "share of labels that are wrong" SAID },
    { ROWS("multilabel_f1_samples", f1_short), .title = "F1 of the rows' labels", UNIT,
      .options = "threshold",
      .definition = "mean over rows of 2 right labels / (true + said ones)" SAID,
      .edges = "0 for a row of which nothing is true or said" },
    { ROWS("multilabel_jaccard_samples", jaccard_short),
      .title = "Jaccard index of the rows' labels", UNIT, .options = "threshold",
      .definition = "mean over rows of right labels / labels that are true or said" SAID,
      .edges = "0 for a row of which nothing is true or said" },
    { ROWS("multilabel_precision_samples", precision_short),
      .title = "precision of the rows' labels", UNIT, .options = "threshold",
      .definition = "mean over rows of right labels / said ones" SAID,
      .edges = "0 for a row of which nothing is said" },
    { ROWS("multilabel_recall_samples", recall_short), .title = "recall of the rows' labels", UNIT,
      .options = "threshold", .definition = "mean over rows of right labels / true ones" SAID,
      .edges = "0 for a row of which nothing is true" },
    AVERAGED("multilabel_f1", "F1", f1_of, "2 right / (true + said)"),
    AVERAGED("multilabel_precision", "precision", precision_of, "right / said"),
    AVERAGED("multilabel_recall", "recall", recall_of, "right / true"),
    AVERAGED("multilabel_jaccard", "Jaccard index", jaccard_of, "right / true or said"),
    { ROWS("label_ranking_average_precision", lrap_short),
      .title = "label ranking average precision", UNIT,
      .definition = "mean over rows, and over their true labels, of the share of true labels among "
                    "those scored at least as high",
      .edges = "1 for a row without true labels" },
    { ROWS("coverage_error", coverage_error), .title = "coverage error", .least = 0,
      .most = INFINITY,
      .definition = "mean over rows of how many labels, by score, must be taken to have all true "
                    "ones; equal scores are all taken",
      .edges = "0 for a row without true labels" },
    { ROWS("label_ranking_loss", ranking_loss), .title = "label ranking loss", .least = 0,
      .most = 1,
      .definition = "mean over rows of the share of pairs of a true and a false label whose scores "
                    "are not in order; ties are not",
      .edges = "0 for a row without such pairs" },
    { .name = "multilabel_roc_auc_macro",
      .title = "ROC AUC of the labels, macro",
      .kinds = TRUTH_LABELS,
      UNIT,
      .definition = "mean over labels of the area under the ROC curve",
      .interval = LABELS_INTERVAL,
      .edges = LABELS_EDGES,
      .measure = measure_label_auc,
      .resample = resample_label_auc },
    { .name = "multilabel_average_precision_macro",
      .title = "average precision of the labels, macro",
      .kinds = TRUTH_LABELS,
      UNIT,
      .definition = "mean over labels of average precision, without interpolation",
      .interval = LABELS_INTERVAL,
      .edges = LABELS_EDGES,
      .measure = measure_label_ap,
      .resample = resample_label_ap },
};
const struct metric_family metrics_labels = METRIC_FAMILY("multilabel", labels);
