/* Shake-up, sample sizes, what a board tells. */
#include "core/eval/shakeup.h"
#include "core/eval/draws.h"
#include "core/eval/normal.h"
#include "core/math/order.h"
#include "core/math/sum.h"
#include <math.h>
#include <stdlib.h>

struct placed {
    double score; /* higher is better; NAN is -INFINITY */
    size_t at;
};

static int best_first(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

void places_of(struct arena *arena, const double *score, size_t n, bool higher_is_better,
               size_t *out)
{
    struct placed *placed = arena_array(arena, struct placed, n);
    for (size_t i = 0; i < n; i++) {
        double oriented = higher_is_better ? score[i] : -score[i];
        placed[i] = (struct placed){ isnan(oriented) ? -INFINITY : oriented, i };
    }
    qsort(placed, n, sizeof *placed, best_first);
    for (size_t i = 0; i < n; i++)
        out[placed[i].at] = i + 1;
}

double kendall_tau(const double *a, const double *b, size_t n)
{
    double agree = 0, a_pairs = 0, b_pairs = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double x = (double)(a[i] > a[j]) - (double)(a[i] < a[j]);
            double y = (double)(b[i] > b[j]) - (double)(b[i] < b[j]);
            agree += x * y;
            a_pairs += x * x;
            b_pairs += y * y;
        }
    return agree / sqrt(a_pairs * b_pairs);
}

static double moved(const size_t *here, const size_t *there, size_t n, size_t best)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        if (there[i] > best)
            continue;
        sum += fabs((double)here[i] - (double)there[i]) / (double)n;
        count++;
    }
    return sum / count;
}

static bool same_winner(const size_t *here, const size_t *there, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (here[i] == 1)
            return there[i] == 1;
    return false;
}

struct shakeup shakeup(struct arena *arena, const double *public_score, const double *private_score,
                       size_t n, bool higher_is_better, double share)
{
    size_t *here = arena_array(arena, size_t, n), *there = arena_array(arena, size_t, n);
    places_of(arena, public_score, n, higher_is_better, here);
    places_of(arena, private_score, n, higher_is_better, there);
    return (struct shakeup){
        .all = moved(here, there, n, n),
        .best = moved(here, there, n, (size_t)ceil(share * (double)n - 1e-9)),
        .tau = kendall_tau(public_score, private_score, n),
        .same_winner = same_winner(here, there, n),
    };
}

static void drawn_means(const struct shakeup_design *design, uint64_t *state, size_t rows,
                        double *out)
{
    for (size_t k = 0; k < design->count; k++)
        out[k] = 0;
    for (size_t i = 0; i < rows; i++) { /* the same rows for all */
        size_t row = draw_row(state, design->rows);
        for (size_t k = 0; k < design->count; k++)
            out[k] += design->loss[k][row] / (double)rows;
    }
}

struct shakeup_noise shakeup_by_chance(struct arena *arena, const struct shakeup_design *design)
{
    size_t n = design->count;
    double *moves = arena_array(arena, double, design->draws), winners = 0;
    double *means = arena_array(arena, double, n);
    size_t *here = arena_array(arena, size_t, n), *there = arena_array(arena, size_t, n);
    uint64_t state = design->seed;
    for (size_t b = 0; b < design->draws; b++) {
        scoped_arena scratch = arena_open(NULL);
        drawn_means(design, &state, design->public_rows, means);
        places_of(scratch, means, n, false, here);
        drawn_means(design, &state, design->private_rows, means);
        places_of(scratch, means, n, false, there);
        moves[b] = moved(here, there, n, n);
        winners += same_winner(here, there, n);
    }
    double mean = mean_of(moves, design->draws);
    struct interval range = interval_percentile(moves, design->draws);
    return (struct shakeup_noise){ mean, range.low, range.high, winners / (double)design->draws };
}

double rows_needed(double difference, double discordant, double alpha, double power)
{
    double d = fabs(difference), beyond = -normal_quantile(alpha / 2);
    if (!(d > 0) || !(discordant >= d))
        return INFINITY;
    double root = (beyond * sqrt(discordant) +
                   normal_quantile(power) * sqrt(discordant - difference * difference)) /
                  d;
    return ceil(root * root);
}

/* The mean of the largest of k standard normal values; the trapezoid rule is exact to rounding. */
double best_of_inflation(size_t k)
{
    const double step = 1.0 / 64, end = 12;
    double sum = 0;
    for (int i = 0; i <= (int)(2 * end / step); i++) {
        double z = -end + i * step;
        sum += z * (double)k * pow(normal_below(z), (double)k - 1) * exp(-z * z / 2);
    }
    return k ? sum * step / sqrt(2 * M_PI) : NAN;
}

double accuracy_bits(double n, int digits)
{
    return log2(fmin(n, pow(10, digits)) + 1);
}

double ladder_bits(size_t k, double eta, double span)
{
    size_t steps = (size_t)floor(span / eta + 1e-9);
    double choose = 0, log_sum = 0; /* natural logarithms: the numbers are huge */
    for (size_t i = 1; i <= k && i <= steps; i++) {
        choose += log((double)(k - i + 1) / (double)i);
        log_sum = choose > log_sum ? choose + log1p(exp(log_sum - choose))
                                   : log_sum + log1p(exp(choose - log_sum));
    }
    return log_sum / M_LN2;
}

double log_loss_labels(double n, int digits, double clip)
{
    double span = log((1 - clip) / clip), step = n * pow(10, -digits);
    return fmax(0, floor(log2(span / step)) + 1);
}
