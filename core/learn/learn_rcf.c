/* The learner "random_cut_forest". */
#include "core/learn/learn_rcf.h"
#include "core/learn/inputs.h"
#include "core/learn/learn_rcf_score.h"
#include "core/learn/tree_file.h"
#include "core/learn/tree_model.h"
#include "core/math/threads.h"
#include <math.h>

#define BOX_BYTES_MOST ((size_t)2 << 30) /* of all boxes */

static float *box_of(const struct rcf *rcf, const struct boxed_tree *tree, uint32_t at)
{
    return tree->boxes + at * 2 * rcf->stride;
}

static double range_of(const struct rcf *rcf, const float *box)
{
    double range = 0;
    for (size_t c = 0; c < rcf->columns; c++)
        range += (double)box[rcf->stride + c] - (double)box[c];
    return range;
}

/* One tree's growing. */
struct cutting {
    const struct examples *examples;
    struct rcf *rcf;
    struct random random;
    uint32_t *rows, *from; /* [samples], [2 * samples] */
};

static void box_find(const struct cutting *cutting, const uint32_t *rows, size_t count, float *box)
{
    size_t columns = cutting->rcf->columns, stride = cutting->rcf->stride;
    for (size_t i = 0; i < count; i++) {
        const double *x = matrix_row(cutting->examples->in.dense, rows[i]);
        for (size_t c = 0; c < columns; c++) {
            float cell = rcf_single(x[c]);
            if (!i || cell < box[c])
                box[c] = cell;
            if (!i || cell > box[stride + c])
                box[stride + c] = cell;
        }
    }
}

/* A column in proportion to its range, a cut anywhere in it; false when the box is a point. */
static bool cut_draw(struct cutting *cutting, const float *box, struct cut_node *node)
{
    size_t columns = cutting->rcf->columns;
    const float *high = box + cutting->rcf->stride;
    double total = range_of(cutting->rcf, box);
    if (!(total > 0))
        return false;
    double place = random_unit(&cutting->random) * total;
    for (size_t c = 0; c < columns; c++) {
        double range = (double)high[c] - (double)box[c];
        if (range <= 0)
            continue;
        node->column = (uint32_t)c;
        node->cut = box[c] + fmin(place, range);
        if (place < range)
            break;
        place -= range;
    }
    if (!(node->cut < (double)high[node->column]))
        node->cut = box[node->column];
    return true;
}

static size_t rows_part(const struct cutting *cutting, uint32_t *rows, size_t count,
                        const struct cut_node *node)
{
    size_t lefts = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = rows[i];
        double cell = matrix_row(cutting->examples->in.dense, row)[node->column];
        if ((double)rcf_single(cell) > node->cut)
            continue;
        rows[i] = rows[lefts];
        rows[lefts++] = row;
    }
    return lefts;
}

static void tree_grow(struct cutting *cutting, struct boxed_tree *tree, uint16_t *depths)
{
    const struct rcf *rcf = cutting->rcf;
    struct cut_tree *cuts = &tree->cuts;
    cuts->count = 1;
    cuts->rows[0] = (uint32_t)rcf->samples;
    cutting->from[0] = depths[0] = 0;
    for (uint32_t at = 0; at < cuts->count; at++) {
        struct cut_node *node = &cuts->nodes[at];
        uint32_t *rows = cutting->rows + cutting->from[at];
        size_t count = cuts->rows[at];
        box_find(cutting, rows, count, box_of(rcf, tree, at));
        tree->ranges[at] = range_of(rcf, box_of(rcf, tree, at));
        if (depths[at] > cuts->depth)
            cuts->depth = depths[at];
        if (count < 2 || depths[at] == TREE_DEPTH_MOST ||
            !cut_draw(cutting, box_of(rcf, tree, at), node)) {
            *node = (struct cut_node){ INFINITY, at, 0 };
            continue;
        }
        size_t lefts = rows_part(cutting, rows, count, node);
        uint32_t child = node->child = cuts->count;
        cuts->count += 2;
        cuts->rows[child] = (uint32_t)lefts;
        cuts->rows[child + 1] = (uint32_t)(count - lefts);
        cutting->from[child] = cutting->from[at];
        cutting->from[child + 1] = cutting->from[at] + (uint32_t)lefts;
        depths[child] = depths[child + 1] = (uint16_t)(depths[at] + 1);
    }
}

