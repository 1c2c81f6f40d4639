/* One tree of a forest: drawn rows, nodes split until they are pure or small, leaves. */
#include "core/learn/learn_forest_grow.h"
#include "core/learn/learn_forest_pairs.h"
#include <math.h>

#define AHEAD 16 /* rows whose codes are asked for before their turn */

/* What trees are grown with unless it is by pairs. */
static void elements_room(struct arena *arena, struct planting *planting)
{
    const struct forest_data *data = planting->data;
    const struct forest_rules *rules = planting->rules;
    size_t most = 2 * data->rows + 1, width = data->by_class ? data->classes : 1;
    planting->elements = arena_array(arena, struct element, data->rows);
    planting->spare = arena_array(arena, struct element, data->rows);
    planting->used = arena_take_array(arena, FOREST_BATCH, sizeof *planting->used);
    if (data->by_class) {
        planting->by_class = arena_array(arena, int64_t, FOREST_BATCH * TREE_CODES * data->classes);
        planting->class_list = arena_array(arena, int64_t, (TREE_CODES + 1) * data->classes);
        planting->class_left = arena_array(arena, int64_t, 2 * data->classes);
        planting->class_node = arena_array(arena, int64_t, data->classes);
    } else {
        planting->means = arena_array(arena, stat, FOREST_BATCH * TREE_CODES);
    }
    if (rules->ccp_alpha > 0) {
        planting->risk = arena_array(arena, double, most);
        planting->costs = arena_array(arena, double, most);
        planting->node_means = arena_array(arena, double, most *width);
        planting->places = arena_array(arena, uint32_t, most);
    }
}

struct planting *planting_new(struct arena *arena, const struct forest_data *data,
                              const struct forest_rules *rules, bool pairs)
{
    struct planting *planting = arena_new(arena, struct planting);
    size_t columns = data->binned->columns, most = 2 * data->rows + 1;
    size_t width = data->by_class ? data->classes : 1;
    size_t open = (rules->max_leaves ? rules->max_leaves : TREE_DEPTH_MOST) + 2;
    planting->data = data;
    planting->rules = rules;
    if (rules->bootstrap)
        planting->drawn = arena_array(arena, uint32_t, data->rows);
    planting->order = arena_array(arena, uint32_t, columns);
    if (pairs) {
        planting->pairs = pairs_new(arena, data);
        planting->pairs->open = arena_array(arena, struct pair_node, open);
    } else {
        elements_room(arena, planting);
        planting->open = arena_array(arena, struct open_node, open);
    }
    planting->tree.nodes = arena_array(arena, uint64_t, most);
    planting->tree.extra = arena_array(arena, uint32_t, most);
    planting->tree.cover = arena_array(arena, float, most);
    planting->tree.values = arena_array(arena, double, (data->rows + 1) * width);
    planting->gain = arena_array(arena, double, columns);
    planting->splits = arena_array(arena, uint32_t, columns);
    return planting;
}

void forest_rows_draw(struct planting *planting)
{
    size_t rows = planting->data->rows;
    memset(planting->drawn, 0, rows * sizeof *planting->drawn);
    for (size_t k = 0; k < planting->rules->samples; k++)
        planting->drawn[random_below(&planting->random, rows)]++;
}

/* The rows of the tree: all, or drawn with replacement. */
static void rows_draw(struct planting *planting)
{
    const struct forest_data *data = planting->data;
    planting->count = planting->rules->bootstrap ? 0 : data->rows;
    planting->total = 0;
    if (!planting->rules->bootstrap) {
        memcpy(planting->elements, data->elements, data->rows * sizeof *data->elements);
    } else {
        forest_rows_draw(planting);
        for (size_t i = 0; i < data->rows; i++) {
            planting->elements[planting->count] = data->elements[i];
            planting->elements[planting->count].weight *= planting->drawn[i];
            planting->count += planting->drawn[i] > 0;
        }
    }
    for (size_t i = 0; i < planting->count; i++)
        planting->total += planting->elements[i].weight;
}

static bool is_mixed(const struct element *elements, size_t count)
{
    int32_t first = elements[0].y;
    for (size_t i = 1; i < count; i++)
        if (elements[i].y != first)
            return true;
    return false;
}

double forest_risk(const struct planting *planting, const struct element *elements, size_t count)
{
    const struct forest_data *data = planting->data;
    double weight = 0, sum = 0, squares = 0;
    if (!data->classes) {
        for (size_t i = 0; i < count; i++)
            weight += elements[i].weight;
        for (size_t i = 0; i < count; i++)
            sum += elements[i].weight * data->y[elements[i].row];
        for (size_t i = 0; i < count; i++) {
            double off = data->y[elements[i].row] - sum / weight;
            squares += elements[i].weight * off * off;
        }
        return squares / planting->total;
    }
    double risk = 0;
    for (size_t i = 0; i < count; i++)
        weight += elements[i].weight;
    for (size_t k = 0; k < data->classes; k++) {
        double share = 0;
        for (size_t i = 0; i < count; i++)
            share += elements[i].y == (int32_t)k ? elements[i].weight / weight : 0;
        if (planting->rules->entropy)
            risk -= share > 0 ? share * log2(share) : 0;
        else
            risk += share * (1 - share);
    }
    return risk * weight / planting->total;
}

