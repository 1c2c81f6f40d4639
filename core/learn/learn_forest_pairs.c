/* A tree for two classes: rows as records that move, nodes split until they are pure or small. */
#include "core/learn/learn_forest_pairs.h"
#include <math.h>

#define RECORD_MOST 64 /* bytes: longer ones are dearer to move than to look up */

bool pairs_usable(const struct forest_data *data, const struct forest_rules *rules)
{
    size_t draws = rules->bootstrap && rules->samples > data->rows ? rules->samples : data->rows;
    return data->classes == 2 && !data->weighted && !rules->entropy && !rules->random_cuts &&
           !(rules->ccp_alpha > 0) && draws < PAIR_MOST && data->binned->columns + 1 <= RECORD_MOST;
}

struct pairs *pairs_new(struct arena *arena, const struct forest_data *data)
{
    struct pairs *pairs = arena_new(arena, struct pairs);
    pairs->size = (data->binned->columns + 16) / 16 * 16;
    for (size_t b = 0; b < 2; b++)
        pairs->records[b] = arena_take_array(arena, data->rows, pairs->size);
    pairs->sums = arena_array(arena, int64_t, FOREST_BATCH * TREE_CODES);
    return pairs;
}

static void record_add(struct planting *planting, size_t row, uint32_t draws, int64_t *sums)
{
    const struct forest_data *data = planting->data;
    struct pairs *pairs = planting->pairs;
    const uint8_t *codes = data->binned->by_row + row * data->binned->stride;
    for (uint32_t some; draws; draws -= some) {
        uint8_t *record = pairs->records[0] + planting->count++ * pairs->size;
        some = draws < PAIR_DRAWS_MOST ? draws : PAIR_DRAWS_MOST;
        memcpy(record, codes, data->binned->columns);
        record[pairs->size - 1] = pair_tail(some, data->y[row] > 0);
        *sums += pair_sums(record[pairs->size - 1]);
    }
}

/* The rows of the tree: all, or drawn with replacement. What they sum to. */
static int64_t records_draw(struct planting *planting)
{
    const struct forest_data *data = planting->data;
    int64_t sums = 0;
    planting->count = 0;
    if (planting->rules->bootstrap)
        forest_rows_draw(planting);
    for (size_t i = 0; i < data->rows; i++)
        record_add(planting, i, planting->rules->bootstrap ? planting->drawn[i] : 1, &sums);
    planting->total = (double)pair_draws(sums);
    return sums;
}

/* Lefts to the front of `to`, rights to its end; how many lefts. size is known to the compiler. */
static inline __attribute__((always_inline)) size_t part(const struct planting *planting,
                                                         const struct pair_node *node,
                                                         const size_t size)
{
    const struct pair_split *split = &node->split;
    const uint8_t *from = planting->pairs->records[node->depth % 2] + node->from * size;
    uint8_t *to = planting->pairs->records[(node->depth + 1) % 2] + node->from * size;
    uint32_t missing = planting->data->binned->bins.at[split->column].count;
    uint32_t bin = split->bin, wild = split->missing_left ? missing : TREE_CODES;
    size_t column = split->column, left = 0, right = node->count - 1;
    for (size_t i = 0; i < node->count; i++, from += size) {
        uint32_t code = from[column];
        bool goes_left = (code <= bin) | (code == wild);
        memcpy(to + left * size, from, size);
        memcpy(to + right * size, from, size);
        left += goes_left;
        right -= !goes_left;
    }
    return left;
}

static size_t records_part(const struct planting *planting, const struct pair_node *node)
{
    switch (planting->pairs->size) {
    case 16:
        return part(planting, node, 16);
    case 32:
        return part(planting, node, 32);
    case 48:
        return part(planting, node, 48);
    default:
        return part(planting, node, RECORD_MOST);
    }
}

static void leaf_make(struct planting *planting, const struct pair_node *node)
{
    struct tree *tree = &planting->tree;
    tree->nodes[node->at] = node_make(node->at, 0, false, 255);
    tree->extra[node->at] = tree->leaf_count;
    tree->values[tree->leaf_count++] =
        (double)pair_positives(node->sums) / (double)pair_draws(node->sums);
}

/* Find how to split a new node; what stays a leaf is made one. */
static void node_open(struct planting *planting, struct pair_node *node)
{
    const struct forest_rules *rules = planting->rules;
    size_t depth = rules->max_depth ? rules->max_depth : TREE_DEPTH_MOST;
    int64_t draws = pair_draws(node->sums), positives = pair_positives(node->sums);
    planting->tree.cover[node->at] = (float)draws;
    bool splits = node->depth < depth && node->count >= rules->min_samples_split &&
                  node->count >= 2 * rules->min_samples_leaf && positives > 0 &&
                  positives < draws && pairs_split_find(planting, node);
    if (splits && rules->min_impurity_decrease > 0)
        splits = node->split.gain * planting->data->gain_unit >=
                 rules->min_impurity_decrease * planting->total;
    if (splits)
        planting->pairs->open[planting->pairs->open_count++] = *node;
    else
        leaf_make(planting, node);
}

static void node_split(struct planting *planting, const struct pair_node *node)
{
    const struct pair_split *split = &node->split;
    const struct forest_split cut = { split->gain, split->column, split->bin, split->missing_left };
    uint32_t child = forest_divide(planting, node->at, cut);
    size_t lefts = records_part(planting, node);
    struct pair_node left = { .at = child, .depth = node->depth + 1, .from = node->from };
    struct pair_node right = { .at = child + 1, .depth = node->depth + 1 };
    left.count = lefts;
    left.sums = split->left;
    right.from = node->from + lefts;
    right.count = node->count - lefts;
    right.sums = node->sums - split->left;
    node_open(planting, &right);
    node_open(planting, &left);
}

static struct pair_node next_open(struct planting *planting)
{
    struct pairs *pairs = planting->pairs;
    size_t at = forest_next(planting->rules, &pairs->open->split.gain, sizeof *pairs->open,
                            pairs->open_count);
    struct pair_node node = pairs->open[at];
    pairs->open[at] = pairs->open[--pairs->open_count];
    return node;
}

void pairs_grow(struct planting *planting)
{
    struct pair_node root = { .sums = records_draw(planting) };
    size_t leaves = 1;
    root.count = planting->count;
    planting->pairs->open_count = 0;
    node_open(planting, &root);
    while (planting->pairs->open_count) {
        struct pair_node node = next_open(planting);
        if (planting->rules->max_leaves && leaves >= planting->rules->max_leaves) {
            leaf_make(planting, &node);
            continue;
        }
        leaves++;
        node_split(planting, &node);
    }
}