struct cutting_all {
    struct cutting *slots; /* [threads] */
    uint16_t **depths;
    size_t first;
};

static void tree_make(void *work, size_t at)
{
    struct cutting_all *all = work;
    struct cutting *slot = &all->slots[at];
    struct rcf *rcf = slot->rcf;
    size_t t = all->first + at;
    slot->random = random_stream(slot->examples->seed, t);
    cut_sample(&slot->random, inputs_rows(&slot->examples->in), rcf->samples, slot->rows);
    tree_grow(slot, &rcf->trees[t], all->depths[at]);
}

static void trees_make(struct arena *arena, const struct examples *examples, struct rcf *rcf)
{
    size_t threads = examples->threads ? examples->threads : 1, nodes = 2 * rcf->samples;
    threads = threads < THREADS_MOST ? threads : THREADS_MOST;
    struct cutting_all all = { .slots = arena_array(arena, struct cutting, threads),
                               .depths = arena_array(arena, uint16_t *, threads) };
    for (size_t s = 0; s < threads; s++) {
        all.slots[s] = (struct cutting){ .examples = examples,
                                         .rcf = rcf,
                                         .rows = arena_array(arena, uint32_t, rcf->samples),
                                         .from = arena_array(arena, uint32_t, nodes) };
        all.depths[s] = arena_array(arena, uint16_t, nodes);
    }
    for (size_t t = 0; t < rcf->tree_count; t++) {
        rcf->trees[t].cuts.nodes = arena_array(arena, struct cut_node, nodes);
        rcf->trees[t].cuts.rows = arena_array(arena, uint32_t, nodes);
        rcf->trees[t].boxes = arena_array(arena, float, nodes * 2 * rcf->stride);
        rcf->trees[t].ranges = arena_array(arena, double, nodes);
    }
    for (; all.first < rcf->tree_count; all.first += threads) {
        size_t left = rcf->tree_count - all.first;
        threads_run(examples->threads, left < threads ? left : threads, tree_make, &all);
    }
}

static struct rcf *rcf_new(struct arena *arena, size_t columns, size_t trees)
{
    struct rcf *rcf = arena_new(arena, struct rcf);
    rcf->columns = columns;
    rcf->stride = (columns + RCF_LANES - 1) / RCF_LANES * RCF_LANES;
    rcf->tree_count = trees;
    rcf->trees = arena_array(arena, struct boxed_tree, trees);
    rcf->splits = arena_array(arena, uint32_t, columns);
    return rcf;
}

static void splits_count(struct rcf *rcf)
{
    for (size_t t = 0; t < rcf->tree_count; t++)
        cut_splits_count(&rcf->trees[t].cuts, rcf->splits);
}

static bool fit(struct arena *arena, const struct examples *examples, const struct params *params,
                void **fitted, struct fault *why)
{
    size_t rows = inputs_rows(&examples->in), columns = examples->in.dense.columns;
    if (!examples_unweighted(examples, "random_cut_forest", why))
        return false;
    struct rcf *rcf = rcf_new(arena, columns, param_integer(params, "num_trees"));
    rcf->samples = param_integer(params, "num_samples_per_tree");
    if (rcf->samples > rows)
        rcf->samples = rows;
    if (rcf->samples * rcf->tree_count > BOX_BYTES_MOST / 4 / sizeof(float) / (columns + 1))
        return fault_set(why, BLAME_OPEN,
                         "random_cut_forest of %zu trees of %zu rows of %zu columns is too large",
                         rcf->tree_count, rcf->samples, columns);
    trees_make(arena, examples, rcf);
    for (size_t t = 0; t < rcf->tree_count; t++)
        rcf_tree_finish(arena, rcf, &rcf->trees[t]);
    splits_count(rcf);
    *fitted = rcf;
    return true;
}

static void predict(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out)
{
    rcf_score(arena, fitted, in, threads, out);
}