static void leaf_make(struct planting *planting, const struct open_node *open)
{
    const struct forest_data *data = planting->data;
    const struct element *elements = planting->elements + open->from;
    struct tree *tree = &planting->tree;
    size_t width = data->by_class ? data->classes : 1;
    double *values = tree->values + tree->leaf_count * width, weight = 0;
    tree->nodes[open->at] = node_make(open->at, 0, false, 255);
    tree->extra[open->at] = tree->leaf_count++;
    memset(values, 0, width * sizeof *values);
    for (size_t i = 0; i < open->count; i++) {
        double own = elements[i].weight;
        weight += own;
        if (data->by_class)
            values[elements[i].y] += own;
        else
            *values += own * (data->classes ? elements[i].y : data->y[elements[i].row]);
    }
    for (size_t k = 0; k < width; k++)
        values[k] /= weight;
}

/* Find how to split a new node; what stays a leaf is made one. */
static void node_open(struct planting *planting, struct open_node open)
{
    const struct forest_rules *rules = planting->rules;
    const struct element *elements = planting->elements + open.from;
    size_t depth = rules->max_depth ? rules->max_depth : TREE_DEPTH_MOST;
    double weight = 0;
    for (size_t i = 0; i < open.count; i++)
        weight += elements[i].weight;
    planting->tree.cover[open.at] = (float)(weight * planting->data->weight_unit);
    if (planting->risk)
        planting->risk[open.at] = forest_risk(planting, elements, open.count);
    bool splits = open.depth < depth && open.count >= rules->min_samples_split &&
                  open.count >= 2 * rules->min_samples_leaf && is_mixed(elements, open.count) &&
                  forest_split_find(planting, open.from, open.count, &open.split);
    if (splits && rules->min_impurity_decrease > 0)
        splits = open.split.gain * planting->data->gain_unit >=
                 rules->min_impurity_decrease * planting->total * planting->data->weight_unit;
    if (splits)
        planting->open[planting->open_count++] = open;
    else
        leaf_make(planting, &open);
}

/* Lefts to the front, in order; how many. */
static size_t elements_part(struct planting *planting, const struct open_node *open)
{
    const struct binned *binned = planting->data->binned;
    const struct forest_split *split = &open->split;
    struct element *elements = planting->elements + open->from, *spare = planting->spare;
    const uint8_t *codes = binned->by_row + split->column;
    uint32_t missing = binned->bins.at[split->column].count;
    size_t lefts = 0, rights = 0;
    for (size_t i = 0; i < open->count; i++) {
        if (i + AHEAD < open->count)
            __builtin_prefetch(codes + elements[i + AHEAD].row * binned->stride);
        struct element element = elements[i];
        uint32_t code = codes[element.row * binned->stride];
        bool left = code <= split->bin;
        if (code == missing)
            left = split->missing_left;
        elements[lefts] = element;
        spare[rights] = element;
        lefts += left;
        rights += !left;
    }
    memcpy(elements + lefts, spare, rights * sizeof *spare);
    return lefts;
}

uint32_t forest_divide(struct planting *planting, uint32_t at, struct forest_split split)
{
    struct tree *tree = &planting->tree;
    uint32_t child = tree->count;
    tree->count += 2;
    tree->nodes[at] = node_make(child, 2 * split.column + split.missing_left, false, split.bin);
    if (split.gain > 0)
        planting->gain[split.column] += split.gain * planting->data->gain_unit;
    planting->splits[split.column]++;
    tree->extra[at] = 0;
    return child;
}

static void node_split(struct planting *planting, const struct open_node *open)
{
    uint32_t child = forest_divide(planting, open->at, open->split);
    size_t lefts = elements_part(planting, open);
    struct open_node left = { .at = child, .depth = open->depth + 1 }, right = left;
    left.from = open->from;
    left.count = lefts;
    right.at = child + 1;
    right.from = open->from + lefts;
    right.count = open->count - lefts;
    node_open(planting, right);
    node_open(planting, left);
}

size_t forest_next(const struct forest_rules *rules, const double *gains, size_t step, size_t count)
{
    size_t at = count - 1;
    const char *bytes = (const char *)gains;
    for (size_t k = count; rules->max_leaves && k-- > 0;)
        if (*(const double *)(bytes + k * step) > *(const double *)(bytes + at * step))
            at = k;
    return at;
}

static struct open_node next_open(struct planting *planting)
{
    size_t at = forest_next(planting->rules, &planting->open->split.gain, sizeof *planting->open,
                            planting->open_count);
    struct open_node open = planting->open[at];
    planting->open[at] = planting->open[--planting->open_count];
    return open;
}

static void elements_grow(struct planting *planting)
{
    size_t leaves = 1;
    planting->open_count = 0;
    rows_draw(planting);
    node_open(planting, (struct open_node){ .count = planting->count });
    while (planting->open_count) {
        struct open_node open = next_open(planting);
        if (planting->rules->max_leaves && leaves >= planting->rules->max_leaves) {
            leaf_make(planting, &open);
            continue;
        }
        leaves++;
        node_split(planting, &open);
    }
    if (planting->risk)
        forest_prune(planting);
}

void planting_grow(struct planting *planting, struct random random)
{
    size_t columns = planting->data->binned->columns;
    planting->random = random;
    for (size_t c = 0; c < columns; c++)
        planting->order[c] = (uint32_t)c;
    memset(planting->gain, 0, columns * sizeof *planting->gain);
    memset(planting->splits, 0, columns * sizeof *planting->splits);
    planting->tree.count = 1;
    planting->tree.leaf_count = 0;
    if (planting->pairs)
        pairs_grow(planting);
    else
        elements_grow(planting);
}
