/* Friedman, Iman-Davenport, Nemenyi, Bonferroni-Dunn. */
#include "core/eval/friedman.h"
#include "core/eval/normal.h"
#include "core/math/distribution.h"
#include <math.h>

/* Is a ahead of b? A NAN is behind everything else. */
static bool ahead(double a, double b, bool higher_is_better)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) && isnan(b);
    return higher_is_better ? a > b : a < b;
}

void friedman_of_ranks(struct friedman *out, double ties)
{
    double n = (double)out->sets, k = (double)out->contenders, squares = 0;
    out->chi2 = out->f = 0;
    out->p = out->p_f = 1;
    if (out->sets < 2 || out->contenders < 2)
        return;
    for (size_t j = 0; j < out->contenders; j++)
        squares += out->mean_ranks[j] * out->mean_ranks[j];
    double factor = 1 - ties / (n * k * (k * k - 1));
    if (!(factor > 1e-12))
        return;
    out->chi2 = 12 * n / (k * (k + 1)) * (squares - k * (k + 1) * (k + 1) / 4) / factor;
    out->p = chi2_above(out->chi2, k - 1);
    double below = n * (k - 1) - out->chi2;
    out->f = below > 1e-9 * n ? (n - 1) * out->chi2 / below : INFINITY;
    out->p_f = f_above(out->f, k - 1, (k - 1) * (n - 1));
}

struct friedman friedman_test(struct arena *arena, const double *value, size_t sets,
                              size_t contenders, bool higher_is_better)
{
    struct friedman out = { .sets = sets,
                            .contenders = contenders,
                            .mean_ranks = arena_array(arena, double, contenders) };
    double ties = 0;
    for (size_t i = 0; i < sets; i++)
        for (size_t j = 0; j < contenders; j++) {
            const double *row = value + i * contenders;
            double before = 0, equal = 0;
            for (size_t l = 0; l < contenders; l++) {
                before += ahead(row[l], row[j], higher_is_better);
                equal += !ahead(row[l], row[j], higher_is_better) &&
                         !ahead(row[j], row[l], higher_is_better);
            }
            out.mean_ranks[j] += (before + (equal + 1) / 2) / (double)sets;
            ties += equal * equal - 1; /* summed over the group: t^3 - t */
        }
    friedman_of_ranks(&out, ties);
    return out;
}

double nemenyi_q(size_t contenders, double alpha)
{
    return studentized_range_quantile(1 - alpha, contenders) * M_SQRT1_2;
}

double bonferroni_dunn_q(size_t contenders, double alpha)
{
    return contenders < 2 ? NAN : -normal_quantile(alpha / (2 * ((double)contenders - 1)));
}

static double rank_error(size_t contenders, size_t sets)
{
    double k = (double)contenders;
    return sqrt(k * (k + 1) / (6 * (double)sets));
}

double nemenyi_difference(size_t contenders, size_t sets, double alpha)
{
    return nemenyi_q(contenders, alpha) * rank_error(contenders, sets);
}

double bonferroni_dunn_difference(size_t contenders, size_t sets, double alpha)
{
    return bonferroni_dunn_q(contenders, alpha) * rank_error(contenders, sets);
}

double nemenyi_p(double rank_difference, size_t contenders, size_t sets)
{
    double q = fabs(rank_difference) / rank_error(contenders, sets) * M_SQRT2;
    return 1 - studentized_range_below(q, contenders);
}
