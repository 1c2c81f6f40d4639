/* Blocks of rows down the trees of a random cut forest, and up again. */
#include "core/learn/learn_rcf_score.h"
#include "core/base/compiler.h"
#include "core/learn/tree_model.h"
#include "core/math/threads.h"
#include <float.h>
#include <math.h>

#pragma GCC optimize("O3")

#define GROUP 16                        /* rows that walk side by side */
#define BLOCK_BYTES ((size_t)128 << 10) /* of rows: they stay in the second-level cache */
#define BLOCK_MOST ((size_t)1024)       /* rows */

typedef float lanes __attribute__((vector_size(4 * RCF_LANES)));
typedef float loose __attribute__((vector_size(4 * RCF_LANES), aligned(4), may_alias));
typedef int32_t marks __attribute__((vector_size(4 * RCF_LANES)));

float rcf_single(double x)
{
    return x > FLT_MAX ? FLT_MAX : x < -FLT_MAX ? -FLT_MAX : (float)x;
}

/* The greatest float that is not above x. */
static float float_below(double x)
{
    float single = rcf_single(x);
    return (double)single > x ? nextafterf(single, -INFINITY) : single;
}

void rcf_tree_finish(struct arena *arena, const struct rcf *rcf, struct boxed_tree *tree)
{
    const struct cut_tree *cuts = &tree->cuts;
    tree->steps = arena_array(arena, struct rcf_step, cuts->count);
    tree->parents = arena_array(arena, uint32_t, cuts->count);
    tree->depths = arena_array(arena, uint16_t, cuts->count);
    tree->seen = arena_array(arena, double, cuts->count);
    for (uint32_t at = 0; at < cuts->count; at++) {
        const struct cut_node *node = &cuts->nodes[at];
        bool leaf = node->child == at;
        double mass = cuts->rows[at], depth = tree->depths[at];
        tree->steps[at] = (struct rcf_step){ leaf ? INFINITY : float_below(node->cut), node->child,
                                             node->column };
        tree->seen[at] = (1 - mass / (2 * (double)rcf->samples)) / (depth + log2(mass + 1));
        for (uint32_t k = 0; k < 2 && !leaf; k++) {
            tree->parents[node->child + k] = at;
            tree->depths[node->child + k] = (uint16_t)(depth + 1);
        }
    }
}

struct scoring {
    const struct rcf *rcf;
    const struct inputs *in;
    double *out;
    size_t spans, block; /* block: rows, a multiple of GROUP */
    float *singles;      /* [spans][block * stride], zeros behind the columns */
};

/* How far a row is outside of a box, summed over the columns. */
static inline __attribute__((always_inline)) float outside(const float *low, const float *x,
                                                           size_t stride)
{
    lanes sum = { 0 };
    for (size_t c = 0; c < stride; c += RCF_LANES) {
        lanes own = *(const loose *)(x + c);
        lanes below = *(const loose *)(low + c) - own,
              above = own - *(const loose *)(low + stride + c);
        sum +=
            (lanes)((marks)below & (marks)(below > 0)) + (lanes)((marks)above & (marks)(above > 0));
    }
    float halves[4];
    for (size_t k = 0; k < 4; k++)
        halves[k] = sum[k] + sum[k + 4];
    return (halves[0] + halves[1]) + (halves[2] + halves[3]);
}

/*
 * From a leaf up while the boxes do not hold x; far[]: by how much not. How many nodes that are.
 * There is no product in it: each clone gives the same bits.
 */
CLONED_V3 static size_t climb(const struct boxed_tree *tree, size_t stride, uint32_t at,
                              const float *x, float *far)
{
    for (size_t k = 0;; k++) {
        far[k] = outside(tree->boxes + at * 2 * stride, x, stride);
        if (!(far[k] > 0))
            return k;
        if (at == 0)
            return k + 1;
        at = tree->parents[at];
    }
}

/* The leaves that GROUP rows reach. */
static void walk(const struct boxed_tree *tree, size_t stride, const float *x, uint32_t *at)
{
    memset(at, 0, GROUP * sizeof *at);
    for (uint32_t step = 0; step < tree->cuts.depth; step++)
        for (size_t k = 0; k < GROUP; k++) {
            const struct rcf_step *node = &tree->steps[at[k]];
            at[k] = node->child + (x[k * stride + node->column] > node->cut);
        }
}

/* From the leaf up: the score of what would have happened at each node of the path. */
static double row_score(const struct boxed_tree *tree, size_t stride, uint32_t at, const float *x,
                        float *far)
{
    size_t climbed = climb(tree, stride, at, x, far);
    double score = climbed ? 1.0 / (tree->depths[at] + 1) : tree->seen[at];
    for (size_t k = 1; k < climbed; k++) {
        at = tree->parents[at];
        /* the chance that a random cut of the box grown to hold x sets x apart */
        double more = (double)far[k], chance = more / (more + tree->ranges[at]);
        chance = chance < 1 ? chance : 1;
        score = chance / (tree->depths[at] + 1) + (1 - chance) * score;
    }
    return score;
}

static void block_score(const struct scoring *scoring, size_t from, size_t count, float *x)
{
    const struct rcf *rcf = scoring->rcf;
    double *out = scoring->out + from;
    float far[TREE_DEPTH_MOST + 1];
    for (size_t i = 0; i < count; i++) {
        const double *row = matrix_row(scoring->in->dense, from + i);
        for (size_t c = 0; c < rcf->columns; c++)
            x[i * rcf->stride + c] = rcf_single(row[c]);
        out[i] = 0;
    }
    for (size_t t = 0; t < rcf->tree_count; t++)
        for (size_t i = 0; i < count; i += GROUP) {
            uint32_t at[GROUP];
            walk(&rcf->trees[t], rcf->stride, x + i * rcf->stride, at);
            for (size_t k = 0; k < GROUP && i + k < count; k++)
                out[i + k] +=
                    row_score(&rcf->trees[t], rcf->stride, at[k], x + (i + k) * rcf->stride, far);
        }
    for (size_t i = 0; i < count; i++)
        out[i] *= log2((double)rcf->samples + 1) / (double)rcf->tree_count;
}

static void span_score(void *work, size_t at)
{
    const struct scoring *scoring = work;
    size_t rows = scoring->in->dense.rows, end = (at + 1) * rows / scoring->spans;
    float *x = scoring->singles + at * scoring->block * scoring->rcf->stride;
    for (size_t from = at * rows / scoring->spans; from < end; from += scoring->block)
        block_score(scoring, from, end - from < scoring->block ? end - from : scoring->block, x);
}

void rcf_score(struct arena *arena, const struct rcf *rcf, const struct inputs *in,
               unsigned threads, double *out)
{
    struct scoring scoring = { .rcf = rcf, .in = in, .out = out };
    scoring.spans = threads < 1 ? 1 : threads > THREADS_MOST ? THREADS_MOST : threads;
    size_t most = BLOCK_BYTES / sizeof(float) / rcf->stride / GROUP * GROUP;
    scoring.block = most < GROUP ? GROUP : most < BLOCK_MOST ? most : BLOCK_MOST;
    scoring.singles = arena_array(arena, float, scoring.spans *scoring.block * rcf->stride);
    threads_run(threads, scoring.spans, span_score, &scoring);
}
