/* Growing one tree: which nodes are split next, and what their children are. */
#include "core/learn/learn_gbdt_node.h"
#include <math.h>
#include <stdlib.h>

struct grower *grower_new(struct arena *arena, const struct binned *binned,
                          const struct grow_rules *rules, unsigned threads, struct crew *crew)
{
    struct grower *grower = arena_new(arena, struct grower);
    *grower = (struct grower){ .binned = binned, .rules = rules, .threads = threads, .crew = crew };
    size_t leaves = rules->max_leaves ? rules->max_leaves : SIZE_MAX;
    if (rules->max_depth && rules->max_depth < 32 && ((size_t)1 << rules->max_depth) < leaves)
        leaves = (size_t)1 << rules->max_depth;
    if (leaves > binned->rows)
        leaves = binned->rows;
    if (leaves > UINT32_MAX / 4)
        leaves = UINT32_MAX / 4;
    grower->node_room = 2 * leaves + 1;
    grower->nodes = arena_array(arena, struct node, grower->node_room);
    grower->list = arena_array(arena, uint32_t, leaves + 1);
    grower->chunks =
        arena_array(arena, struct chunk, binned->rows / CHUNK_ROWS + grower->node_room + 1);
    grower->rows = arena_array(arena, uint32_t, binned->rows);
    grower->spare = arena_array(arena, uint32_t, binned->rows);
    grower->use = histogram_shape_new(arena, binned);
    bool by_level = !rules->lossguide && rules->max_depth; /* the last level has none */
    grower->levels = levels_new(arena, grower, by_level ? leaves / 2 : leaves);
    return grower;
}

static void root_set(struct grower *grower, const struct growth *growth)
{
    const struct gradients *gradients = growth->gradients;
    double g_unit = gradients->g_unit, h_unit = gradients->h_unit;
    grower->gradients = gradients;
    grower->renewal = growth->renewal;
    grower->split = grower->rules->split;
    grower->split.lambda /= h_unit;
    grower->split.cat_smooth /= h_unit;
    grower->split.min_child_weight /= h_unit;
    grower->split.alpha /= g_unit;
    grower->split.gamma /= g_unit * g_unit / h_unit;
    grower->split.max_delta_step /= g_unit / h_unit;
    levels_clear(grower);
    grower->node_count = 1;
    grower->nodes[0] =
        (struct node){ .count = grower->binned->rows,
                       .sums = { gradients->g, gradients->h, { -INFINITY, INFINITY } } };
    rows_reset(grower);
}

/* Bounds of the children below a monotone split: neither passes the middle of their values. */
static void bounds_set(const struct grower *grower, const struct node *node, struct node *children)
{
    const int8_t *monotone = grower->split.monotone;
    int direction = monotone && !node->best.category ? monotone[node->best.column] : 0;
    double values[2];
    for (size_t k = 0; k < 2; k++) {
        struct node_sums *sums = &children[k].sums;
        sums->bounds = node->sums.bounds;
        values[k] = leaf_value(&grower->split, (double)sums->g, (double)sums->h, sums->bounds);
    }
    double middle = values[0] / 2 + values[1] / 2;
    if (direction > 0)
        children[0].sums.bounds.high = children[1].sums.bounds.low = middle;
    if (direction < 0)
        children[0].sums.bounds.low = children[1].sums.bounds.high = middle;
}

static void children_set(struct grower *grower, struct node *node)
{
    struct node *children = &grower->nodes[grower->node_count];
    node->child = (uint32_t)grower->node_count;
    grower->node_count += 2;
    children[0] = children[1] = (struct node){ .depth = node->depth + 1 };
    children[0].sums.g = node->best.g;
    children[0].sums.h = node->best.h;
    children[1].sums.g = node->sums.g - node->best.g;
    children[1].sums.h = node->sums.h - node->best.h;
    bounds_set(grower, node, children);
}

/* The leaves to split next, into grower->list; first: where the last level starts. */
static size_t choose(struct grower *grower, size_t first, size_t leaves)
{
    const struct grow_rules *rules = grower->rules;
    size_t most = rules->max_leaves ? rules->max_leaves - leaves : SIZE_MAX, count = 0;
    if (!most)
        return 0;
    double highest = 0;
    for (size_t at = rules->lossguide ? 0 : first; at < grower->node_count; at++) {
        const struct node *node = &grower->nodes[at];
        if (node->child || node->best.gain <= 0)
            continue;
        if (!rules->lossguide) {
            grower->list[count++] = (uint32_t)at;
        } else if (node->best.gain > highest) {
            highest = node->best.gain;
            grower->list[0] = (uint32_t)at;
            count = 1;
        }
    }
    while (count > most) { /* the lowest gains go without */
        size_t lowest = 0;
        for (size_t k = 1; k < count; k++)
            if (grower->nodes[grower->list[k]].best.gain <=
                grower->nodes[grower->list[lowest]].best.gain)
                lowest = k;
        memmove(&grower->list[lowest], &grower->list[lowest + 1],
                (--count - lowest) * sizeof *grower->list);
    }
    return count;
}

