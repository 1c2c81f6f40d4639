/* Metrics of two and more classes, as they are said: averages over classes, agreement. */
#include "core/eval/confusion.h"
#include <math.h>

#define CHANCE "all rows are and are said to be of one class"

struct parts {
    double hit, truth, said, beta;
};

static double precision(struct parts c)
{
    return c.said > 0 ? c.hit / c.said : 0;
}

static double recall(struct parts c)
{
    return c.truth > 0 ? c.hit / c.truth : 0;
}

static double f1(struct parts c)
{
    return c.hit > 0 ? 2 * c.hit / (c.truth + c.said) : 0;
}

static double fbeta(struct parts c)
{
    double square = c.beta * c.beta;
    return c.hit > 0 ? (1 + square) * c.hit / (square * c.truth + c.said) : 0;
}

static double jaccard(struct parts c)
{
    return c.hit > 0 ? c.hit / (c.truth + c.said - c.hit) : 0;
}

#define SET_TO_0 "a class without rows, or that no row is said to be of, counted as 0"

/* Over the classes that are or are said; each alike, or by its rows. */
static double averaged(const struct confusion *c, double (*of)(struct parts), double beta,
                       bool by_rows, const char **note)
{
    double sum = 0, weights = 0;
    for (size_t k = 0; k < c->classes; k++) {
        if (c->truth[k] + c->said[k] == 0)
            continue;
        double weight = by_rows ? c->truth[k] : 1;
        sum += weight * of((struct parts){ c->hit[k], c->truth[k], c->said[k], beta });
        weights += weight;
        if (weight > 0 && (c->truth[k] == 0 || c->said[k] == 0))
            *note = SET_TO_0;
    }
    return sum / weights;
}

static double pooled(const struct confusion *c, double (*of)(struct parts), double beta)
{
    return of((struct parts){ c->right, c->n, c->n, beta });
}

#define AVERAGES(name)                                                                             \
    static double name##_macro(VALUE_PARTS)                                                        \
    {                                                                                              \
        return averaged(confusion_count(prepared, weight), name,                                   \
                        confusion_options(prepared)->beta, false, note);                           \
    }                                                                                              \
    static double name##_weighted(VALUE_PARTS)                                                     \
    {                                                                                              \
        return averaged(confusion_count(prepared, weight), name,                                   \
                        confusion_options(prepared)->beta, true, note);                            \
    }                                                                                              \
    static double name##_micro(VALUE_PARTS)                                                        \
    {                                                                                              \
        (void)note;                                                                                \
        return pooled(confusion_count(prepared, weight), name, confusion_options(prepared)->beta); \
    }

AVERAGES(precision)
AVERAGES(recall)
AVERAGES(f1)
AVERAGES(fbeta)
AVERAGES(jaccard)

static double accuracy(const struct confusion *c, const char **note)
{
    (void)note;
    return c->right / c->n;
}

static double zero_one(const struct confusion *c, const char **note)
{
    (void)note;
    return (c->n - c->right) / c->n;
}

static size_t classes_of_truth(const struct confusion *c)
{
    size_t count = 0;
    for (size_t k = 0; k < c->classes; k++)
        count += c->truth[k] > 0;
    return count;
}

static double balanced(const struct confusion *c, const char **note)
{
    double sum = 0;
    (void)note;
    for (size_t k = 0; k < c->classes; k++)
        sum += c->truth[k] > 0 ? c->hit[k] / c->truth[k] : 0;
    return sum / (double)classes_of_truth(c);
}

static double balanced_adjusted(const struct confusion *c, const char **note)
{
    double chance = 1 / (double)classes_of_truth(c);
    if (chance < 1)
        return (balanced(c, note) - chance) / (1 - chance);
    *note = "the rows are all of one class";
    return NAN;
}

static double matthews(const struct confusion *c, const char **note)
{
    double agree = c->n * c->right, said = c->n * c->n, truth = c->n * c->n;
    for (size_t k = 0; k < c->classes; k++) {
        agree -= c->truth[k] * c->said[k];
        said -= c->said[k] * c->said[k];
        truth -= c->truth[k] * c->truth[k];
    }
    if (said > 0 && truth > 0)
        return agree / sqrt(said) / sqrt(truth);
    *note = "all rows are, or are said to be, of one class: set to 0";
    return 0;
}

static double beyond_chance(double observed, double expected, const char **note)
{
    if (expected > 0)
        return 1 - observed / expected;
    *note = CHANCE;
    return NAN;
}

static double kappa(const struct confusion *c, const char **note)
{
    double expected = c->n * c->n;
    for (size_t k = 0; k < c->classes; k++)
        expected -= c->truth[k] * c->said[k];
    return beyond_chance(c->n - c->right, expected / c->n, note);
}

