/* The learner "isolation_forest". */
#include "core/learn/learn_isolation.h"
#include "core/learn/inputs.h"
#include "core/learn/tree_cuts.h"
#include "core/learn/tree_file.h"
#include "core/learn/tree_shap.h"
#include "core/math/random.h"
#include "core/math/threads.h"
#include <math.h>

#define PIECE_ROWS ((size_t)256) /* of 28 columns 56 KB: a tree of 8 KB stays beside them */

struct isolation {
    size_t columns, tree_count, samples;
    struct cut_tree *trees;
    double **lengths; /* [tree_count][nodes]: of the path to a leaf, what it holds included */
    double usual;     /* mean path of as many rows as a tree has */
    uint32_t *splits; /* [columns] */
};

/* Mean path of a search that fails in a tree of that many rows: 2 H(n - 1) - 2 (n - 1) / n. */
static double path_of(double n)
{
    if (n <= 1)
        return 0;
    return n <= 2 ? 1 : 2 * (log(n - 1) + 0.57721566490153286) - 2 * (n - 1) / n;
}

/* One tree's growing. */
struct isolating {
    const struct examples *examples;
    struct random random;
    uint32_t *rows;  /* [samples] */
    uint32_t *order; /* [columns]: shuffled on */
    size_t limit;    /* of depth */
    double share;    /* of the columns that a tree may use */
};

/* A column that differs among the rows, at random; false when all are alike. */
static bool column_draw(struct isolating *isolating, const uint32_t *rows, size_t count,
                        size_t columns, struct cut_node *node)
{
    struct matrix x = isolating->examples->in.dense;
    for (size_t k = 0; k < columns; k++) {
        size_t with = k + (size_t)random_below(&isolating->random, columns - k);
        uint32_t column = isolating->order[with];
        isolating->order[with] = isolating->order[k];
        isolating->order[k] = column;
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            double cell = matrix_row(x, rows[i])[column];
            low = cell < low ? cell : low;
            high = cell > high ? cell : high;
        }
        if (!(high > low))
            continue;
        double cut = low + random_unit(&isolating->random) * (high - low);
        if (!isfinite(cut)) /* the range is beyond that of numbers */
            cut = low / 2 + high / 2;
        node->column = column;
        node->cut = cut < high ? cut : low;
        return true;
    }
    return false;
}

/* Rows that go left to the front; how many. */
static size_t rows_part(const struct isolating *isolating, uint32_t *rows, size_t count,
                        const struct cut_node *node)
{
    size_t lefts = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = rows[i];
        if (matrix_row(isolating->examples->in.dense, row)[node->column] > node->cut)
            continue;
        rows[i] = rows[lefts];
        rows[lefts++] = row;
    }
    return lefts;
}

/* from[node] is scratch: where its rows start. lengths are depths until a node is a leaf. */
static void tree_grow(struct isolating *isolating, struct cut_tree *tree, double *lengths,
                      size_t samples, uint32_t *from)
{
    size_t columns = isolating->examples->in.dense.columns;
    size_t usable = (size_t)(isolating->share * (double)columns);
    if (usable < columns) /* a tree's columns are drawn once */
        for (size_t k = 0; k < usable; k++) {
            size_t with = k + (size_t)random_below(&isolating->random, columns - k);
            uint32_t kept = isolating->order[k];
            isolating->order[k] = isolating->order[with];
            isolating->order[with] = kept;
        }
    tree->count = 1;
    tree->rows[0] = (uint32_t)samples;
    lengths[0] = from[0] = 0;
    for (uint32_t at = 0; at < tree->count; at++) {
        struct cut_node *node = &tree->nodes[at];
        uint32_t *rows = isolating->rows + from[at];
        size_t count = tree->rows[at];
        double depth = lengths[at];
        if (count < 2 || depth >= (double)isolating->limit ||
            !column_draw(isolating, rows, count, usable ? usable : 1, node)) {
            *node = (struct cut_node){ INFINITY, at, 0 };
            lengths[at] = depth + path_of((double)count);
            continue;
        }
        if ((uint32_t)depth + 1 > tree->depth)
            tree->depth = (uint32_t)depth + 1;
        size_t lefts = rows_part(isolating, rows, count, node);
        uint32_t child = node->child = tree->count;
        tree->count += 2;
        tree->rows[child] = (uint32_t)lefts;
        tree->rows[child + 1] = (uint32_t)(count - lefts);
        from[child] = from[at];
        from[child + 1] = from[at] + (uint32_t)lefts;
        lengths[child] = lengths[child + 1] = depth + 1;
    }
}

