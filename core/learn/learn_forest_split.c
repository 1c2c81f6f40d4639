/* The best split of a node of a forest, from histograms of the columns that were drawn. */
#include "core/learn/learn_forest_grow.h"
#include "core/base/compiler.h"
#include <math.h>

#define FEW 200 /* rows: fewer mark the bins that they have; more are looked for afterwards */
#define AHEAD 8 /* rows whose bytes are asked for before their turn */

static inline double weight_in(int64_t both)
{
    return (double)(both & WEIGHT_MASK);
}

static inline size_t count_in(int64_t both)
{
    return (size_t)(both >> COUNT_SHIFT);
}

static double plogp(double weight, double total)
{
    return weight > 0 ? weight * log2(weight / total) : 0;
}

/* What a side takes off the impurity: higher is purer. y is 0 or 1 with entropy. */
static inline double mean_score(double weight, double sum, bool entropy)
{
    if (entropy)
        return plogp(sum, weight) + plogp(weight - sum, weight);
    return sum * sum / weight;
}

static double class_score(const int64_t *sums, size_t classes, bool entropy, size_t *count)
{
    double total = 0, score = 0;
    *count = 0;
    for (size_t k = 0; k < classes; k++) {
        total += weight_in(sums[k]);
        *count += count_in(sums[k]);
    }
    for (size_t k = 0; k < classes; k++) {
        double weight = weight_in(sums[k]);
        score += entropy ? plogp(weight, total) : weight * weight;
    }
    return entropy ? score : score / total;
}

static inline void mark(uint64_t *used, uint32_t code)
{
    used[code / 64] |= 1ull << (code % 64);
}

/* Of a number of columns that the compiler knows: where each one's codes and sums are is known. */
static inline __attribute__((always_inline)) void fill_batch(struct planting *planting,
                                                             const struct element *elements,
                                                             size_t count, const uint32_t *columns,
                                                             const size_t batch)
{
    const struct binned *binned = planting->data->binned;
    const uint8_t *by_row = binned->by_row;
    size_t stride = binned->stride, places[FOREST_BATCH];
    stat *means = planting->means;
    bool few = count < FEW;
    UNROLLED
    for (size_t b = 0; b < batch; b++)
        places[b] = columns[b];
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            __builtin_prefetch(by_row + elements[i + AHEAD].row * stride);
        const uint8_t *codes = by_row + elements[i].row * stride;
        int64_t weight = elements[i].weight;
        stat more = { ((int64_t)1 << COUNT_SHIFT) + weight, weight * elements[i].y };
        UNROLLED
        for (size_t b = 0; b < batch; b++)
            means[b * TREE_CODES + codes[places[b]]] += more;
        if (!few)
            continue;
        UNROLLED
        for (size_t b = 0; b < batch; b++)
            mark(planting->used[b], codes[places[b]]);
    }
}

#define FILL(batch)                                                                                \
    static void fill_##batch(struct planting *planting, const struct element *elements,            \
                             size_t count, const uint32_t *columns)                                \
    {                                                                                              \
        fill_batch(planting, elements, count, columns, batch);                                     \
    }
FOREST_BATCHES(FILL)

typedef void filling(struct planting *planting, const struct element *elements, size_t count,
                     const uint32_t *columns);
#define FILLING(batch) fill_##batch,
static filling *const fillings[FOREST_BATCH] = { FOREST_BATCHES(FILLING) };

static void fill_means(struct planting *planting, const struct element *elements, size_t count,
                       const uint32_t *columns, size_t batch)
{
    const struct binned *binned = planting->data->binned;
    fillings[batch - 1](planting, elements, count, columns);
    for (size_t b = 0; count >= FEW && b < batch; b++)
        for (uint32_t code = 0; code < binned->codes[columns[b]]; code++)
            if (planting->means[b * TREE_CODES + code][0])
                mark(planting->used[b], code);
}

static void fill_classes(struct planting *planting, const struct element *elements, size_t count,
                         const uint32_t *columns, size_t batch)
{
    const struct binned *binned = planting->data->binned;
    size_t classes = planting->data->classes;
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            __builtin_prefetch(binned->by_row + elements[i + AHEAD].row * binned->stride);
        const struct element *element = &elements[i];
        const uint8_t *codes = binned->by_row + element->row * binned->stride;
        int64_t more = ((int64_t)1 << COUNT_SHIFT) + element->weight;
        int64_t *sums = planting->by_class + element->y;
        for (size_t b = 0; b < batch; b++, sums += TREE_CODES * classes) {
            sums[codes[columns[b]] * classes] += more;
            mark(planting->used[b], codes[columns[b]]);
        }
    }
}

