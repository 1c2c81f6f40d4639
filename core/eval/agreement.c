/* Kappa, alpha, intraclass correlation. */
#include "core/eval/agreement.h"
#include "core/eval/normal.h"
#include "core/math/order.h"
#include <math.h>

static double weight_of(size_t i, size_t j, enum kappa_weights weights)
{
    double apart = i > j ? (double)(i - j) : (double)(j - i);
    return weights == KAPPA_PLAIN ? i != j : weights == KAPPA_LINEAR ? apart : apart * apart;
}

static double row_sum(const double *table, size_t k, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j < k; j++)
        sum += table[i * k + j];
    return sum;
}

static double column_sum(const double *table, size_t k, size_t j)
{
    double sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += table[i * k + j];
    return sum;
}

static double table_sum(const double *table, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < k * k; i++)
        sum += table[i];
    return sum;
}

double cohen_kappa(const double *table, size_t k, enum kappa_weights weights)
{
    double n = table_sum(table, k), observed = 0, expected = 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            double weight = weight_of(i, j, weights);
            observed += weight * table[i * k + j];
            expected += weight * row_sum(table, k, i) * column_sum(table, k, j) / n;
        }
    return expected > 0 ? 1 - observed / expected : NAN;
}

double cohen_kappa_variance(const double *table, size_t k)
{
    double n = table_sum(table, k), agreed = 0, chance = 0, diagonal = 0, off = 0;
    for (size_t i = 0; i < k; i++) {
        agreed += table[i * k + i] / n;
        chance += row_sum(table, k, i) * column_sum(table, k, i) / (n * n);
    }
    if (!(chance < 1))
        return NAN;
    double kappa = (agreed - chance) / (1 - chance);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            double share = table[i * k + j] / n;
            double a = (row_sum(table, k, i) + column_sum(table, k, i)) / n;
            double b = (column_sum(table, k, i) + row_sum(table, k, j)) / n;
            if (i == j)
                diagonal += share * (1 - a * (1 - kappa)) * (1 - a * (1 - kappa));
            else
                off += share * b * b;
        }
    double last = kappa - chance * (1 - kappa);
    return (diagonal + (1 - kappa) * (1 - kappa) * off - last * last) /
           (n * (1 - chance) * (1 - chance));
}

struct interval cohen_kappa_interval(const double *table, size_t k)
{
    double kappa = cohen_kappa(table, k, KAPPA_PLAIN);
    double half = NORMAL_975 * sqrt(cohen_kappa_variance(table, k));
    return (struct interval){ kappa - half, kappa + half };
}

double fleiss_kappa(const double *table, size_t n, size_t k)
{
    double raters = n ? 0 : NAN, agreed = 0, chance = 0;
    for (size_t j = 0; n && j < k; j++)
        raters += table[j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < k; j++)
            agreed += table[i * k + j] * (table[i * k + j] - 1);
    agreed /= (double)n * raters * (raters - 1);
    for (size_t j = 0; j < k; j++) {
        double share = 0;
        for (size_t i = 0; i < n; i++)
            share += table[i * k + j] / ((double)n * raters);
        chance += share * share;
    }
    return chance < 1 ? (agreed - chance) / (1 - chance) : NAN;
}

struct values { /* distinct ones, rising, and how often each is paired */
    double *at, *weight;
    size_t count;
};

static size_t value_find(const struct values *values, double x)
{
    size_t low = 0, high = values->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (values->at[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* How far two values lie apart at the level, squared. */
static double apart(const struct values *values, size_t i, size_t j, enum level level)
{
    double a = values->at[i], b = values->at[j], between = 0;
    if (level == LEVEL_NOMINAL)
        return i != j;
    if (level == LEVEL_INTERVAL)
        return (a - b) * (a - b);
    if (level == LEVEL_RATIO)
        return a + b == 0 ? 0 : (a - b) / (a + b) * ((a - b) / (a + b));
    for (size_t v = i < j ? i : j; v <= (i < j ? j : i); v++)
        between += values->weight[v];
    between -= (values->weight[i] + values->weight[j]) / 2;
    return between * between;
}

static struct values values_make(struct arena *arena, const double *rating, size_t count)
{
    struct values out = { arena_array(arena, double, count), arena_array(arena, double, count), 0 };
    size_t there = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(rating[i]))
            out.at[there++] = rating[i];
    sort_numbers(out.at, there);
    for (size_t i = 0; i < there; i++)
        if (out.count == 0 || out.at[i] != out.at[out.count - 1])
            out.at[out.count++] = out.at[i];
    return out;
}

double krippendorff_alpha(struct arena *arena, const double *rating, size_t raters, size_t units,
                          enum level level)
{
    struct values values = values_make(arena, rating, raters * units);
    size_t count = values.count;
    double *pairs = arena_array(arena, double, count *count), n = 0, observed = 0, expected = 0;
    for (size_t u = 0; u < units; u++) {
        double said = 0;
        for (size_t r = 0; r < raters; r++)
            said += !isnan(rating[r * units + u]);
        for (size_t a = 0; a < raters && said > 1; a++)
            for (size_t b = 0; b < raters; b++) {
                double x = rating[a * units + u], y = rating[b * units + u];
                if (a != b && !isnan(x) && !isnan(y))
                    pairs[value_find(&values, x) * count + value_find(&values, y)] +=
                        1 / (said - 1);
            }
    }
    for (size_t i = 0; i < count; i++) {
        values.weight[i] = row_sum(pairs, count, i);
        n += values.weight[i];
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            double far = apart(&values, i, j, level);
            observed += pairs[i * count + j] * far;
            expected += values.weight[i] * values.weight[j] * far;
        }
    return expected > 0 ? 1 - (n - 1) * observed / expected : NAN;
}

struct icc intraclass(const double *rating, size_t targets, size_t k)
{
    double n = (double)targets, c = (double)k, mean = 0, rows = 0, columns = 0, all = 0;
    if (targets < 2 || k < 2)
        return (struct icc){ NAN, NAN, NAN, NAN, NAN, NAN };
    for (size_t i = 0; i < targets * k; i++)
        mean += rating[i] / (n * c);
    for (size_t i = 0; i < targets; i++) {
        double off = row_sum(rating + i * k, k, 0) / c - mean;
        rows += c * off * off;
    }
    for (size_t j = 0; j < k; j++) {
        double off = -mean;
        for (size_t i = 0; i < targets; i++)
            off += rating[i * k + j] / n;
        columns += n * off * off;
    }
    for (size_t i = 0; i < targets * k; i++)
        all += (rating[i] - mean) * (rating[i] - mean);
    double between = rows / (n - 1), raters = columns / (c - 1);
    double rest = (all - rows - columns) / ((n - 1) * (c - 1)),
           within = (all - rows) / (n * (c - 1));
    return (struct icc){
        .icc11 = (between - within) / (between + (c - 1) * within),
        .icc21 = (between - rest) / (between + (c - 1) * rest + c * (raters - rest) / n),
        .icc31 = (between - rest) / (between + (c - 1) * rest),
        .icc1k = (between - within) / between,
        .icc2k = (between - rest) / (between + (raters - rest) / n),
        .icc3k = (between - rest) / between,
    };
}
