/* Walking many trees, sixteen rows side by side. */
#include "core/learn/tree_model.h"
#include "core/math/threads.h"

#define GROUP 16
#define SHALLOW 12                      /* steps that are made without asking who has arrived */
#define CODES_BYTES ((size_t)128 << 10) /* of a block of rows: with a tree in the second cache */

struct tree_model *tree_model_new(struct arena *arena, size_t columns, size_t width,
                                  size_t leaf_width)
{
    struct tree_model *model = arena_new(arena, struct tree_model);
    model->columns = columns;
    model->width = width;
    model->leaf_width = leaf_width;
    model->scale = 1;
    model->base = arena_array(arena, double, width);
    model->gain = arena_array(arena, double, columns);
    model->splits = arena_array(arena, uint32_t, columns);
    return model;
}

static bool is_leaf(const struct tree *tree, uint32_t at)
{
    return node_child(tree->nodes[at]) == at;
}

/* Children stand behind their parents: one pass from the back. depths[count] */
static uint32_t depth_of(const struct tree *tree, uint16_t *depths)
{
    for (uint32_t at = tree->count; at-- > 0;) {
        depths[at] = 0;
        if (!is_leaf(tree, at)) {
            uint32_t child = node_child(tree->nodes[at]);
            uint16_t left = depths[child], right = depths[child + 1];
            depths[at] = (uint16_t)(1 + (left > right ? left : right));
            if (depths[at] > TREE_DEPTH_MOST)
                depths[at] = TREE_DEPTH_MOST + 1; /* does not wrap */
        }
    }
    return depths[0];
}

static uint32_t longest(const struct tree_model *model)
{
    uint32_t most = 1;
    for (size_t t = 0; t < model->tree_count; t++)
        if (model->trees[t].count > most)
            most = model->trees[t].count;
    return most;
}

void tree_model_finish(struct arena *arena, struct tree_model *model, const struct bins *all)
{
    bool *used = arena_array(arena, bool, all->count);
    uint32_t *map = arena_array(arena, uint32_t, all->count);
    uint16_t *depths = arena_array(arena, uint16_t, longest(model));
    for (size_t t = 0; t < model->tree_count; t++) {
        struct tree *tree = &model->trees[t];
        tree->depth = depth_of(tree, depths);
        for (uint32_t at = 0; at < tree->count; at++)
            if (!is_leaf(tree, at))
                used[node_slot(tree->nodes[at]) / 2] = true;
    }
    model->bins = bins_keep(arena, all, used, map);
    for (size_t t = 0; t < model->tree_count; t++)
        for (uint32_t at = 0; at < model->trees[t].count; at++) {
            uint64_t *node = &model->trees[t].nodes[at];
            uint32_t slot = node_slot(*node);
            if (!is_leaf(&model->trees[t], at))
                *node = node_make(node_child(*node), 2 * map[slot / 2] + slot % 2,
                                  node_category(*node), node_bin(*node));
        }
}

/* One step down for each row of a group; who is in a leaf stays. */
static inline uint32_t step(const struct tree *tree, const uint8_t *codes, size_t stride,
                            uint32_t *at)
{
    uint32_t moved = 0;
    for (size_t k = 0; k < GROUP; k++) {
        uint64_t node = tree->nodes[at[k]];
        uint32_t next = node_child(node) + (codes[k * stride + node_slot(node)] > node_bin(node));
        moved |= next ^ at[k];
        at[k] = next;
    }
    return moved;
}

static uint32_t step_categories(const struct tree *tree, const uint8_t *codes, size_t stride,
                                uint32_t *at)
{
    uint32_t moved = 0;
    for (size_t k = 0; k < GROUP; k++) {
        uint64_t node = tree->nodes[at[k]];
        uint32_t code = codes[k * stride + node_slot(node)];
        bool right = node_category(node) ? !bitmap_has(&tree->bitmaps[tree->extra[at[k]]], code)
                                         : code > node_bin(node);
        uint32_t next = node_child(node) + right;
        moved |= next ^ at[k];
        at[k] = next;
    }
    return moved;
}

static void walk(const struct tree *tree, const uint8_t *codes, size_t stride, uint32_t *at)
{
    memset(at, 0, GROUP * sizeof *at);
    if (tree->bitmap_count) {
        while (step_categories(tree, codes, stride, at))
            ;
        return;
    }
    uint32_t sure = tree->depth < SHALLOW ? tree->depth : SHALLOW;
    for (uint32_t k = 0; k < sure; k++)
        step(tree, codes, stride, at);
    while (tree->depth > SHALLOW && step(tree, codes, stride, at))
        for (size_t k = 0; k < 3; k++)
            step(tree, codes, stride, at);
}

/* Rows are cut into as many spans as there are threads; each has room for the codes of a block. */
struct walking {
    const struct tree_model *model;
    const struct inputs *in;
    size_t spans, block; /* rows of a block, a multiple of GROUP */
    uint8_t *codes;      /* [spans][block * stride + 1] */
    double *out;
};

static void tree_add(const struct walking *walking, size_t t, size_t from, size_t count,
                     const uint8_t *codes)
{
    const struct tree_model *model = walking->model;
    const struct tree *tree = &model->trees[t];
    size_t stride = 2 * model->bins.count, width = model->width, first = t % width;
    for (size_t i = 0; i < count; i += GROUP) {
        uint32_t at[GROUP];
        walk(tree, codes + i * stride, stride, at);
        for (size_t k = 0; k < GROUP && i + k < count; k++) {
            double *out = walking->out + (from + i + k) * width;
            const double *value = tree->values + tree->extra[at[k]] * model->leaf_width;
            if (model->leaf_width == 1)
                out[first] += *value;
            else
                for (size_t j = 0; j < width; j++)
                    out[j] += value[j];
        }
    }
}

static void walk_span(void *work, size_t at)
{
    const struct walking *walking = work;
    const struct tree_model *model = walking->model;
    size_t rows = inputs_rows(walking->in), width = model->width;
    size_t end = (at + 1) * rows / walking->spans;
    uint8_t *codes = walking->codes + at * (walking->block * 2 * model->bins.count + 1);
    for (size_t from = at * rows / walking->spans; from < end; from += walking->block) {
        size_t count = end - from < walking->block ? end - from : walking->block;
        double *out = walking->out + from * width;
        bins_encode(&model->bins, walking->in, from, count, codes);
        memset(out, 0, count * width * sizeof *out);
        for (size_t t = 0; t < model->tree_count; t++)
            tree_add(walking, t, from, count, codes);
        for (size_t i = 0; i < count * width; i++)
            out[i] = model->base[i % width] + model->scale * out[i];
    }
}

void tree_model_sums(struct arena *arena, const struct tree_model *model, const struct inputs *in,
                     unsigned threads, double *out)
{
    size_t stride = 2 * model->bins.count, rows = inputs_rows(in);
    struct walking walking = { .model = model, .in = in, .out = out };
    walking.spans = threads ? threads : 1;
    if (walking.spans > THREADS_MOST)
        walking.spans = THREADS_MOST;
    size_t fit = CODES_BYTES / (stride + 1) / GROUP * GROUP;
    size_t all = (rows / walking.spans + GROUP) / GROUP * GROUP;
    walking.block = fit < GROUP ? GROUP : fit;
    if (walking.block > all)
        walking.block = all;
    walking.codes = arena_take_array(arena, walking.spans, walking.block * stride + 1);
    threads_run(threads, walking.spans, walk_span, &walking);
}