/* Take them out of the histogram, which is zero again afterwards. */
static void collect(struct planting *planting, uint32_t column, size_t b, struct found_bins *found)
{
    uint32_t missing = planting->data->binned->bins.at[column].count;
    size_t classes = planting->data->classes;
    found->count = 0;
    found->missing = false;
    for (size_t word = 0; word < 4; word++) {
        for (uint64_t bits = planting->used[b][word]; bits; bits &= bits - 1) {
            uint32_t code = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(bits);
            size_t place = code == missing ? TREE_CODES : found->count;
            if (planting->data->by_class) {
                int64_t *sums = planting->by_class + (b * TREE_CODES + code) * classes;
                memcpy(planting->class_list + place * classes, sums, classes * sizeof *sums);
                memset(sums, 0, classes * sizeof *sums);
            } else {
                stat *sum = &planting->means[b * TREE_CODES + code];
                *(code == missing ? &found->missing_sum : &found->sums[place]) = *sum;
                *sum = (stat){ 0, 0 };
            }
            if (code == missing)
                found->missing = true;
            else
                found->bins[found->count++] = (uint8_t)code;
        }
        planting->used[b][word] = 0;
    }
}

/* What is known of the node whose column is searched. */
struct look {
    struct planting *planting;
    uint32_t column;
    const struct found_bins *found;
    stat node;    /* sums of all */
    double own;   /* score of the node as a leaf */
    double score; /* of the best split so far: a gain is rounded once more */
    struct forest_split *best;
    bool left_is_more; /* of the best found in this column */
};

/* The cut behind bin number `at`: in the middle of the bins that the node has not. */
static uint32_t cut_behind(const struct look *look, size_t at)
{
    const struct found_bins *found = look->found;
    if (at + 1 == found->count)
        return look->planting->data->binned->bins.at[look->column].count - 1;
    return (found->bins[at] + found->bins[at + 1] - 1u) / 2;
}

/* Extremely randomised: one cut, uniform between the lowest and the highest value of the node. */
static size_t random_cut(const struct look *look, uint32_t *bin)
{
    const struct found_bins *found = look->found;
    const struct binned *binned = look->planting->data->binned;
    const double *centers = binned->centers + look->column * TREE_CODES;
    const double *cuts = binned->bins.at[look->column].cuts;
    double low = centers[found->bins[0]], high = centers[found->bins[found->count - 1]];
    double cut = low + random_unit(&look->planting->random) * (high - low);
    size_t at = 0;
    while (at + 2 < found->count && centers[found->bins[at + 1]] <= cut)
        at++;
    *bin = found->bins[at];
    while (*bin + 1 < found->bins[at + 1] && cuts[*bin] < cut)
        ++*bin;
    return at;
}

static inline void offer(struct look *look, double score, uint32_t bin, bool missing_left,
                         bool left_is_more)
{
    if (!(score > look->score))
        return;
    look->score = score;
    *look->best = (struct forest_split){ score - look->own, look->column, bin, missing_left };
    look->left_is_more = left_is_more;
}

static void offer_means(struct look *look, stat left, uint32_t bin, bool missing_left)
{
    const struct forest_rules *rules = look->planting->rules;
    stat right = look->node - left;
    if (count_in(left[0]) < rules->min_samples_leaf || count_in(right[0]) < rules->min_samples_leaf)
        return;
    double weight = weight_in(left[0]), other = weight_in(right[0]);
    double score = mean_score(weight, (double)left[1], rules->entropy) +
                   mean_score(other, (double)right[1], rules->entropy);
    offer(look, score, bin, missing_left, weight > other);
}

#define NEARLY_ONE (1 - 0x1p-40) /* what is left out by it cannot be higher after its rounding */

/* The usual case of scan_means, Gini or squares and leaves of any size: a division a near best. */
static void scan_squares(struct look *look, stat left, size_t last, bool missing_left)
{
    const struct found_bins *found = look->found;
    double all = weight_in(look->node[0]), sum = (double)look->node[1];
    double best = look->score, weight_left = 0;
    size_t best_at = SIZE_MAX;
    for (size_t at = 0; at < last; at++) {
        left += found->sums[at];
        double weight = weight_in(left[0]), own = (double)left[1];
        double other = all - weight, rest = sum - own;
        double above = own * own * other + rest * rest * weight, below = weight * other;
        if (above < best * below * NEARLY_ONE)
            continue;
        double score = above / below;
        if (score > best) {
            best = score;
            best_at = at;
            weight_left = weight;
        }
    }
    if (best_at < SIZE_MAX)
        offer(look, best, cut_behind(look, best_at), missing_left, weight_left * 2 > all);
}

static void scan_means(struct look *look, bool missing_left)
{
    const struct found_bins *found = look->found;
    stat left = missing_left ? found->missing_sum : (stat){ 0, 0 };
    size_t last = found->missing && !missing_left ? found->count : found->count - 1;
    if (look->planting->rules->random_cuts && found->count > 1) {
        uint32_t bin;
        size_t cut = random_cut(look, &bin);
        for (size_t at = 0; at <= cut; at++)
            left += found->sums[at];
        offer_means(look, left, bin, missing_left);
        return;
    }
    if (!look->planting->rules->entropy && look->planting->rules->min_samples_leaf == 1) {
        scan_squares(look, left, last, missing_left);
        return;
    }
    for (size_t at = 0; at < last; at++) {
        left += found->sums[at];
        offer_means(look, left, cut_behind(look, at), missing_left);
    }
}

