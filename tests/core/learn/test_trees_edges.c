/* Trees: Shapley values against all subsets, and data that hardly are any. */
#include "tests/core/learn/trees.h"
#include "core/learn/learn_gbdt_fit.h"

/* The value of a branch for a row when only the columns of the set are known. */
static double branch_value(const struct tree_model *model, const struct tree *tree, uint32_t at,
                           const uint8_t *codes, unsigned known)
{
    uint64_t node = tree->nodes[at];
    uint32_t child = node_child(node);
    if (child == at)
        return tree->values[tree->extra[at]];
    uint8_t code = codes[node_slot(node)];
    if (known >> model->bins.at[node_slot(node) / 2].column & 1) {
        bool right = node_category(node) ? !bitmap_has(&tree->bitmaps[tree->extra[at]], code)
                                         : code > node_bin(node);
        return branch_value(model, tree, child + right, codes, known);
    }
    double left = (double)tree->cover[child], right = (double)tree->cover[child + 1];
    return (left * branch_value(model, tree, child, codes, known) +
            right * branch_value(model, tree, child + 1, codes, known)) /
           (left + right);
}

static double model_value(const struct tree_model *model, const uint8_t *codes, unsigned known)
{
    double sum = 0;
    for (size_t t = 0; t < model->tree_count; t++)
        sum += branch_value(model, &model->trees[t], 0, codes, known);
    return model->base[0] + model->scale * sum;
}

static double shapley(const struct tree_model *model, const uint8_t *codes, size_t columns,
                      size_t column)
{
    double sum = 0;
    for (unsigned known = 0; known < 1u << columns; known++) {
        if (known >> column & 1)
            continue;
        size_t size = (size_t)__builtin_popcount(known);
        double weight = tgamma((double)size + 1) * tgamma((double)(columns - size)) /
                        tgamma((double)columns + 1);
        sum += weight *
               (model_value(model, codes, known | 1u << column) - model_value(model, codes, known));
    }
    return sum;
}

static void explanations_are_the_shapley_values_over_all_subsets(void **state)
{
    (void)state;
    enum { ROWS = 400, COLUMNS = 5, TESTED = 12 };
    static const char *const settings[] = { "n_estimators=4;max_depth=5",
                                            "n_estimators=3;max_depth=7" };
    for (size_t k = 0; k < 2; k++) {
        scoped_arena arena = arena_open(NULL);
        const struct learner *learner = k ? &learn_random_forest : &learn_gbdt;
        struct examples examples = tree_examples(arena, ROWS, COLUMNS, 0, 0.15);
        uint32_t levels[COLUMNS] = { 0, 0, 0, 0, 8 };
        for (size_t i = 0; i < ROWS && !k; i++)
            matrix_row(examples.in.dense, i)[4] = (double)(i * 5 % 8);
        if (!k)
            examples.in.levels = levels;
        void *fitted = tree_fitted(arena, learner, &examples, settings[k]);
        const struct tree_model *model = k ? fitted : ((struct gbdt *)fitted)->model;
        struct inputs few = examples.in;
        few.dense.rows = TESTED;
        double *out = arena_array(arena, double, TESTED *(COLUMNS + 1));
        uint8_t *codes = arena_array(arena, uint8_t, TESTED * 2 * model->bins.count);
        bins_encode(&model->bins, &few, 0, TESTED, codes);
        learner->explain(arena, fitted, &few, 1, out);
        for (size_t i = 0; i < TESTED; i++, out += COLUMNS + 1) {
            const uint8_t *own = codes + i * 2 * model->bins.count;
            double sum = out[COLUMNS];
            for (size_t c = 0; c < COLUMNS; c++) {
                double expected = shapley(model, own, COLUMNS, c);
                if (!(fabs(out[c] - expected) < 1e-9))
                    fail_msg("%s: column %zu got %.12g, expected %.12g", learner->name, c, out[c],
                             expected);
                sum += out[c];
            }
            assert_true(fabs(sum - model_value(model, own, ~0u)) < 1e-9);
            assert_true(fabs(out[COLUMNS] - model_value(model, own, 0)) < 1e-9);
        }
    }
}

