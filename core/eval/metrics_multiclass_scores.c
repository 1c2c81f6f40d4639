/* Metrics of the probabilities of several classes: areas, precision by rank, the first k. */
#include "core/eval/metric_parts.h"
#include "core/eval/ranking.h"
#include <math.h>

#define NO_CLASS "a class has no rows"

/* ---- Areas ---- */

struct columns {
    size_t n, k;
    const double *truth;
    uint32_t *order, *group; /* [k * n] of each class's column, from the highest down */
    double *rows;            /* [k] */
    double *above;           /* [k] rows of each class so far */
    double *area;            /* [k * k] area(i, j): class i above class j by column i */
};

static void *columns_prepare(PREPARE_PARTS)
{
    struct columns *out = arena_new(arena, struct columns);
    size_t n = rows->n, k = rows->class_count;
    double *column = arena_array(arena, double, n);
    (void)options, (void)note;
    *out = (struct columns){ .n = n,
                             .k = k,
                             .truth = rows->truth,
                             .order = arena_array(arena, uint32_t, k * n),
                             .group = arena_array(arena, uint32_t, k * n),
                             .rows = arena_array(arena, double, k),
                             .above = arena_array(arena, double, k),
                             .area = arena_array(arena, double, k *k) };
    for (size_t c = 0; c < k; c++) {
        for (size_t i = 0; i < n; i++)
            column[i] = rows->prediction[i * k + c];
        ranking_groups(arena, column, n, out->group + c * n, out->order + c * n);
    }
    return out;
}

/* Of the rows of class c by its column: the rows of each class above them, ties half. */
static void column_count(struct columns *at, size_t c, const uint32_t *weight)
{
    const uint32_t *order = at->order + c * at->n, *group = at->group + c * at->n;
    double *above = at->above, *lost = at->area + c * at->k;
    for (size_t j = 0; j < at->k; j++)
        above[j] = lost[j] = 0;
    for (size_t i = 0, end; i < at->n; i = end) {
        double own = 0;
        for (end = i; end < at->n && group[order[end]] == group[order[i]]; end++)
            if ((size_t)at->truth[order[end]] == c)
                own += weight ? weight[order[end]] : 1;
        for (size_t j = 0; j < at->k && own > 0; j++)
            lost[j] += own * above[j];
        for (size_t r = i; r < end; r++) {
            size_t class = (size_t)at->truth[order[r]];
            double w = weight ? weight[order[r]] : 1;
            above[class] += w;
            lost[class] += own * w / 2;
        }
    }
}

static bool areas_count(struct columns *at, const uint32_t *weight, const char **note)
{
    for (size_t c = 0; c < at->k; c++)
        at->rows[c] = 0;
    for (size_t i = 0; i < at->n; i++)
        at->rows[(size_t)at->truth[i]] += weight ? weight[i] : 1;
    for (size_t c = 0; c < at->k; c++) {
        if (at->rows[c] == 0) {
            *note = NO_CLASS;
            return false;
        }
        column_count(at, c, weight);
    }
    return true;
}

/* Each class against all others. */
static double one_versus_rest(struct columns *at, bool by_rows)
{
    double n = 0, sum = 0, weights = 0;
    for (size_t c = 0; c < at->k; c++)
        n += at->rows[c];
    for (size_t c = 0; c < at->k; c++) {
        double lost = 0, weight = by_rows ? at->rows[c] : 1;
        for (size_t j = 0; j < at->k; j++)
            lost += j == c ? 0 : at->area[c * at->k + j];
        sum += weight * (1 - lost / at->rows[c] / (n - at->rows[c]));
        weights += weight;
    }
    return sum / weights;
}

/* Each pair of classes, by both of their columns (Hand & Till 2001). */
static double one_versus_one(struct columns *at, bool by_rows)
{
    double sum = 0, weights = 0;
    for (size_t a = 0; a < at->k; a++)
        for (size_t b = a + 1; b < at->k; b++) {
            double pairs = at->rows[a] * at->rows[b];
            double weight = by_rows ? at->rows[a] + at->rows[b] : 1;
            double lost = (at->area[a * at->k + b] + at->area[b * at->k + a]) / 2 / pairs;
            sum += weight * (1 - lost);
            weights += weight;
        }
    return sum / weights;
}

