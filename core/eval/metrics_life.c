/* Metrics of remaining useful life. */
#include "core/eval/metric_parts.h"
#include <math.h>

#define MOST 100 /* larger errors count as so large: exp(10) already ends every contest */

/* The score of the PHM 2008 challenge: too late costs more than too early. */
static void losses_phm08(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        double late = rows->prediction[i] - rows->truth[i];
        late = fmax(-MOST, fmin(MOST, late));
        out[i] = expm1(late < 0 ? -late / 13 : late / 10);
    }
}

static void losses_outside(LOSSES_PARTS)
{
    for (size_t i = 0; i < rows->n; i++) {
        double late = rows->prediction[i] - rows->truth[i];
        out[i] = late < -options->early || late > options->late;
    }
}

static void losses_late(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = rows->prediction[i] > rows->truth[i];
}

static const char *clamped(struct arena *arena, const struct scored *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->n; i++)
        count += fabs(rows->prediction[i] - rows->truth[i]) > MOST;
    return count ? arena_print(arena, "the errors of %zu rows are beyond %d and count as %d", count,
                               MOST, MOST)
                 : "";
}

static void share_set(const struct scored *rows, const struct metric_options *options,
                      struct metric_value *out, void (*losses)(LOSSES_PARTS), bool of_others)
{
    double right = 0, loss;
    for (size_t i = 0; i < rows->n; i++) {
        struct scored row = { .n = 1,
                              .truth = &rows->truth[i],
                              .prediction = &rows->prediction[i] };
        losses(&row, options, &loss);
        right += of_others ? 1 - loss : loss;
    }
    out->value = right / (double)rows->n;
    if (!options->without_interval)
        interval_set(out, interval_wilson(right, (double)rows->n), 0, 1);
}

static void measure_accuracy_of_life(METRIC_PARTS)
{
    (void)arena;
    share_set(rows, options, out, losses_outside, true);
}

static void measure_late(METRIC_PARTS)
{
    (void)arena;
    share_set(rows, options, out, losses_late, false);
}

static double mean_rest(double mean, double n)
{
    (void)n;
    return 1 - mean;
}

static void measure_phm08(METRIC_PARTS)
{
    static const struct metric sum = { .terms = losses_phm08,
                                       .of_mean = mean_sum,
                                       .most = INFINITY };
    measure_mean(arena, &sum, rows, options, out);
    out->note = *out->note ? out->note : clamped(arena, rows);
}

static void measure_phm08_mean(METRIC_PARTS)
{
    static const struct metric mean = { .terms = losses_phm08, .most = INFINITY };
    measure_mean(arena, &mean, rows, options, out);
    out->note = *out->note ? out->note : clamped(arena, rows);
}

#define ROW(word, losses_)                                                                         \
    .name = (word), .kinds = TRUTH_NUMBER, .least = 0, .terms = (losses_), .losses = (losses_)
#define CLAMPED "errors beyond 100 count as 100, and a note says how many"

static const struct metric life[] = {
    { ROW("phm08_score", losses_phm08), .title = "PHM08 score", .most = INFINITY,
      .definition = "sum of exp(d / 10) - 1 for predictions d too late and exp(-d / 13) - 1 for "
                    "those too early",
      .interval = METRIC_BCA, .edges = CLAMPED, .of_mean = mean_sum, .measure = measure_phm08 },
    { ROW("phm08_score_mean", losses_phm08), .title = "mean PHM08 score", .most = INFINITY,
      .definition = "phm08_score / rows", .interval = METRIC_BCA, .edges = CLAMPED,
      .measure = measure_phm08_mean },
    { ROW("rul_accuracy", losses_outside), .title = "share of tolerable predictions",
      .higher_is_better = true, .most = 1, .options = "early late",
      .definition = "share of rows predicted at most early too early and at most late too late",
      .interval = "Wilson", .of_mean = mean_rest, .measure = measure_accuracy_of_life },
    { ROW("rul_late_share", losses_late), .title = "share of late predictions", .most = 1,
      .definition = "share of rows predicted later than true", .interval = "Wilson",
      .measure = measure_late },
};
const struct metric_family metrics_life = METRIC_FAMILY("remaining life", life);