/* The distance of two independent draws: at each cut, the chance that it parts them. */
static double kappa_linear(const struct confusion *c, const char **note)
{
    double expected = 0, truth = 0, said = 0;
    for (size_t k = 0; k + 1 < c->classes; k++) {
        truth += c->truth[k];
        said += c->said[k];
        expected += truth * (c->n - said) + (c->n - truth) * said;
    }
    return beyond_chance(c->apart, expected / c->n, note);
}

static double kappa_quadratic(const struct confusion *c, const char **note)
{
    double truth = 0, said = 0, squares = 0;
    for (size_t k = 0; k < c->classes; k++) {
        double at = (double)k;
        truth += at * c->truth[k];
        said += at * c->said[k];
        squares += at * at * (c->truth[k] + c->said[k]);
    }
    return beyond_chance(c->squared, squares - 2 * truth * said / c->n, note);
}

VALUE_OF_CONFUSION(accuracy)
VALUE_OF_CONFUSION(zero_one)
VALUE_OF_CONFUSION(balanced)
VALUE_OF_CONFUSION(balanced_adjusted)
VALUE_OF_CONFUSION(matthews)
VALUE_OF_CONFUSION(kappa)
VALUE_OF_CONFUSION(kappa_linear)
VALUE_OF_CONFUSION(kappa_quadratic)

static void parts_right(void *prepared, double *hits, double *of)
{
    const struct confusion *c = confusion_count(prepared, NULL);
    *hits = c->right;
    *of = c->n;
}

static void parts_wrong(void *prepared, double *hits, double *of)
{
    const struct confusion *c = confusion_count(prepared, NULL);
    *hits = c->n - c->right;
    *of = c->n;
}

/* Mutual information: the cells that occur, with their rows. */
struct cells_that_occur {
    size_t n, cell_count;
    const uint32_t *cell;         /* [n] */
    const uint32_t *truth, *said; /* [cell_count] */
    double *count, *of_truth, *of_said;
};

static void *information_prepare(PREPARE_PARTS)
{
    struct cells_that_occur *out = arena_new(arena, struct cells_that_occur);
    size_t classes = rows->class_count, count = 0;
    uint32_t *square = arena_array(arena, uint32_t, classes * classes);
    uint32_t *cell = arena_array(arena, uint32_t, rows->n);
    uint32_t *truth = arena_array(arena, uint32_t, rows->n);
    uint32_t *said = arena_array(arena, uint32_t, rows->n);
    (void)note;
    for (size_t i = 0; i < rows->n; i++) {
        size_t is = (size_t)rows->truth[i], says = said_class(rows, i, options);
        uint32_t *at = &square[is * classes + says];
        if (*at == 0) {
            truth[count] = (uint32_t)is;
            said[count] = (uint32_t)says;
            *at = (uint32_t)++count;
        }
        cell[i] = *at - 1;
    }
    *out = (struct cells_that_occur){ rows->n, count, cell, truth, said, NULL, NULL, NULL };
    out->count = arena_array(arena, double, count);
    out->of_truth = arena_array(arena, double, classes);
    out->of_said = arena_array(arena, double, classes);
    return out;
}

static double information_value(VALUE_PARTS)
{
    struct cells_that_occur *at = prepared;
    double n = 0, sum = 0;
    (void)note;
    for (size_t c = 0; c < at->cell_count; c++)
        at->count[c] = at->of_truth[at->truth[c]] = at->of_said[at->said[c]] = 0;
    for (size_t i = 0; i < at->n; i++)
        at->count[at->cell[i]] += weight ? weight[i] : 1;
    for (size_t c = 0; c < at->cell_count; c++) {
        at->of_truth[at->truth[c]] += at->count[c];
        at->of_said[at->said[c]] += at->count[c];
        n += at->count[c];
    }
    for (size_t c = 0; c < at->cell_count; c++)
        if (at->count[c] > 0)
            sum += at->count[c] / n *
                   log(at->count[c] / at->of_truth[at->truth[c]] * n / at->of_said[at->said[c]]);
    return fmax(0, sum);
}

#define ROW(word, how)                                                                             \
    .name = (word), .kinds = METRIC_CLASSES, .in_unit = true, .options = "threshold",              \
    .prepare = confusion_prepare, .value = (how)