/* Of the listed nodes those whose children may be split come first; how many. */
static size_t deeper(struct grower *grower, size_t count, size_t leaves)
{
    const struct grow_rules *rules = grower->rules;
    size_t depth = rules->max_depth ? rules->max_depth : TREE_DEPTH_MOST, some = 0;
    if (rules->max_leaves && leaves >= rules->max_leaves)
        return 0;
    for (size_t k = 0; k < count; k++) {
        uint32_t at = grower->list[k];
        if (grower->nodes[at].depth + 1 < depth) {
            grower->list[k] = grower->list[some];
            grower->list[some++] = at;
        }
    }
    return some;
}

static void grow(struct grower *grower)
{
    size_t leaves = 1, first = 0, count;
    level_root(grower);
    while ((count = choose(grower, first, leaves)) > 0) {
        first = grower->node_count;
        leaves += count;
        size_t some = deeper(grower, count, leaves);
        for (size_t k = 0; k < count; k++)
            children_set(grower, &grower->nodes[grower->list[k]]);
        rows_part(grower, grower->list, grower->renewal ? count : some);
        level_search(grower, grower->list, some);
    }
}

static void values_set(struct grower *grower)
{
    const struct gradients *gradients = grower->gradients;
    double unit = gradients->g_unit / gradients->h_unit;
    for (size_t at = 0; at < grower->node_count; at++) {
        struct node *node = &grower->nodes[at];
        const struct node_sums *sums = &node->sums;
        if (node->child)
            continue;
        node->value =
            unit * leaf_value(&grower->split, (double)sums->g, (double)sums->h, sums->bounds);
        if (grower->renewal)
            node->value = grower->renewal->value(grower->renewal->work, grower->rows + node->from,
                                                 node->count, node->from);
        node->value *= grower->rules->learning_rate;
    }
}

static void tree_set(struct arena *arena, const struct grower *grower, struct tree *tree)
{
    size_t count = grower->node_count;
    *tree = (struct tree){ .count = (uint32_t)count };
    tree->nodes = arena_array(arena, uint64_t, count);
    tree->extra = arena_array(arena, uint32_t, count);
    tree->cover = arena_array(arena, float, count);
    tree->values = arena_array(arena, double, count / 2 + 1);
    for (size_t at = 0; at < count; at++)
        tree->bitmap_count += grower->nodes[at].child && grower->nodes[at].best.category;
    tree->bitmaps = arena_array(arena, struct bitmap, tree->bitmap_count);
    for (uint32_t at = 0, bitmap = 0; at < count; at++) {
        const struct node *node = &grower->nodes[at];
        const struct split *split = &node->best;
        tree->cover[at] = (float)((double)node->sums.h * grower->gradients->h_unit);
        if (!node->child) {
            tree->nodes[at] = node_make(at, 0, false, 255);
            tree->extra[at] = tree->leaf_count;
            tree->values[tree->leaf_count++] = node->value;
        } else if (split->category) {
            tree->nodes[at] = node_make(node->child, 2 * split->column, true, 0);
            tree->extra[at] = bitmap;
            tree->bitmaps[bitmap++] = split->left;
        } else {
            tree->nodes[at] =
                node_make(node->child, 2 * split->column + split->missing_left, false, split->bin);
        }
    }
}

void grower_grow(struct arena *arena, struct grower *grower, const struct growth *growth,
                 struct tree *tree, struct tree_model *model)
{
    const struct gradients *gradients = growth->gradients;
    histogram_shape_set(&grower->use, growth->wanted);
    root_set(grower, growth);
    grow(grower);
    values_set(grower);
    rows_add(grower, growth->margins, growth->step);
    tree_set(arena, grower, tree);
    for (size_t at = 0; at < grower->node_count; at++) {
        const struct node *node = &grower->nodes[at];
        if (!node->child)
            continue;
        model->splits[node->best.column]++;
        model->gain[node->best.column] +=
            node->best.gain * (gradients->g_unit * gradients->g_unit / gradients->h_unit);
    }
}
