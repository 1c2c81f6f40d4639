/* Shapley values of models of many trees: tree after tree, rows shared between threads. */
#include "core/learn/tree_model.h"
#include "core/learn/tree_shap.h"
#include "core/math/threads.h"

struct explaining {
    const struct tree_model *model;
    const struct tree *tree;
    struct shap_tree shap;
    size_t spans, rows, output; /* output: the first number that the tree adds to */
    const uint8_t *codes;       /* [rows][2 * columns of bins] */
    bool *right;                /* [spans][longest tree] */
    size_t longest;
    struct shap_element **scratch; /* [spans] */
    double *out;
};

static void nodes_set(const struct tree_model *model, const struct tree *tree,
                      struct shap_node *nodes)
{
    nodes[0].share = 1;
    for (uint32_t at = 0; at < tree->count; at++) {
        uint32_t child = node_child(tree->nodes[at]);
        nodes[at].child = child;
        if (child == at) {
            nodes[at].values = tree->values + tree->extra[at] * model->leaf_width;
            continue;
        }
        double left = (double)tree->cover[child], both = left + (double)tree->cover[child + 1];
        nodes[child].share = both > 0 ? left / both : 0.5;
        nodes[child + 1].share = 1 - nodes[child].share;
        nodes[at].column = model->bins.at[node_slot(tree->nodes[at]) / 2].column;
    }
}

static void row_look(const struct tree *tree, const uint8_t *codes, bool *right)
{
    for (uint32_t at = 0; at < tree->count; at++) {
        uint64_t node = tree->nodes[at];
        uint8_t code = codes[node_slot(node)];
        right[at] = node_category(node) ? !bitmap_has(&tree->bitmaps[tree->extra[at]], code)
                                        : code > node_bin(node);
    }
}

static void span_explain(void *work, size_t at)
{
    const struct explaining *explaining = work;
    const struct tree_model *model = explaining->model;
    size_t step = model->columns + 1, stride = 2 * model->bins.count;
    bool *right = explaining->right + at * explaining->longest;
    size_t end = (at + 1) * explaining->rows / explaining->spans;
    for (size_t i = at * explaining->rows / explaining->spans; i < end; i++) {
        double *out = explaining->out + (i * model->width + explaining->output) * step;
        row_look(explaining->tree, explaining->codes + i * stride, right);
        shap_add(&explaining->shap, right, explaining->scratch[at], out, step);
    }
}

static void means_add(const struct explaining *explaining, const double *mean)
{
    const struct tree_model *model = explaining->model;
    size_t step = model->columns + 1;
    for (size_t i = 0; i < explaining->rows * model->width; i++)
        explaining->out[i * step + step - 1] =
            model->base[i % model->width] + mean[i % model->width];
}

void tree_model_explain(struct arena *arena, const struct tree_model *model,
                        const struct inputs *in, unsigned threads, double *out)
{
    struct explaining explaining = { .model = model, .rows = inputs_rows(in), .out = out };
    size_t depth = 0, stride = 2 * model->bins.count;
    explaining.spans = threads < 1 ? 1 : threads > THREADS_MOST ? THREADS_MOST : threads;
    explaining.longest = 1;
    for (size_t t = 0; t < model->tree_count; t++) {
        if (model->trees[t].count > explaining.longest)
            explaining.longest = model->trees[t].count;
        if (model->trees[t].depth > depth)
            depth = model->trees[t].depth;
    }
    uint8_t *codes = arena_take_array(arena, explaining.rows, stride + 1);
    bins_encode(&model->bins, in, 0, explaining.rows, codes);
    explaining.codes = codes;
    explaining.right = arena_array(arena, bool, explaining.spans *explaining.longest);
    explaining.scratch = arena_array(arena, struct shap_element *, explaining.spans);
    for (size_t s = 0; s < explaining.spans; s++)
        explaining.scratch[s] = shap_scratch(arena, depth);
    struct shap_node *nodes = arena_array(arena, struct shap_node, explaining.longest);
    double *reached = arena_array(arena, double, explaining.longest);
    double *mean = arena_array(arena, double, model->width);
    memset(out, 0, explaining.rows * model->width * (model->columns + 1) * sizeof *out);
    for (size_t t = 0; t < model->tree_count; t++) {
        explaining.tree = &model->trees[t];
        explaining.output = model->leaf_width == 1 ? t % model->width : 0;
        explaining.shap = (struct shap_tree){ .nodes = nodes,
                                              .count = explaining.tree->count,
                                              .width = model->leaf_width,
                                              .scale = model->scale };
        nodes_set(model, explaining.tree, nodes);
        shap_mean(&explaining.shap, reached, mean + explaining.output);
        threads_run(threads, explaining.spans, span_explain, &explaining);
    }
    means_add(&explaining, mean);
}