static void save(const void *fitted, struct text *out)
{
    const struct rcf *rcf = fitted;
    bytes_put_u32(out, (uint32_t)rcf->samples);
    bytes_put_u32(out, (uint32_t)rcf->tree_count);
    for (size_t t = 0; t < rcf->tree_count; t++) {
        const struct boxed_tree *tree = &rcf->trees[t];
        cut_tree_save(&tree->cuts, out);
        for (uint32_t at = 0; at < tree->cuts.count; at++) {
            if (tree->cuts.nodes[at].child != at)
                continue;
            bytes_put_floats(out, box_of(rcf, tree, at), rcf->columns);
            bytes_put_floats(out, box_of(rcf, tree, at) + rcf->stride, rcf->columns);
        }
    }
}

static void leaf_load(struct bytes *in, const struct rcf *rcf, float *box)
{
    size_t columns = rcf->columns;
    const float *low = bytes_floats(in, columns), *high = bytes_floats(in, columns);
    for (size_t c = 0; low && high && c < columns; c++) {
        if (!(low[c] <= high[c]))
            in->failed = true;
        box[c] = low[c];
        box[rcf->stride + c] = high[c];
    }
}

/* Boxes of leaves are in the file, the others hold their children's. */
static void boxes_load(struct bytes *in, const struct rcf *rcf, struct boxed_tree *tree)
{
    const struct cut_tree *cuts = &tree->cuts;
    if (cuts->count / 2 > in->rest.len / (8 * rcf->columns + 8))
        in->failed = true;
    if (in->failed)
        return;
    tree->boxes = arena_array(in->arena, float, cuts->count * 2 * rcf->stride);
    tree->ranges = arena_array(in->arena, double, cuts->count);
    for (uint32_t at = 0; at < cuts->count && !in->failed; at++)
        if (cuts->nodes[at].child == at)
            leaf_load(in, rcf, box_of(rcf, tree, at));
    for (uint32_t at = cuts->count; at-- > 0;) {
        uint32_t child = cuts->nodes[at].child;
        float *low = box_of(rcf, tree, at), *high = low + rcf->stride;
        for (size_t c = 0; child != at && c < rcf->columns; c++) {
            const float *left = box_of(rcf, tree, child), *right = left + 2 * rcf->stride;
            const float *left_high = left + rcf->stride, *right_high = right + rcf->stride;
            low[c] = left[c] < right[c] ? left[c] : right[c];
            high[c] = left_high[c] > right_high[c] ? left_high[c] : right_high[c];
        }
        tree->ranges[at] = range_of(rcf, low);
    }
}

static void *load(struct bytes *in, const struct fitted_shape *shape)
{
    size_t samples = bytes_u32(in);
    struct rcf *rcf = rcf_new(in->arena, shape->dense, bytes_count(in, 12));
    rcf->samples = samples;
    if (!samples || !rcf->tree_count)
        in->failed = true;
    for (size_t t = 0; t < rcf->tree_count && !in->failed; t++) {
        cut_tree_load(in, shape->dense, &rcf->trees[t].cuts);
        boxes_load(in, rcf, &rcf->trees[t]);
        if (!in->failed)
            rcf_tree_finish(in->arena, rcf, &rcf->trees[t]);
    }
    if (in->failed)
        return NULL;
    splits_count(rcf);
    return rcf;
}

static void describe(const void *fitted, const struct feature_names *names, struct json_out *out)
{
    const struct rcf *rcf = fitted;
    const struct cut_forest forest = { .trees = rcf->tree_count,
                                       .samples = rcf->samples,
                                       .columns = rcf->columns,
                                       .samples_name = "num_samples_per_tree",
                                       .splits = rcf->splits };
    cut_forest_describe(&forest, names, out);
}

static const struct param_spec params[] = {
    { "num_trees", "n_estimators", PARAM_INTEGER, 1, 10000, "100", NULL, "trees" },
    { "num_samples_per_tree", "max_samples", PARAM_INTEGER, 1, 65536, "256", NULL,
      "rows that a tree is grown on" },
};

const struct learner learn_random_cut_forest = {
    .name = "random_cut_forest",
    .what = "anomalies: how likely a random cut sets a row apart from the others",
    .targets = TARGET_NONE,
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .fit = fit,
    .predict = predict,
    .save = save,
    .load = load,
    .describe = describe,
};