static void explanations_of_classes_and_anomalies_sum_to_the_raw_score(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, 300, 4, 3, 0.1);
    double *out = arena_array(arena, double, 300 * 3 * 5);
    const struct learner *some[] = { &learn_gbdt, &learn_extra_trees, &learn_decision_tree };
    for (size_t k = 0; k < 3; k++) {
        const void *fitted = tree_fitted(arena, some[k], &examples, "max_depth=4");
        const double *p = tree_predicted(arena, some[k], fitted, &examples);
        some[k]->explain(arena, fitted, &examples.in, 2, out);
        for (size_t i = 0; i < 300; i++) {
            double raw[3] = { 0 }, total = 0;
            for (size_t j = 0; j < 15; j++)
                raw[j / 5] += out[i * 15 + j];
            for (size_t j = 0; j < 3; j++)
                total += raw[j] = k ? raw[j] : exp(raw[j]);
            for (size_t j = 0; j < 3; j++)
                assert_true(fabs(raw[j] / total - p[i * 3 + j]) < 1e-9);
        }
    }
    struct examples plain = tree_examples(arena, 300, 4, 0, 0);
    plain.target = TARGET_NONE;
    const void *fitted = tree_fitted(arena, &learn_isolation_forest, &plain, "n_estimators=20");
    const double *p = tree_predicted(arena, &learn_isolation_forest, fitted, &plain);
    learn_isolation_forest.explain(arena, fitted, &plain.in, 1, out);
    for (size_t i = 0; i < 300; i++) {
        double raw = 0;
        for (size_t j = 0; j < 5; j++)
            raw += out[i * 5 + j];
        assert_true(fabs(exp2(raw) - p[i]) < 1e-9);
    }
}

/* Fills a matrix; what the rows are like is in the name of the case. */
static double cell_of(size_t which, size_t i, size_t c)
{
    switch (which) {
    case 0:
        return 7;
    case 1:
        return NAN;
    case 2:
        return c ? NAN : (double)i;
    case 3:
        return i ? 0.0 : -0.0;
    default:
        return (i % 2 ? 1 : -1) * 1e300 * (double)(c + 1);
    }
}

static void rows_that_tell_nothing_give_the_mean_and_nothing_breaks(void **state)
{
    (void)state;
    static const struct {
        size_t which, rows, columns;
    } cases[] = { { 0, 50, 3 }, { 1, 50, 3 }, { 2, 50, 2 }, { 3, 50, 2 }, { 4, 50, 2 },
                  { 0, 1, 2 },  { 1, 1, 1 },  { 0, 5, 0 },  { 2, 2, 1 } };
    const struct learner *some[] = { &learn_gbdt, &learn_random_forest, &learn_extra_trees,
                                     &learn_decision_tree };
    for (size_t k = 0; k < 4; k++)
        for (size_t t = 0; t < sizeof cases / sizeof *cases; t++) {
            scoped_arena arena = arena_open(NULL);
            size_t rows = cases[t].rows, columns = cases[t].columns;
            struct matrix x = matrix_new(arena, rows, columns);
            double *y = arena_array(arena, double, rows), mean = 0;
            for (size_t i = 0; i < rows; i++) {
                y[i] = (double)(i * 3 % 4) - 1;
                mean += y[i] / (double)rows;
                for (size_t c = 0; c < columns; c++)
                    matrix_row(x, i)[c] = cell_of(cases[t].which, i, c);
            }
            struct examples examples = { .in.dense = x, .y = y, .target = TARGET_NUMBER };
            const void *fitted = tree_fitted(arena, some[k], &examples, "");
            const double *p = tree_predicted(arena, some[k], fitted, &examples);
            for (size_t i = 0; i < rows; i++) {
                assert_true(p[i] >= -1 - 1e-6 && p[i] <= 2 + 1e-6);
                if (cases[t].which < 2 && k != 1)
                    assert_true(fabs(p[i] - mean) < 1e-9);
            }
        }
}

/* Whatever a loader takes must be safe to walk, to explain and to describe. */
static void damaged_bytes_are_refused_or_do_no_harm(void **state)
{
    (void)state;
    enum { ROWS = 120, TRIES = 400 };
    static const struct {
        const struct learner *learner;
        const char *settings;
    } kinds[] = { { &learn_gbdt, "n_estimators=3;max_depth=3" },
                  { &learn_random_forest, "n_estimators=3;max_depth=4" },
                  { &learn_isolation_forest, "n_estimators=3;max_samples=16" },
                  { &learn_random_cut_forest, "num_trees=3;num_samples_per_tree=16" } };
    uint32_t levels[] = { 0, 0, 5 };
    size_t taken = 0, refused = 0;
    for (size_t k = 0; k < 4; k++)
        for (size_t t = 0; t < TRIES; t++) {
            scoped_arena arena = arena_open(NULL);
            struct examples examples = tree_examples(arena, ROWS, 3, 0, 0);
            for (size_t i = 0; i < ROWS; i++)
                matrix_row(examples.in.dense, i)[2] = (double)(i % 5);
            examples.in.levels = k ? NULL : levels;
            examples.target = k < 2 ? TARGET_NUMBER : TARGET_NONE;
            struct text text = { .arena = arena };
            const struct learner *learner = kinds[k].learner;
            learner->save(tree_fitted(arena, learner, &examples, kinds[k].settings), &text);
            struct random random = random_stream(k, t);
            for (size_t hits = 1 + t % 3; hits; hits--)
                text.at[random_below(&random, text.len)] ^= (char)(1 << random_below(&random, 8));
            struct bytes in = { .arena = arena, .rest = text_str(&text) };
            struct fitted_shape shape = {
                .columns = 3, .dense = 3, .levels = examples.in.levels, .target = examples.target
            };
            const void *fitted = learner->load(&in, &shape);
            refused += in.failed;
            if (in.failed)
                continue;
            taken++;
            examples.in.dense.rows = 20;
            tree_predicted(arena, learner, fitted, &examples);
            if (learner->explain)
                learner->explain(arena, fitted, &examples.in, 1,
                                 arena_array(arena, double, 20 * 4));
            struct text shown = { .arena = arena };
            struct json_out out = { .text = &shown };
            json_open_map(&out, NULL);
            learner->describe(fitted, NULL, &out);
            json_close_map(&out);
        }
    assert_true(taken > 100 && refused > 100);
}