static void offer_classes(struct look *look, const int64_t *left, uint32_t bin, bool missing_left)
{
    struct planting *planting = look->planting;
    const struct forest_rules *rules = planting->rules;
    size_t classes = planting->data->classes, left_count, right_count;
    int64_t *right = planting->class_left + classes;
    for (size_t k = 0; k < classes; k++)
        right[k] = planting->class_node[k] - left[k];
    double score = class_score(left, classes, rules->entropy, &left_count);
    score += class_score(right, classes, rules->entropy, &right_count);
    if (left_count >= rules->min_samples_leaf && right_count >= rules->min_samples_leaf)
        offer(look, score, bin, missing_left, left_count > right_count);
}

static void scan_classes(struct look *look, bool missing_left)
{
    struct planting *planting = look->planting;
    const struct found_bins *found = look->found;
    size_t classes = planting->data->classes;
    int64_t *left = planting->class_left;
    const int64_t *list = planting->class_list;
    uint32_t bin = 0;
    bool random = planting->rules->random_cuts && found->count > 1;
    size_t last = found->missing && !missing_left ? found->count : found->count - 1;
    if (random)
        last = random_cut(look, &bin) + 1;
    for (size_t k = 0; k < classes; k++)
        left[k] = missing_left ? list[TREE_CODES * classes + k] : 0;
    for (size_t at = 0; at < last; at++) {
        for (size_t k = 0; k < classes; k++)
            left[k] += list[at * classes + k];
        if (!random)
            offer_classes(look, left, cut_behind(look, at), missing_left);
        else if (at + 1 == last)
            offer_classes(look, left, bin, missing_left);
    }
}

/* False when the node has one bin of the column only. */
static bool column_search(struct look *look)
{
    const struct found_bins *found = look->found;
    void (*scan)(struct look *, bool) = look->planting->data->by_class ? scan_classes : scan_means;
    if (found->count + found->missing < 2)
        return false;
    double before = look->score;
    if (found->missing && found->count > 1)
        scan(look, true);
    scan(look, false);
    if (!found->missing && look->score > before)
        look->best->missing_left = look->left_is_more;
    return true;
}

static void node_sums(struct planting *planting, const struct element *elements, size_t count,
                      struct look *look)
{
    size_t classes = planting->data->classes, ignored;
    if (planting->data->by_class) {
        memset(planting->class_node, 0, classes * sizeof *planting->class_node);
        for (size_t i = 0; i < count; i++)
            planting->class_node[elements[i].y] += ((int64_t)1 << COUNT_SHIFT) + elements[i].weight;
        look->own = class_score(planting->class_node, classes, planting->rules->entropy, &ignored);
        return;
    }
    for (size_t i = 0; i < count; i++)
        look->node += (stat){ ((int64_t)1 << COUNT_SHIFT) + elements[i].weight,
                              (int64_t)elements[i].weight * elements[i].y };
    look->own =
        mean_score(weight_in(look->node[0]), (double)look->node[1], planting->rules->entropy);
}

void forest_columns_draw(struct planting *planting, size_t taken, size_t batch)
{
    size_t columns = planting->data->binned->columns;
    for (size_t k = taken; k < taken + batch; k++) {
        size_t with = k + (size_t)random_below(&planting->random, columns - k);
        uint32_t kept = planting->order[k];
        planting->order[k] = planting->order[with];
        planting->order[with] = kept;
    }
}

bool forest_split_find(struct planting *planting, size_t from, size_t count,
                       struct forest_split *best)
{
    const struct element *elements = planting->elements + from;
    size_t columns = planting->data->binned->columns, wanted = planting->rules->max_features;
    struct found_bins *found = &planting->found;
    struct look look = { .planting = planting, .found = found, .best = best, .score = -INFINITY };
    bool any = false;
    *best = (struct forest_split){ .gain = -INFINITY };
    node_sums(planting, elements, count, &look);
    /* as scikit-learn: constant columns count among the drawn, unless all of them are constant */
    for (size_t taken = 0; taken < columns && (taken < wanted || !any);) {
        size_t batch = taken < wanted ? wanted - taken : 1;
        batch = batch < FOREST_BATCH ? batch : FOREST_BATCH;
        /* of all, too: the order decides between equals */
        forest_columns_draw(planting, taken, batch);
        const uint32_t *drawn = planting->order + taken;
        if (planting->data->by_class)
            fill_classes(planting, elements, count, drawn, batch);
        else
            fill_means(planting, elements, count, drawn, batch);
        for (size_t b = 0; b < batch; b++) {
            collect(planting, drawn[b], b, found);
            look.column = drawn[b];
            any |= column_search(&look);
        }
        taken += batch;
    }
    return best->gain > -INFINITY;
}