#define VALUE_OF_COLUMNS(name, of, by_rows)                                                        \
    static double name(VALUE_PARTS)                                                                \
    {                                                                                              \
        return areas_count(prepared, weight, note) ? of(prepared, by_rows) : NAN;                  \
    }

VALUE_OF_COLUMNS(ovr_macro, one_versus_rest, false)
VALUE_OF_COLUMNS(ovr_weighted, one_versus_rest, true)
VALUE_OF_COLUMNS(ovo_macro, one_versus_one, false)
VALUE_OF_COLUMNS(ovo_weighted, one_versus_one, true)

/* ---- Average precision ---- */

static double column_precision(struct columns *at, size_t c, const uint32_t *weight)
{
    const uint32_t *order = at->order + c * at->n, *group = at->group + c * at->n;
    double found = 0, seen = 0, sum = 0;
    for (size_t i = 0, end; i < at->n; i = end) {
        double own = 0, all = 0;
        for (end = i; end < at->n && group[order[end]] == group[order[i]]; end++) {
            double w = weight ? weight[order[end]] : 1;
            own += (size_t)at->truth[order[end]] == c ? w : 0;
            all += w;
        }
        found += own;
        seen += all;
        sum += own > 0 ? own * (found / seen) : 0;
    }
    return sum / found; /* NAN without rows of the class */
}

static double precision_averaged(struct columns *at, const uint32_t *weight, bool by_rows,
                                 const char **note)
{
    double sum = 0, weights = 0;
    for (size_t c = 0; c < at->k; c++)
        at->rows[c] = 0;
    for (size_t i = 0; i < at->n; i++)
        at->rows[(size_t)at->truth[i]] += weight ? weight[i] : 1;
    for (size_t c = 0; c < at->k; c++) {
        double w = by_rows ? at->rows[c] : 1;
        sum += at->rows[c] > 0 ? w * column_precision(at, c, weight) : NAN;
        weights += w;
    }
    if (isnan(sum))
        *note = NO_CLASS;
    return sum / weights;
}

static double precision_macro(VALUE_PARTS)
{
    return precision_averaged(prepared, weight, false, note);
}

static double precision_weighted(VALUE_PARTS)
{
    return precision_averaged(prepared, weight, true, note);
}

/* All probabilities of all rows in one order: n * k scores, of which n are of the true class. */
struct pooled {
    struct ranking all, drawn;
    struct scored rows;
    size_t n, k;
    uint32_t *weight; /* [n * k] */
};

static void *pooled_prepare(PREPARE_PARTS)
{
    struct pooled *out = arena_new(arena, struct pooled);
    size_t n = rows->n, k = rows->class_count;
    double *truth = arena_array(arena, double, n *k);
    (void)options, (void)note;
    for (size_t i = 0; i < n; i++)
        truth[i * k + (size_t)rows->truth[i]] = 1;
    out->n = n;
    out->k = k;
    out->rows = (struct scored){ .kind = TRUTH_BINARY,
                                 .n = n * k,
                                 .class_count = 2,
                                 .width = 1,
                                 .truth = truth,
                                 .prediction = rows->prediction };
    ranking_make(arena, &out->rows, true, &out->all);
    out->drawn = out->all;
    out->drawn.positives = arena_array(arena, uint32_t, out->all.group_count);
    out->drawn.negatives = arena_array(arena, uint32_t, out->all.group_count);
    out->weight = arena_array(arena, uint32_t, n * k);
    return out;
}