static void one_class_alone_is_predicted(void **state)
{
    (void)state;
    const struct learner *some[] = { &learn_gbdt, &learn_random_forest, &learn_decision_tree };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, 60, 3, 2, 0);
    double *y = arena_array(arena, double, 60);
    for (size_t class = 0; class < 2; class ++)
        for (size_t k = 0; k < 3; k++) {
            for (size_t i = 0; i < 60; i++)
                y[i] = (double)class;
            examples.y = y;
            const void *fitted = tree_fitted(arena, some[k], &examples, "");
            assert_true(fabs(*tree_predicted(arena, some[k], fitted, &examples) - (double)class) <
                        1e-6);
        }
}

static void many_levels_and_many_columns_take_bounded_memory(void **state)
{
    (void)state;
    enum { ROWS = 3000, LEVELS = 1000000, WIDE_ROWS = 20, WIDE = 100000 };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, ROWS, 2, 0, 0);
    uint32_t levels[] = { LEVELS, 0 };
    for (size_t i = 0; i < ROWS; i++)
        matrix_row(examples.in.dense, i)[0] = (double)(i * 333);
    examples.in.levels = levels;
    size_t before = arena_bytes(arena);
    assert_non_null(tree_fitted(arena, &learn_gbdt, &examples, "n_estimators=3"));
    assert_true(arena_bytes(arena) - before < (size_t)40 << 20);
    struct examples wide = tree_examples(arena, WIDE_ROWS, WIDE, 0, 0);
    before = arena_bytes(arena);
    assert_non_null(tree_fitted(arena, &learn_gbdt, &wide, "n_estimators=2"));
    assert_non_null(tree_fitted(arena, &learn_random_forest, &wide, "n_estimators=2"));
    assert_true(arena_bytes(arena) - before < (size_t)200 << 20);
}

static void bad_settings_are_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const struct learner *learner;
        const char *settings, *expected;
    } cases[] = {
        { &learn_gbdt, "monotone_constraints=1,2",
          "monotone_constraints: \"2\" is not 1, 0, -1 or COLUMN:1" },
        { &learn_gbdt, "monotone_constraints=9:1",
          "monotone_constraints: there is no column \"9\"" },
        { &learn_gbdt, "monotone_constraints=1,1,1",
          "monotone_constraints: there is no column \"1\"" },
        { &learn_gbdt, "objective=reg:absoluteerror;monotone_constraints=1",
          "gbdt's objective reg:absoluteerror takes no monotone_constraints" },
        { &learn_gbdt, "objective=binary:logistic",
          "gbdt's objective binary:logistic does not fit the target" },
        { &learn_gbdt, "objective=count:poisson",
          "gbdt's objective count:poisson takes no target below 0" },
        { &learn_random_forest, "max_features=some",
          "max_features is sqrt, log2, all, a share such as 0.5 or a number of columns" },
    };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, 50, 2, 0, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault why = { 0 };
        void *fitted;
        assert_false(
            tree_fit(arena, cases[i].learner, &examples, cases[i].settings, &fitted, &why));
        assert_string_equal(why.text, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explanations_are_the_shapley_values_over_all_subsets),
        cmocka_unit_test(explanations_of_classes_and_anomalies_sum_to_the_raw_score),
        cmocka_unit_test(rows_that_tell_nothing_give_the_mean_and_nothing_breaks),
        cmocka_unit_test(damaged_bytes_are_refused_or_do_no_harm),
        cmocka_unit_test(one_class_alone_is_predicted),
        cmocka_unit_test(many_levels_and_many_columns_take_bounded_memory),
        cmocka_unit_test(bad_settings_are_refused_with_what_is_allowed),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
