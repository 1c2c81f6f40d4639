/* Two classes without weights are grown in a way of their own: the trees must be the same. */
#include "tests/core/learn/trees.h"

static const char *const settings[] = {
    "n_estimators=4",
    "n_estimators=3;min_samples_leaf=3;max_features=all",
    "n_estimators=3;max_depth=4;min_samples_split=9;max_features=log2",
    "n_estimators=3;max_leaf_nodes=17;max_samples=0.4",
    "n_estimators=3;bootstrap=false;min_impurity_decrease=0.004",
};

static double *predicted(struct arena *arena, const struct examples *examples, const char *how)
{
    void *fitted = tree_fitted(arena, &learn_random_forest, examples, how);
    return tree_predicted(arena, &learn_random_forest, fitted, examples);
}

static void equal_weights_of_rows_change_no_tree(void **state)
{
    (void)state;
    enum { ROWS = 900 };
    static const size_t columns[] = { 1, 5, 15, 28, 40, 63 };
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        for (size_t s = 0; s < sizeof settings / sizeof *settings; s++)
            for (int missing = 0; missing < 2; missing++) {
                scoped_arena arena = arena_open(NULL);
                struct examples examples =
                    tree_examples(arena, ROWS, columns[k], 2, 0.15 * missing);
                for (size_t i = 0; i < ROWS; i += 2) /* values that many rows share */
                    matrix_row(examples.in.dense, i)[0] = (double)(i % 7);
                double *plain = predicted(arena, &examples, settings[s]);
                double *weight = arena_array(arena, double, ROWS);
                for (size_t i = 0; i < ROWS; i++)
                    weight[i] = 2;
                examples.weight = weight;
                double *weighted = predicted(arena, &examples, settings[s]);
                for (size_t i = 0; i < ROWS; i++)
                    if (plain[i] != weighted[i])
                        fail_msg("%zu columns, %s, row %zu: got %.17g, expected %.17g", columns[k],
                                 settings[s], i, plain[i], weighted[i]);
            }
}

static void a_tree_without_limits_knows_its_rows(void **state)
{
    (void)state;
    enum { ROWS = 3000 };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, ROWS, 3, 2, 0);
    double *out = predicted(arena, &examples, "n_estimators=1;bootstrap=false;max_features=all");
    for (size_t i = 0; i < ROWS; i++)
        if (fabs(out[i] - examples.y[i]) > 0.5)
            fail_msg("row %zu: got %g, expected %g", i, out[i], examples.y[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_weights_of_rows_change_no_tree),
        cmocka_unit_test(a_tree_without_limits_knows_its_rows),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
