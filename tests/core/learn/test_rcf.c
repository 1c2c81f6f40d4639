/* Random cut forests: scores against the plain recursion over the boxes of a path. */
#include "core/learn/learn_rcf_score.h"
#include "tests/core/learn/trees.h"

/* The chance that a random cut of the box grown to hold x sets x apart. */
static double apart(const struct rcf *rcf, const struct boxed_tree *tree, uint32_t at,
                    const double *x)
{
    const float *low = tree->boxes + at * 2 * rcf->stride, *high = low + rcf->stride;
    double more = 0, range = 0;
    for (size_t c = 0; c < rcf->columns; c++) {
        double cell = (double)(float)x[c];
        more += fmax(0, fmax((double)low[c] - cell, cell - (double)high[c]));
        range += (double)high[c] - (double)low[c];
    }
    return more > 0 ? more / (more + range) : 0;
}

static double node_score(const struct rcf *rcf, const struct boxed_tree *tree, uint32_t at,
                         double depth, const double *x)
{
    const struct cut_node *node = &tree->cuts.nodes[at];
    double chance = apart(rcf, tree, at, x), mass = tree->cuts.rows[at];
    if (node->child == at && chance > 0)
        return 1 / (depth + 1);
    if (node->child == at)
        return (1 - mass / (2 * (double)rcf->samples)) / (depth + log2(mass + 1));
    bool right = (double)(float)x[node->column] > node->cut;
    return chance / (depth + 1) +
           (1 - chance) * node_score(rcf, tree, node->child + right, depth + 1, x);
}

static void scores_are_those_of_the_recursion(void **state)
{
    (void)state;
    enum { ROWS = 1500, TRAIN = 700 };
    static const size_t columns[] = { 1, 5, 8, 19 };
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        scoped_arena arena = arena_open(NULL);
        struct examples all = tree_examples(arena, ROWS, columns[k], 0, 0);
        for (size_t i = 0; i < ROWS; i += 3) /* some that are met again, and some far out */
            for (size_t c = 0; c < columns[k]; c++)
                matrix_row(all.in.dense, i)[c] = i % 2 ? (double)(i % 4) : 1e3 * (double)(c + 1);
        struct examples examples = all;
        examples.in.dense.rows = TRAIN;
        const char *how = "num_trees=5;num_samples_per_tree=200";
        const struct rcf *rcf = tree_fitted(arena, &learn_random_cut_forest, &examples, how);
        double *out = tree_predicted(arena, &learn_random_cut_forest, rcf, &all);
        for (size_t i = 0; i < ROWS; i++) {
            double sum = 0;
            for (size_t t = 0; t < rcf->tree_count; t++)
                sum += node_score(rcf, &rcf->trees[t], 0, 0, matrix_row(all.in.dense, i));
            double expected = sum * log2((double)rcf->samples + 1) / (double)rcf->tree_count;
            if (!(fabs(out[i] - expected) < 1e-6 * expected))
                fail_msg("%zu columns, row %zu: got %.12g, expected %.12g", columns[k], i, out[i],
                         expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_recursion),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