static double pooled_value(VALUE_PARTS)
{
    struct pooled *at = prepared;
    const struct ranking *r = weight ? &at->drawn : &at->all;
    (void)note;
    for (size_t i = 0; i < at->n * at->k && weight; i++)
        at->weight[i] = weight[i / at->k];
    if (weight)
        ranking_weigh(&at->all, &at->rows, at->weight, &at->drawn);
    return ranking_average_precision(r->positives, r->negatives, r->group_count);
}

/* ---- The first k ---- */

/* Classes before the true one: likelier, or as likely and earlier. */
static double place_of(const struct scored *rows, size_t i)
{
    const double *p = rows->prediction + i * rows->width;
    size_t truth = (size_t)rows->truth[i], before = 0;
    for (size_t c = 0; c < rows->width; c++)
        before += p[c] > p[truth] || (p[c] == p[truth] && c < truth);
    return (double)before;
}

static double first_count(const struct metric_options *options)
{
    return options->k ? (double)options->k : 2;
}

static void losses_top_k(LOSSES_PARTS)
{
    for (size_t i = 0; i < rows->n; i++)
        out[i] = place_of(rows, i) >= first_count(options);
}

static double rest(double mean, double n)
{
    (void)n;
    return 1 - mean;
}

static void measure_top_k(METRIC_PARTS)
{
    double right = 0;
    (void)arena;
    for (size_t i = 0; i < rows->n; i++)
        right += place_of(rows, i) < first_count(options);
    out->value = right / (double)rows->n;
    if (!options->without_interval)
        interval_set(out, interval_wilson(right, (double)rows->n), 0, 1);
}

#define ROW(word, prepare_, value_)                                                                \
    .name = (word), .kinds = TRUTH_CLASSES, .in_unit = true, .each_class = true, .by_class = true, \
    .higher_is_better = true, .least = 0, .most = 1, .interval = METRIC_BCA_BY_CLASS,              \
    .prepare = (prepare_), .value = (value_)
#define ABSENT .edges = "not defined when a class has no rows"

static const struct metric multiclass_scores[] = {
    { ROW("roc_auc_ovr", columns_prepare, ovr_macro), .title = "ROC AUC, one against the rest",
      ABSENT, .definition = "mean over the classes of the ROC area of the class against the rest" },
    { ROW("roc_auc_ovr_weighted", columns_prepare, ovr_weighted),
      .title = "ROC AUC, one against the rest, by rows", ABSENT,
      .definition = "mean of the ROC areas of each class against the rest, classes by their rows" },
    { ROW("roc_auc_ovo", columns_prepare, ovo_macro), .title = "ROC AUC, one against one", ABSENT,
      .definition = "mean over the pairs of classes of their ROC area, by either's probability "
                    "(Hand and Till)" },
    { ROW("roc_auc_ovo_weighted", columns_prepare, ovo_weighted),
      .title = "ROC AUC, one against one, by rows", ABSENT,
      .definition = "mean of the pairs' ROC areas, pairs by their rows" },
    { ROW("average_precision_macro", columns_prepare, precision_macro),
      .title = "average precision, macro", ABSENT,
      .definition =
          "mean over the classes of the average precision of the class against the rest" },
    { ROW("average_precision_weighted", columns_prepare, precision_weighted),
      .title = "average precision, by rows", ABSENT,
      .definition = "mean of the classes' average precisions, classes by their rows" },
    { ROW("average_precision_micro", pooled_prepare, pooled_value),
      .title = "average precision, micro",
      .definition = "average precision of all rows' probabilities of all classes in one order" },
    { .name = "top_k_accuracy",
      .title = "top-k accuracy",
      .kinds = TRUTH_CLASSES,
      .in_unit = true,
      .each_class = true,
      .higher_is_better = true,
      .least = 0,
      .most = 1,
      .options = "k",
      .definition = "share of rows whose class is among the k likeliest, of equals the first",
      .interval = "Wilson",
      .measure = measure_top_k,
      .terms = losses_top_k,
      .of_mean = rest,
      .losses = losses_top_k },
};
const struct metric_family metrics_multiclass_scores =
    METRIC_FAMILY("multiclass scores", multiclass_scores);
