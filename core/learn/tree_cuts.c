/* Walking, saving and loading trees of cuts. */
#include "core/learn/tree_cuts.h"
#include "core/learn/tree_file.h"
#include "core/learn/tree_model.h"
#include <math.h>

void cut_tree_walk(const struct cut_tree *tree, const double *const *rows, uint32_t *at)
{
    for (size_t k = 0; k < CUT_GROUP; k++)
        at[k] = 0;
    for (uint32_t step = 0; step < tree->depth; step++)
        for (size_t k = 0; k < CUT_GROUP; k++) {
            const struct cut_node *node = &tree->nodes[at[k]];
            at[k] = node->child + (rows[k][node->column] > node->cut);
        }
}

void cut_tree_save(const struct cut_tree *tree, struct text *out)
{
    bytes_put_u32(out, tree->count);
    for (uint32_t at = 0; at < tree->count; at++) {
        bytes_put_u32(out, tree->nodes[at].child);
        bytes_put_u32(out, tree->rows[at]);
        if (tree->nodes[at].child == at)
            continue;
        bytes_put_u32(out, tree->nodes[at].column);
        bytes_put_double(out, tree->nodes[at].cut);
    }
}

void cut_tree_load(struct bytes *in, size_t columns, struct cut_tree *tree)
{
    tree->count = (uint32_t)bytes_count(in, 8);
    if (!tree->count)
        in->failed = true;
    tree->nodes = arena_array(in->arena, struct cut_node, tree->count);
    tree->rows = arena_array(in->arena, uint32_t, tree->count);
    uint16_t *depths = arena_array(in->arena, uint16_t, tree->count);
    for (uint32_t at = 0; at < tree->count && !in->failed; at++) {
        struct cut_node *node = &tree->nodes[at];
        node->child = bytes_u32(in);
        node->cut = INFINITY;
        tree->rows[at] = bytes_u32(in);
        if ((at && !depths[at]) || depths[at] > TREE_DEPTH_MOST)
            in->failed = true;
        if (depths[at] > tree->depth)
            tree->depth = depths[at];
        if (node->child == at)
            continue;
        node->column = bytes_u32(in);
        node->cut = bytes_finite(in);
        if (node->child < at || node->child >= tree->count - 1 || node->column >= columns ||
            depths[node->child] || depths[node->child + 1])
            in->failed = true;
        else
            depths[node->child] = depths[node->child + 1] = (uint16_t)(depths[at] + 1);
    }
}

void cut_splits_count(const struct cut_tree *tree, uint32_t *splits)
{
    for (uint32_t at = 0; at < tree->count; at++)
        if (tree->nodes[at].child != at)
            splits[tree->nodes[at].column]++;
}

void cut_forest_describe(const struct cut_forest *forest, const struct feature_names *names,
                         struct json_out *out)
{
    double *gain = arena_array(out->text->arena, double, forest->columns);
    json_add_int(out, "trees", (int64_t)forest->trees);
    json_add_int(out, forest->samples_name, (int64_t)forest->samples);
    for (size_t c = 0; c < forest->columns; c++)
        gain[c] = forest->splits[c];
    tree_importance_print(gain, forest->splits, forest->columns, names, out);
}

/* Floyd's way (1987) for few; for many each row is taken with the chance that is left to it. */
void cut_sample(struct random *random, size_t rows, size_t samples, uint32_t *out)
{
    size_t taken = 0;
    if (samples > 1024) {
        for (size_t i = 0; i < rows && taken < samples; i++)
            if (random_below(random, rows - i) < samples - taken)
                out[taken++] = (uint32_t)i;
        return;
    }
    for (size_t j = rows - samples; j < rows; j++) {
        uint32_t drawn = (uint32_t)random_below(random, j + 1);
        for (size_t i = 0; i < taken; i++)
            if (out[i] == drawn) {
                drawn = (uint32_t)j;
                break;
            }
        out[taken++] = drawn;
    }
}
