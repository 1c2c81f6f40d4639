/* Walking many trees, sixteen rows side by side. */
#include "core/learn/tree_model.h"
#include "core/math/threads.h"

#define GROUP 16
#define BATCH 4096 /* rows that step together down a deep tree: 32 KB of places */
#define SHALLOW 8  /* steps that are made without asking who has arrived */
#define CODES_BYTES ((size_t)128 << 10) /* of a block of rows: stays in the second-level cache */
#define BIG_TREE 8192u                  /* nodes: 64 KB, worth being loaded for more rows */
#define BIG_CODES_BYTES ((size_t)8 << 20)

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
static inline void step(const struct tree *tree, const uint8_t *codes, size_t stride, uint32_t *at)
{
    for (size_t k = 0; k < GROUP; k++) {
        uint64_t node = tree->nodes[at[k]];
        at[k] = node_child(node) + (codes[k * stride + node_slot(node)] > node_bin(node));
    }
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
    for (uint32_t k = 0; k < tree->depth; k++)
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

static inline void leaf_add(const struct walking *walking, const struct tree *tree, size_t first,
                            uint32_t at, size_t row)
{
    const struct tree_model *model = walking->model;
    double *out = walking->out + row * model->width;
    const double *value = tree->values + tree->extra[at] * model->leaf_width;
    if (model->leaf_width == 1)
        out[first] += *value;
    else
        for (size_t j = 0; j < model->width; j++)
            out[j] += value[j];
}

/*
 * Deep trees, whose leaves are at very different depths: all rows of a batch make a step, then
 * those that have not arrived make the next one. Nothing waits and no branch must be guessed.
 */
static void deep_add(const struct walking *walking, size_t t, size_t from, size_t count,
                     const uint8_t *codes)
{
    const struct tree *tree = &walking->model->trees[t];
    size_t stride = 2 * walking->model->bins.count, first = t % walking->model->width;
    uint32_t at[BATCH], going[BATCH];
    for (uint32_t i = 0; i < count; i++) {
        at[i] = 0;
        going[i] = i;
    }
    for (size_t left = count; left;) {
        size_t still = 0;
        for (size_t k = 0; k < left; k++) {
            uint32_t row = going[k], was = at[row];
            uint64_t node = tree->nodes[was];
            uint32_t to =
                node_child(node) + (codes[row * stride + node_slot(node)] > node_bin(node));
            at[row] = to;
            going[still] = row;
            still += to != was;
        }
        left = still;
    }
    for (size_t i = 0; i < count; i++)
        leaf_add(walking, tree, first, at[i], from + i);
}

static void tree_add(const struct walking *walking, size_t t, size_t from, size_t count,
                     const uint8_t *codes)
{
    const struct tree *tree = &walking->model->trees[t];
    size_t stride = 2 * walking->model->bins.count, first = t % walking->model->width;
    if (tree->depth > SHALLOW && !tree->bitmap_count) {
        for (size_t i = 0; i < count; i += BATCH)
            deep_add(walking, t, from + i, count - i < BATCH ? count - i : BATCH,
                     codes + i * stride);
        return;
    }
    for (size_t i = 0; i < count; i += GROUP) {
        uint32_t at[GROUP];
        walk(tree, codes + i * stride, stride, at);
        for (size_t k = 0; k < GROUP && i + k < count; k++)
            leaf_add(walking, tree, first, at[k], from + i + k);
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
    size_t bytes = longest(model) < BIG_TREE ? CODES_BYTES : BIG_CODES_BYTES;
    size_t fit = bytes / (stride + 1) / GROUP * GROUP;
    size_t all = (rows / walking.spans + GROUP) / GROUP * GROUP;
    walking.block = fit < GROUP ? GROUP : fit;
    if (walking.block > all)
        walking.block = all;
    walking.codes = arena_take_array(arena, walking.spans, walking.block * stride + 1);
    threads_run(threads, walking.spans, walk_span, &walking);
}