struct planting_isolation {
    const struct examples *examples;
    struct isolation *isolation;
    struct isolating *slots; /* [threads] */
    uint32_t **from;         /* [threads][2 * samples] */
    size_t first;
};

static void tree_make(void *work, size_t at)
{
    struct planting_isolation *planting = work;
    struct isolation *isolation = planting->isolation;
    struct isolating *slot = &planting->slots[at];
    size_t t = planting->first + at;
    slot->random = random_stream(planting->examples->seed, t);
    for (size_t c = 0; c < isolation->columns; c++)
        slot->order[c] = (uint32_t)c;
    cut_sample(&slot->random, inputs_rows(&planting->examples->in), isolation->samples, slot->rows);
    tree_grow(slot, &isolation->trees[t], isolation->lengths[t], isolation->samples,
              planting->from[at]);
}

static void trees_make(struct arena *arena, const struct examples *examples,
                       struct isolation *isolation, double share)
{
    size_t threads = examples->threads ? examples->threads : 1, samples = isolation->samples;
    threads = threads < THREADS_MOST ? threads : THREADS_MOST;
    struct planting_isolation planting = { .examples = examples, .isolation = isolation };
    planting.slots = arena_array(arena, struct isolating, threads);
    planting.from = arena_array(arena, uint32_t *, threads);
    for (size_t s = 0; s < threads; s++) {
        planting.slots[s] = (struct isolating){
            .examples = examples,
            .rows = arena_array(arena, uint32_t, samples),
            .order = arena_array(arena, uint32_t, isolation->columns),
            .limit = samples > 1 ? (size_t)ceil(log2((double)samples)) : 0,
            .share = share,
        };
        planting.from[s] = arena_array(arena, uint32_t, 2 * samples);
    }
    for (size_t t = 0; t < isolation->tree_count; t++) {
        isolation->trees[t].nodes = arena_array(arena, struct cut_node, 2 * samples);
        isolation->trees[t].rows = arena_array(arena, uint32_t, 2 * samples);
        isolation->lengths[t] = arena_array(arena, double, 2 * samples);
    }
    for (; planting.first < isolation->tree_count; planting.first += threads) {
        size_t left = isolation->tree_count - planting.first;
        threads_run(examples->threads, left < threads ? left : threads, tree_make, &planting);
    }
}

static struct isolation *isolation_new(struct arena *arena, size_t columns, size_t trees)
{
    struct isolation *isolation = arena_new(arena, struct isolation);
    isolation->columns = columns;
    isolation->tree_count = trees;
    isolation->trees = arena_array(arena, struct cut_tree, trees);
    isolation->lengths = arena_array(arena, double *, trees);
    isolation->splits = arena_array(arena, uint32_t, columns);
    return isolation;
}

static bool fit(struct arena *arena, const struct examples *examples, const struct params *params,
                void **fitted, struct fault *why)
{
    if (!examples_unweighted(examples, "isolation_forest", why))
        return false;
    size_t rows = inputs_rows(&examples->in);
    struct isolation *isolation =
        isolation_new(arena, examples->in.dense.columns, param_integer(params, "n_estimators"));
    isolation->samples = param_integer(params, "max_samples");
    if (isolation->samples > rows)
        isolation->samples = rows;
    isolation->usual = path_of((double)isolation->samples);
    trees_make(arena, examples, isolation, param_number(params, "max_features"));
    for (size_t t = 0; t < isolation->tree_count; t++)
        cut_splits_count(&isolation->trees[t], isolation->splits);
    *fitted = isolation;
    return true;
}

struct scoring {
    const struct isolation *isolation;
    struct matrix x;
    double *out;
};