#define BY_CLASS .by_class = true, .interval = METRIC_BCA_BY_CLASS
#define UNIT .higher_is_better = true, .least = 0, .most = 1, BY_CLASS
#define SIGNED(from) .higher_is_better = true, .least = (from), .most = 1, .interval = METRIC_BCA
#define EACH "; every class alike, those left out that are neither there nor said"
#define BY_ROWS "; classes by their rows"
#define POOLED "; all classes pooled, which of one class a row is the accuracy"
#define NOTHING "0 for a class without rows or that is not said"
#define AVERAGED(word, called, of, text)                                                           \
    { ROW(word "_macro", of##_macro), .title = called ", macro", UNIT, .definition = text EACH,    \
      .edges = NOTHING },                                                                          \
    {                                                                                              \
        ROW(word "_weighted", of##_weighted), .title = called ", by rows", UNIT,                   \
                                              .definition = text BY_ROWS, .edges = NOTHING         \
    }
#define MICRO(word, called, of, text)                                                              \
    {                                                                                              \
        ROW(word "_micro", of##_micro), .title = called ", micro", .higher_is_better = true,       \
                                        .least = 0, .most = 1, .definition = text POOLED,          \
                                        .interval = "Wilson", .share = parts_right                 \
    }
#define PRECISION "rows rightly said to be of a class / rows said to be of it"
#define RECALL "rows rightly said to be of a class / rows of it"
#define F1 "2 hits / (rows of the class + rows said to be of it)"
#define FBETA "F of a class with recall counting beta times as much as precision"
#define JACCARD "hits / rows that are or are said to be of the class"

static const struct metric multiclass[] = {
    { ROW("accuracy", value_accuracy), .title = "accuracy", .higher_is_better = true, .least = 0,
      .most = 1,
      .definition =
          "share of rows whose class is right; of two class 1 from the threshold on, else "
          "the likeliest, the first of equals",
      .interval = "Wilson", .measure = measure_accuracy, .losses = losses_accuracy },
    { ROW("zero_one_loss", value_zero_one), .title = "zero-one loss", .least = 0, .most = 1,
      .definition = "share of rows whose class is wrong, 1 - accuracy", .interval = "Wilson",
      .losses = losses_accuracy, .share = parts_wrong },
    { ROW("hamming_loss", value_zero_one), .title = "Hamming loss", .least = 0, .most = 1,
      .definition = "share of wrong labels; of one class a row the zero_one_loss",
      .interval = "Wilson", .losses = losses_accuracy, .share = parts_wrong },
    { ROW("balanced_accuracy", value_balanced), .title = "balanced accuracy", UNIT,
      .definition = "mean of the classes' recalls", .edges = "classes without rows are left out" },
    { ROW("balanced_accuracy_adjusted", value_balanced_adjusted),
      .title = "balanced accuracy over chance", .higher_is_better = true, .least = -INFINITY,
      .most = 1, BY_CLASS,
      .definition = "balanced accuracy, moved and scaled so that chance is 0 and all right is 1",
      .edges = "not defined for rows of one class" },
    AVERAGED("precision", "precision", precision, PRECISION),
    MICRO("precision", "precision", precision, PRECISION),
    AVERAGED("recall", "recall", recall, RECALL),
    MICRO("recall", "recall", recall, RECALL),
    AVERAGED("f1", "F1", f1, F1),
    MICRO("f1", "F1", f1, F1),
    AVERAGED("fbeta", "F-beta", fbeta, FBETA),
    MICRO("fbeta", "F-beta", fbeta, FBETA),
    AVERAGED("jaccard", "Jaccard index", jaccard, JACCARD),
    { ROW("jaccard_micro", jaccard_micro), .title = "Jaccard index, micro", UNIT,
      .definition = JACCARD "; all classes pooled: right rows / (2 rows - right rows)" },
    { ROW("matthews_corrcoef", value_matthews), .title = "Matthews correlation", SIGNED(-1),
      .definition =
          "correlation of what is said with what is true (Gorodkin's for several classes)",
      .edges = "0 when all rows are, or are said to be, of one class" },
    { ROW("cohen_kappa", value_kappa), .title = "Cohen's kappa", SIGNED(-INFINITY),
      .definition = "agreement beyond chance: 1 - wrong rows / rows wrong by chance",
      .edges = "not defined when all rows are and are said to be of one class" },
    { ROW("cohen_kappa_linear", value_kappa_linear), .title = "Cohen's kappa, linear weights",
      SIGNED(-INFINITY),
      .definition = "kappa with errors counting by their distance in the order of the classes",
      .edges = "not defined when all rows are and are said to be of one class" },
    { ROW("cohen_kappa_quadratic", value_kappa_quadratic),
      .title = "Cohen's kappa, quadratic weights", SIGNED(-INFINITY),
      .definition =
          "kappa with errors counting by the square of their distance in the order of the "
          "classes",
      .edges = "not defined when all rows are and are said to be of one class" },
    { .name = "mutual_info",
      .title = "mutual information",
      .kinds = METRIC_CLASSES,
      .in_unit = true,
      .by_class = true,
      .options = "threshold",
      .higher_is_better = true,
      .least = 0,
      .most = INFINITY,
      .definition = "information in nats that what is said gives on what is true",
      .interval = METRIC_BCA_BY_CLASS,
      .prepare = information_prepare,
      .value = information_value },
};
const struct metric_family metrics_multiclass = METRIC_FAMILY("multiclass", multiclass);
