/* Drawing parameters blindly, from a grid and by the tree-structured Parzen estimator. */
#include "core/learn/search_draw.h"
#include "core/data/number.h"
#include "core/math/order.h"
#include <math.h>
#include <stdlib.h>

#define GOOD_SHARE 0.2 /* of the trials are the good ones */
#define GOOD_MOST 25
#define CANDIDATES 24

size_t search_steps(const struct search_param *param)
{
    return param->choice_count ? param->choice_count : param->steps ? param->steps : SEARCH_STEPS;
}

double search_grid_value(const struct search_param *param, size_t at)
{
    size_t steps = search_steps(param);
    if (param->choice_count)
        return (double)at;
    return steps > 1 ? (double)at / (double)(steps - 1) : 0.5;
}

double search_draw_any(const struct search_param *param, struct random *random)
{
    return param->choice_count ? (double)random_below(random, param->choice_count)
                               : random_unit(random);
}

struct str search_text(struct arena *arena, const struct search_param *param, double value)
{
    if (param->choice_count)
        return param->choices[(size_t)value];
    double low = param->low, high = param->high;
    double real = param->logarithmic ? exp(log(low) + value * (log(high) - log(low)))
                                     : low + value * (high - low);
    real = fmin(fmax(real, low), high);
    if (param->whole)
        return str_of(arena_print(arena, "%.0f", round(real)));
    /* four digits are enough to repeat it, and can be read */
    return str_of(arena_print(
        arena, "%.4g", fmin(fmax(strtod(arena_print(arena, "%.4g", real), NULL), low), high)));
}

/* A mixture of normal kernels at the values seen and one uniform part, on [0, 1]. */
struct parzen {
    size_t count;
    double *at, *width; /* [count] rising */
};

static struct parzen parzen_make(struct arena *arena, const double *seen, size_t count)
{
    struct parzen p = { count, arena_array(arena, double, count),
                        arena_array(arena, double, count) };
    memcpy(p.at, seen, count * sizeof *seen);
    sort_numbers(p.at, count);
    double least = 1 / fmin(100, (double)count + 2);
    for (size_t i = 0; i < count; i++) {
        double left = i ? p.at[i] - p.at[i - 1] : p.at[i];
        double right = i + 1 < count ? p.at[i + 1] - p.at[i] : 1 - p.at[i];
        p.width[i] = fmin(fmax(fmax(left, right), least), 1);
    }
    return p;
}

static double normal_mass(double low, double high)
{
    return 0.5 * (erf(high / sqrt(2)) - erf(low / sqrt(2)));
}

static double parzen_density(const struct parzen *p, double x)
{
    double sum = 1; /* the uniform part */
    for (size_t i = 0; i < p->count; i++) {
        double z = (x - p->at[i]) / p->width[i];
        double inside = normal_mass(-p->at[i] / p->width[i], (1 - p->at[i]) / p->width[i]);
        sum += exp(-z * z / 2) / (p->width[i] * sqrt(2 * M_PI) * inside);
    }
    return sum / (double)(p->count + 1);
}

static double parzen_draw(const struct parzen *p, struct random *random)
{
    size_t part = random_below(random, p->count + 1);
    if (part == p->count)
        return random_unit(random);
    for (size_t attempt = 0; attempt < 100; attempt++) {
        double x = p->at[part] + p->width[part] * random_normal(random);
        if (x >= 0 && x <= 1)
            return x;
    }
    return p->at[part];
}

/* The values of one parameter in the good and in the bad trials. */
struct sides {
    const double *good, *bad;
    size_t good_count, bad_count;
};

static double range_draw(struct arena *arena, const struct sides *sides, struct random *random)
{
    struct parzen good = parzen_make(arena, sides->good, sides->good_count);
    struct parzen bad = parzen_make(arena, sides->bad, sides->bad_count);
    double best = 0, most = -INFINITY;
    for (size_t c = 0; c < CANDIDATES; c++) {
        double x = parzen_draw(&good, random);
        double gain = log(parzen_density(&good, x)) - log(parzen_density(&bad, x));
        if (gain > most) {
            most = gain;
            best = x;
        }
    }
    return best;
}

static double choice_share(const double *seen, size_t count, size_t choice, size_t choices)
{
    double hits = 1;
    for (size_t i = 0; i < count; i++)
        hits += seen[i] == (double)choice;
    return hits / (double)(count + choices);
}

static double choice_draw(const struct sides *sides, size_t choices, struct random *random)
{
    double best = 0, most = -INFINITY;
    for (size_t c = 0; c < CANDIDATES; c++) {
        double level = random_unit(random);
        size_t x = 0;
        while (x + 1 < choices) {
            level -= choice_share(sides->good, sides->good_count, x, choices);
            if (level < 0)
                break;
            x++;
        }
        double gain = log(choice_share(sides->good, sides->good_count, x, choices)) -
                      log(choice_share(sides->bad, sides->bad_count, x, choices));
        if (gain > most) {
            most = gain;
            best = (double)x;
        }
    }
    return best;
}

/* Trials by loss, the first of equals first. */
static void order_by_loss(const double *loss, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && loss[order[at - 1]] > loss[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

void search_draw_tpe(struct arena *arena, const struct search_past *past, struct random *random,
                     double *out)
{
    size_t params = past->search->param_count;
    size_t *order = arena_array(arena, size_t, past->count);
    double *seen = arena_array(arena, double, past->count);
    size_t good = (size_t)ceil(GOOD_SHARE * (double)past->count);
    good = good > GOOD_MOST ? GOOD_MOST : good;
    order_by_loss(past->loss, order, past->count);
    for (size_t p = 0; p < params; p++) {
        for (size_t t = 0; t < past->count; t++)
            seen[t] = past->drawn[order[t] * params + p];
        struct sides sides = { seen, seen + good, good, past->count - good };
        size_t choices = past->search->params[p].choice_count;
        out[p] = choices ? choice_draw(&sides, choices, random) : range_draw(arena, &sides, random);
    }
}