static void tree_lengths(const struct scoring *scoring, size_t t, size_t from, size_t count,
                         double *sums)
{
    const struct cut_tree *tree = &scoring->isolation->trees[t];
    const double *lengths = scoring->isolation->lengths[t];
    for (size_t i = 0; i < count; i += CUT_GROUP) {
        const double *rows[CUT_GROUP];
        uint32_t at[CUT_GROUP];
        for (size_t k = 0; k < CUT_GROUP; k++)
            rows[k] = matrix_row(scoring->x, from + (i + k < count ? i + k : i));
        cut_tree_walk(tree, rows, at);
        for (size_t k = 0; k < CUT_GROUP && i + k < count; k++)
            sums[i + k] += lengths[at[k]];
    }
}

static void piece_score(void *work, size_t at)
{
    const struct scoring *scoring = work;
    const struct isolation *isolation = scoring->isolation;
    size_t from = at * PIECE_ROWS, count = scoring->x.rows - from;
    double sums[PIECE_ROWS] = { 0 };
    if (count > PIECE_ROWS)
        count = PIECE_ROWS;
    for (size_t t = 0; t < isolation->tree_count; t++)
        tree_lengths(scoring, t, from, count, sums);
    double scale = isolation->usual > 0 ? -1 / isolation->usual : -1;
    for (size_t i = 0; i < count; i++)
        scoring->out[from + i] = exp2(sums[i] / (double)isolation->tree_count * scale);
}

static void predict(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out)
{
    (void)arena;
    struct scoring scoring = { fitted, in->dense, out };
    threads_run(threads, (in->dense.rows + PIECE_ROWS - 1) / PIECE_ROWS, piece_score, &scoring);
}

/* The raw score is the logarithm (to base 2) of the score: minus the mean path by the usual one. */
struct isolation_explaining {
    const struct isolation *isolation;
    const struct cut_tree *tree;
    struct shap_tree shap;
    struct matrix x;
    size_t spans, longest;
    bool *right;                   /* [spans][longest] */
    struct shap_element **scratch; /* [spans] */
    double *out;
};

static void span_explain(void *work, size_t at)
{
    const struct isolation_explaining *explaining = work;
    const struct cut_tree *tree = explaining->tree;
    bool *right = explaining->right + at * explaining->longest;
    size_t rows = explaining->x.rows, step = explaining->isolation->columns + 1;
    for (size_t i = at * rows / explaining->spans; i < (at + 1) * rows / explaining->spans; i++) {
        const double *x = matrix_row(explaining->x, i);
        for (uint32_t n = 0; n < tree->count; n++)
            right[n] = tree->nodes[n].child != n && x[tree->nodes[n].column] > tree->nodes[n].cut;
        shap_add(&explaining->shap, right, explaining->scratch[at], explaining->out + i * step,
                 step);
    }
}

static void shap_nodes_set(const struct cut_tree *tree, const double *lengths,
                           struct shap_node *nodes)
{
    nodes[0].share = 1;
    for (uint32_t at = 0; at < tree->count; at++) {
        uint32_t child = tree->nodes[at].child;
        nodes[at].child = child;
        nodes[at].column = tree->nodes[at].column;
        nodes[at].values = &lengths[at];
        for (uint32_t side = 0; child != at && side < 2; side++)
            nodes[child + side].share =
                tree->rows[at] ? (double)tree->rows[child + side] / tree->rows[at] : 0.5;
    }
}

