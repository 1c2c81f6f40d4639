/* Models of trees: their bytes and their description. */
#include "core/learn/tree_file.h"
#include <math.h>
#include <stdlib.h>

static void tree_save(const struct tree_model *model, const struct tree *tree, struct text *out)
{
    bytes_put_u32(out, tree->count);
    bytes_put_u32(out, tree->leaf_count);
    bytes_put_u32(out, tree->bitmap_count);
    for (uint32_t at = 0; at < tree->count; at++)
        bytes_put_u64(out, tree->nodes[at]);
    bytes_put_u32s(out, tree->extra, tree->count);
    bytes_put_floats(out, tree->cover, tree->count);
    bytes_put_doubles(out, tree->values, tree->leaf_count * model->leaf_width);
    for (uint32_t b = 0; b < tree->bitmap_count; b++)
        for (size_t k = 0; k < TREE_CODES / 64; k++)
            bytes_put_u64(out, tree->bitmaps[b].bits[k]);
}

void tree_model_save(const struct tree_model *model, struct text *out)
{
    bins_save(&model->bins, out);
    bytes_put_doubles(out, model->base, model->width);
    bytes_put_double(out, model->scale);
    bytes_put_doubles(out, model->gain, model->columns);
    bytes_put_u32s(out, model->splits, model->columns);
    bytes_put_u32(out, (uint32_t)model->tree_count);
    for (size_t t = 0; t < model->tree_count; t++)
        tree_save(model, &model->trees[t], out);
}

/* Is this what growing makes? parented[count] is scratch, zero. */
static bool node_fits(const struct tree_model *model, const struct tree *tree, uint32_t at,
                      uint8_t *parented)
{
    uint64_t node = tree->nodes[at];
    uint32_t child = node_child(node);
    if (child == at)
        return node == node_make(at, 0, false, 255) && tree->extra[at] < tree->leaf_count;
    if (child < at || child >= tree->count - 1 || node_slot(node) >= 2 * model->bins.count ||
        parented[child]++ || parented[child + 1]++)
        return false;
    const struct bin_column *column = &model->bins.at[node_slot(node) / 2];
    if (node_category(node))
        return column->levels && tree->extra[at] < tree->bitmap_count;
    return !column->levels && node_bin(node) < column->count;
}

static bool tree_fits(struct arena *arena, const struct tree_model *model, struct tree *tree)
{
    uint8_t *parented = arena_array(arena, uint8_t, tree->count);
    uint16_t *depths = arena_array(arena, uint16_t, tree->count);
    for (uint32_t at = 0; at < tree->count; at++)
        if (!node_fits(model, tree, at, parented) || (at && !parented[at]) || tree->cover[at] < 0)
            return false;
    for (uint32_t at = 0; at < tree->count; at++) {
        uint32_t child = node_child(tree->nodes[at]);
        if (child == at)
            continue;
        depths[child] = depths[child + 1] = (uint16_t)(depths[at] + 1);
        if (depths[child] > TREE_DEPTH_MOST)
            return false;
        if (depths[child] > tree->depth)
            tree->depth = depths[child];
    }
    return true;
}

static void tree_load(struct bytes *in, const struct tree_model *model, struct tree *tree)
{
    tree->count = (uint32_t)bytes_count(in, 16);
    tree->leaf_count = bytes_u32(in);
    tree->bitmap_count = bytes_u32(in);
    if (!tree->count || tree->leaf_count > tree->count || tree->bitmap_count > tree->count ||
        tree->bitmap_count > in->rest.len / sizeof(struct bitmap))
        in->failed = true;
    if (in->failed)
        return;
    tree->nodes = arena_array(in->arena, uint64_t, tree->count);
    for (uint32_t at = 0; at < tree->count; at++)
        tree->nodes[at] = bytes_u64(in);
    tree->extra = bytes_u32s(in, tree->count);
    tree->cover = bytes_floats(in, tree->count);
    tree->values = bytes_doubles(in, tree->leaf_count * model->leaf_width);
    tree->bitmaps = arena_array(in->arena, struct bitmap, tree->bitmap_count);
    for (uint32_t b = 0; b < tree->bitmap_count; b++)
        for (size_t k = 0; k < TREE_CODES / 64; k++)
            tree->bitmaps[b].bits[k] = bytes_u64(in);
    if (!in->failed && !tree_fits(in->arena, model, tree))
        in->failed = true;
}

struct tree_model *tree_model_load(struct bytes *in, const struct fitted_shape *shape, size_t width,
                                   size_t leaf_width)
{
    struct tree_model *model = arena_new(in->arena, struct tree_model);
    model->columns = shape->dense;
    model->width = width;
    model->leaf_width = leaf_width;
    model->bins = bins_load(in, shape);
    model->base = bytes_doubles(in, width);
    model->scale = bytes_finite(in);
    model->gain = bytes_doubles(in, shape->dense);
    model->splits = bytes_u32s(in, shape->dense);
    model->tree_count = bytes_count(in, 12);
    model->trees = arena_array(in->arena, struct tree, model->tree_count);
    for (size_t t = 0; t < model->tree_count && !in->failed; t++)
        tree_load(in, model, &model->trees[t]);
    return in->failed ? NULL : model;
}

struct place {
    double gain;
    size_t column;
};

static int more_first(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->gain != y->gain)
        return x->gain < y->gain ? 1 : -1;
    return (x->column > y->column) - (x->column < y->column);
}

void tree_importance_print(const double *gain, const uint32_t *splits, size_t columns,
                           const struct feature_names *names, struct json_out *out)
{
    struct place *places = arena_array(out->text->arena, struct place, columns);
    double total = 0;
    size_t count = 0;
    for (size_t c = 0; c < columns; c++)
        if (splits[c]) {
            places[count++] = (struct place){ gain[c], c };
            total += gain[c];
        }
    qsort(places, count, sizeof *places, more_first);
    json_open_list(out, "importance");
    for (size_t k = 0; k < count; k++) {
        size_t c = places[k].column;
        json_open_map(out, NULL);
        if (names && c < names->count)
            json_add_text(out, "feature", names->at[c]);
        else
            json_add_int(out, "feature", (int64_t)c);
        json_add_double(out, "gain", total > 0 ? places[k].gain / total : 0);
        json_add_int(out, "splits", splits[c]);
        json_close_map(out);
    }
    json_close_list(out);
}

void tree_model_describe(const struct tree_model *model, const struct feature_names *names,
                         struct json_out *out)
{
    int64_t leaves = 0, depth = 0;
    for (size_t t = 0; t < model->tree_count; t++) {
        leaves += model->trees[t].leaf_count;
        if (model->trees[t].depth > depth)
            depth = model->trees[t].depth;
    }
    json_add_int(out, "trees", (int64_t)model->tree_count);
    json_add_int(out, "leaves", leaves);
    json_add_int(out, "depth", depth);
    tree_importance_print(model->gain, model->splits, model->columns, names, out);
}
