/* Searching histograms for the best split. */
#include "core/learn/learn_gbdt_split.h"
#include <math.h>
#include <stdlib.h>

#define GAIN_LEAST 1e-12 /* of the node's own score: less is rounding */

static double shrunk(const struct split_rules *rules, double g)
{
    double size = fabs(g) - rules->alpha;
    return size > 0 ? copysign(size, g) : 0;
}

double leaf_value(const struct split_rules *rules, double g, double h, struct bounds bounds)
{
    double value = h > 0 ? -shrunk(rules, g) / (h + rules->lambda) : 0;
    if (rules->max_delta_step > 0 && fabs(value) > rules->max_delta_step)
        value = copysign(rules->max_delta_step, value);
    return value < bounds.low ? bounds.low : value > bounds.high ? bounds.high : value;
}

/* What a leaf takes off the loss, twice. */
static double score(const struct split_rules *rules, double g, double h, struct bounds bounds)
{
    double value = leaf_value(rules, g, h, bounds);
    return -(2 * shrunk(rules, g) * value + (h + rules->lambda) * value * value);
}

/* One search of a column of a node. */
struct search {
    const struct split_rules *rules;
    const struct node_sums *node;
    double g, h, own; /* of the node; own: its score as a leaf */
    bool plain;       /* no alpha, no bounds, no constraint: the short formula */
    int direction;    /* of the column's constraint */
    struct split *best;
};

/* Gain with these sums on the left side; below 0 where the rules forbid it. */
static inline double gain_of(const struct search *search, double g, double h)
{
    const struct split_rules *rules = search->rules;
    double other_g = search->g - g, other_h = search->h - h;
    if (h < rules->min_child_weight || other_h < rules->min_child_weight || h <= 0 || other_h <= 0)
        return -1;
    if (search->plain)
        return g * g / (h + rules->lambda) + other_g * other_g / (other_h + rules->lambda) -
               search->own;
    if (search->direction) {
        double left = leaf_value(rules, g, h, search->node->bounds);
        double right = leaf_value(rules, other_g, other_h, search->node->bounds);
        if (search->direction > 0 ? left > right : left < right)
            return -1;
    }
    return score(rules, g, h, search->node->bounds) +
           score(rules, other_g, other_h, search->node->bounds) - search->own;
}

/* Cuts of a number's bins [0, count); extra is what goes left besides (missing, or nothing). */
static void search_number(struct search *search, uint32_t column, const gradient_sum *sums,
                          uint32_t count, gradient_sum extra, bool missing_left)
{
    gradient_sum left = extra;
    for (uint32_t bin = 0; bin < count; bin++) {
        if (!sums[bin][0] && !sums[bin][1])
            continue;
        left += sums[bin];
        double gain = gain_of(search, (double)left[0], (double)left[1]);
        if (gain > search->best->gain)
            *search->best = (struct split){ .gain = gain,
                                            .column = column,
                                            .bin = bin,
                                            .missing_left = missing_left,
                                            .g = left[0],
                                            .h = left[1] };
    }
}

struct category {
    double mean;
    uint32_t code;
};

static int lower_first(const void *a, const void *b)
{
    const struct category *x = a, *y = b;
    if (x->mean != y->mean)
        return x->mean < y->mean ? -1 : 1;
    return (x->code > y->code) - (x->code < y->code);
}

static size_t order_categories(const struct search *search, const gradient_sum *sums,
                               uint32_t codes, struct category *order)
{
    double smooth = search->rules->cat_smooth, mean = search->g / search->h;
    size_t count = 0;
    for (uint32_t code = 0; code < codes; code++) {
        double g = (double)sums[code][0], h = (double)sums[code][1];
        if (h > 0)
            order[count++] = (struct category){ (g + smooth * mean) / (h + smooth), code };
    }
    qsort(order, count, sizeof *order, lower_first);
    return count;
}

/* Which codes go left: the first `taken` of the order; codes that the node has not, with more. */
static void set_left(struct split *best, const struct search *search, const struct category *order,
                     size_t count, size_t taken)
{
    bool rest_left = (double)best->h > search->h / 2;
    memset(&best->left, rest_left ? 0xff : 0, sizeof best->left);
    for (size_t k = 0; k < count; k++) {
        uint64_t bit = 1ull << (order[k].code % 64), *word = &best->left.bits[order[k].code / 64];
        *word = k < taken ? *word | bit : *word & ~bit;
    }
}

static void search_category(struct search *search, uint32_t column, const gradient_sum *sums,
                            const struct binned *binned)
{
    struct category order[TREE_CODES];
    size_t count = order_categories(search, sums, binned->codes[column], order), taken = 0;
    gradient_sum left = { 0, 0 };
    for (size_t k = 0; k + 1 < count; k++) {
        left += sums[order[k].code];
        double gain = gain_of(search, (double)left[0], (double)left[1]);
        if (gain > search->best->gain) {
            *search->best = (struct split){
                .gain = gain, .column = column, .category = true, .g = left[0], .h = left[1]
            };
            taken = k + 1;
        }
    }
    if (!taken)
        return;
    struct split *best = search->best;
    set_left(best, search, order, count, taken);
    uint32_t missing = binned->bins.at[column].count; /* its code in training */
    if (missing < BIN_MISSING && bitmap_has(&best->left, missing))
        bitmap_set(&best->left, BIN_MISSING);
    else if (missing < BIN_MISSING)
        best->left.bits[BIN_MISSING / 64] &= ~(1ull << (BIN_MISSING % 64));
}

static void search_column(struct search *search, const struct binned *binned, uint32_t column,
                          const gradient_sum *sums)
{
    uint32_t count = binned->bins.at[column].count;
    gradient_sum none = { 0, 0 };
    search->direction = search->rules->monotone ? search->rules->monotone[column] : 0;
    if (binned->bins.at[column].levels) {
        search_category(search, column, sums, binned);
        return;
    }
    bool some_missing = binned->has_missing[column] && sums[count][1];
    if (some_missing)
        search_number(search, column, sums, count, sums[count], true);
    search_number(search, column, sums, some_missing ? count : count - 1, none, false);
    struct split *best = search->best;
    if (!some_missing && best->gain > 0 && best->column == column)
        best->missing_left = (double)best->h > search->h / 2;
}

void split_find(const struct split_rules *rules, const struct histogram_shape *shape,
                const gradient_sum *sums, const struct node_sums *node, struct split *best)
{
    double g = (double)node->g, h = (double)node->h;
    struct search search = { .rules = rules, .node = node, .g = g, .h = h, .best = best };
    search.plain = rules->alpha <= 0 && rules->max_delta_step <= 0 && !rules->monotone;
    search.own = h > 0 ? score(rules, g, h, node->bounds) : 0;
    if (best->gain <= 0)
        *best = (struct split){ .gain = rules->gamma + GAIN_LEAST * fabs(search.own) };
    double least = best->gain;
    for (size_t k = 0; k < shape->count; k++)
        search_column(&search, shape->binned, shape->columns[k],
                      sums + shape->starts[k] - shape->starts[0]);
    if (!(best->gain > least) && best->h == 0)
        best->gain = 0;
}