static void explain(struct arena *arena, const void *fitted, const struct inputs *in,
                    unsigned threads, double *out)
{
    const struct isolation *isolation = fitted;
    size_t step = isolation->columns + 1, depth = 0;
    struct isolation_explaining explaining = { .isolation = isolation, .x = in->dense, .out = out };
    explaining.spans = threads < 1 ? 1 : threads > THREADS_MOST ? THREADS_MOST : threads;
    for (size_t t = 0; t < isolation->tree_count; t++) {
        if (isolation->trees[t].count > explaining.longest)
            explaining.longest = isolation->trees[t].count;
        if (isolation->trees[t].depth > depth)
            depth = isolation->trees[t].depth;
    }
    explaining.right = arena_array(arena, bool, explaining.spans *explaining.longest);
    explaining.scratch = arena_array(arena, struct shap_element *, explaining.spans);
    for (size_t s = 0; s < explaining.spans; s++)
        explaining.scratch[s] = shap_scratch(arena, depth);
    struct shap_node *nodes = arena_array(arena, struct shap_node, explaining.longest);
    double *reached = arena_array(arena, double, explaining.longest), mean = 0;
    memset(out, 0, in->dense.rows * step * sizeof *out);
    double usual = isolation->usual > 0 ? isolation->usual : 1;
    for (size_t t = 0; t < isolation->tree_count; t++) {
        explaining.tree = &isolation->trees[t];
        explaining.shap = (struct shap_tree){ .nodes = nodes,
                                              .count = explaining.tree->count,
                                              .width = 1,
                                              .scale = -1 / usual / (double)isolation->tree_count };
        shap_nodes_set(explaining.tree, isolation->lengths[t], nodes);
        shap_mean(&explaining.shap, reached, &mean);
        threads_run(threads, explaining.spans, span_explain, &explaining);
    }
    for (size_t i = 0; i < in->dense.rows; i++)
        out[i * step + step - 1] = mean;
}

static void save(const void *fitted, struct text *out)
{
    const struct isolation *isolation = fitted;
    bytes_put_u32(out, (uint32_t)isolation->samples);
    bytes_put_u32(out, (uint32_t)isolation->tree_count);
    for (size_t t = 0; t < isolation->tree_count; t++)
        cut_tree_save(&isolation->trees[t], out);
}

/* Paths and usages follow from the trees. */
static void derive(struct isolation *isolation, size_t t, double *lengths)
{
    const struct cut_tree *tree = &isolation->trees[t];
    isolation->lengths[t] = lengths;
    for (uint32_t at = 0; at < tree->count; at++) {
        uint32_t child = tree->nodes[at].child;
        if (child == at) {
            lengths[at] += path_of((double)tree->rows[at]);
            continue;
        }
        lengths[child] = lengths[child + 1] = lengths[at] + 1;
    }
    cut_splits_count(tree, isolation->splits);
}

static void *load(struct bytes *in, const struct fitted_shape *shape)
{
    size_t samples = bytes_u32(in);
    struct isolation *isolation = isolation_new(in->arena, shape->dense, bytes_count(in, 12));
    isolation->samples = samples;
    isolation->usual = path_of((double)samples);
    if (!isolation->tree_count)
        in->failed = true;
    for (size_t t = 0; t < isolation->tree_count && !in->failed; t++) {
        struct cut_tree *tree = &isolation->trees[t];
        cut_tree_load(in, shape->dense, tree);
        if (!in->failed)
            derive(isolation, t, arena_array(in->arena, double, tree->count));
    }
    return in->failed ? NULL : isolation;
}

static void describe(const void *fitted, const struct feature_names *names, struct json_out *out)
{
    const struct isolation *isolation = fitted;
    const struct cut_forest forest = { .trees = isolation->tree_count,
                                       .samples = isolation->samples,
                                       .columns = isolation->columns,
                                       .samples_name = "max_samples",
                                       .splits = isolation->splits };
    cut_forest_describe(&forest, names, out);
}

static const struct param_spec params[] = {
    { "n_estimators", "num_trees", PARAM_INTEGER, 1, 100000, "100", NULL, "trees" },
    { "max_samples", "num_samples_per_tree", PARAM_INTEGER, 1, 1000000, "256", NULL,
      "rows that a tree is grown on" },
    { "max_features", NULL, PARAM_NUMBER, 1e-6, 1, "1", NULL, "share of the columns of a tree" },
};

const struct learner learn_isolation_forest = {
    .name = "isolation_forest",
    .what = "anomalies: how few random cuts set a row apart",
    .targets = TARGET_NONE,
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .fit = fit,
    .predict = predict,
    .explain = explain,
    .save = save,
    .load = load,
    .describe = describe,
};
