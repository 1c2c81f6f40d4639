/* Trees: what must hold for any data, and what happens at the edges. */
#include "tests/core/learn/trees.h"

struct kind {
    const struct learner *learner;
    const char *settings;
};

static const struct kind kinds[] = {
    { &learn_gbdt, "n_estimators=12" },
    { &learn_gbdt, "n_estimators=8;grow_policy=lossguide;max_leaves=20;max_depth=0;alpha=0.1" },
    { &learn_gbdt, "n_estimators=8;subsample=0.6;colsample_bytree=0.5;early_stopping_rounds=3" },
    { &learn_random_forest, "n_estimators=7" },
    { &learn_extra_trees, "n_estimators=7;min_samples_leaf=3" },
    { &learn_decision_tree, "max_leaf_nodes=40;ccp_alpha=0.0005" },
    { &learn_isolation_forest, "" },
    { &learn_random_cut_forest, "num_trees=9;num_samples_per_tree=64" },
};
#define KINDS (sizeof kinds / sizeof *kinds)

static bool is_anomaly(const struct kind *kind)
{
    return kind->learner->targets == TARGET_NONE;
}

static struct examples made(struct arena *arena, const struct kind *kind, size_t rows,
                            size_t classes)
{
    bool missing = kind->learner->takes & TAKES_MISSING;
    struct examples examples = tree_examples(arena, rows, 6, classes, missing ? 0.1 : 0);
    if (is_anomaly(kind)) {
        examples.y = NULL;
        examples.target = TARGET_NONE;
        examples.class_count = 0;
    }
    return examples;
}

static struct str saved(struct arena *arena, const struct learner *learner, const void *fitted)
{
    struct text out = { .arena = arena };
    learner->save(fitted, &out);
    return text_str(&out);
}

static void the_bits_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = { 1, 2, 3, 7 };
    static const size_t classes[] = { 0, 2, 3 };
    for (size_t k = 0; k < KINDS; k++)
        for (size_t c = 0; c < (is_anomaly(&kinds[k]) ? 1 : 3); c++) {
            scoped_arena arena = arena_open(NULL);
            size_t rows = kinds[k].learner == &learn_gbdt ? 20000 : 3000; /* sliced and not */
            struct examples examples = made(arena, &kinds[k], rows, classes[c]);
            struct str first = { 0 };
            const double *predicted = NULL;
            for (size_t t = 0; t < 4; t++) {
                examples.threads = threads[t];
                const void *fitted =
                    tree_fitted(arena, kinds[k].learner, &examples, kinds[k].settings);
                struct str bytes = saved(arena, kinds[k].learner, fitted);
                const double *now = tree_predicted(arena, kinds[k].learner, fitted, &examples);
                if (t && !str_equal(bytes, first))
                    fail_msg("%s %s: %u threads gave another model", kinds[k].learner->name,
                             kinds[k].settings, threads[t]);
                if (t)
                    assert_memory_equal(now, predicted, rows * tree_width(&examples) * sizeof *now);
                first = bytes;
                predicted = now;
            }
        }
}

static void models_come_back_from_their_bytes(void **state)
{
    (void)state;
    static const size_t classes[] = { 0, 2, 3 };
    for (size_t k = 0; k < KINDS; k++)
        for (size_t c = 0; c < (is_anomaly(&kinds[k]) ? 1 : 3); c++) {
            scoped_arena arena = arena_open(NULL);
            const struct learner *learner = kinds[k].learner;
            struct examples examples = made(arena, &kinds[k], 500, classes[c]);
            const void *fitted = tree_fitted(arena, learner, &examples, kinds[k].settings);
            struct str bytes = saved(arena, learner, fitted);
            struct fitted_shape shape = { .columns = 6,
                                          .dense = 6,
                                          .target = examples.target,
                                          .class_count = examples.class_count };
            struct bytes in = { .arena = arena, .rest = bytes };
            const void *again = learner->load(&in, &shape);
            assert_true(again && !in.failed && in.rest.len == 0);
            assert_true(str_equal(saved(arena, learner, again), bytes));
            assert_memory_equal(tree_predicted(arena, learner, fitted, &examples),
                                tree_predicted(arena, learner, again, &examples),
                                500 * tree_width(&examples) * sizeof(double));
            for (size_t len = 0; len < bytes.len; len += 1 + bytes.len / 50) {
                in = (struct bytes){ .arena = arena, .rest = str_until(bytes, len) };
                learner->load(&in, &shape);
                assert_true(in.failed);
            }
        }
}

/* Twice the row, or the row with weight 2. */
static struct examples twice(struct arena *arena, const struct examples *examples)
{
    size_t rows = inputs_rows(&examples->in), columns = examples->in.dense.columns;
    struct examples out = *examples;
    double *y = arena_array(arena, double, 2 * rows);
    out.in.dense = matrix_new(arena, 2 * rows, columns);
    for (size_t i = 0; i < 2 * rows; i++) {
        memcpy(matrix_row(out.in.dense, i), matrix_row(examples->in.dense, i / 2),
               columns * sizeof *y);
        y[i] = examples->y[i / 2];
    }
    out.y = y;
    return out;
}

static void check_near(const double *got, const double *expected, size_t count, double tolerance,
                       const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - expected[i]) <= tolerance))
            fail_msg("%s: got %.17g, expected %.17g at %zu", what, got[i], expected[i], i);
}

static void a_row_of_weight_two_counts_as_two(void **state)
{
    (void)state;
    static const size_t classes[] = { 0, 2, 3 };
    static const struct kind some[] = { { &learn_gbdt, "n_estimators=10" },
                                        { &learn_decision_tree, "max_depth=7" } };
    for (size_t k = 0; k < 2; k++)
        for (size_t c = 0; c < 3; c++) {
            scoped_arena arena = arena_open(NULL);
            struct examples once = made(arena, &some[k], 400, classes[c]);
            struct examples doubled = twice(arena, &once);
            double *weights = arena_array(arena, double, 400);
            for (size_t i = 0; i < 400; i++)
                weights[i] = 2;
            once.weight = weights;
            const void *a = tree_fitted(arena, some[k].learner, &once, some[k].settings);
            const void *b = tree_fitted(arena, some[k].learner, &doubled, some[k].settings);
            check_near(tree_predicted(arena, some[k].learner, a, &once),
                       tree_predicted(arena, some[k].learner, b, &once), 400 * tree_width(&once),
                       1e-6, some[k].learner->name);
        }
}

static void the_order_of_the_rows_does_not_matter(void **state)
{
    (void)state;
    static const struct kind some[] = { { &learn_gbdt, "n_estimators=10" },
                                        { &learn_decision_tree, "max_depth=7" } };
    for (size_t k = 0; k < 2; k++) {
        scoped_arena arena = arena_open(NULL);
        struct examples straight = made(arena, &some[k], 700, 0), mixed = straight;
        size_t *order = arena_array(arena, size_t, 700);
        double *y = arena_array(arena, double, 700);
        for (size_t i = 0; i < 700; i++)
            order[i] = i;
        random_shuffle(&(struct random){ 9 }, order, 700);
        mixed.in.dense = matrix_new(arena, 700, 6);
        for (size_t i = 0; i < 700; i++) {
            memcpy(matrix_row(mixed.in.dense, i), matrix_row(straight.in.dense, order[i]),
                   6 * sizeof *y);
            y[i] = straight.y[order[i]];
        }
        mixed.y = y;
        const void *a = tree_fitted(arena, some[k].learner, &straight, some[k].settings);
        const void *b = tree_fitted(arena, some[k].learner, &mixed, some[k].settings);
        check_near(tree_predicted(arena, some[k].learner, a, &straight),
                   tree_predicted(arena, some[k].learner, b, &straight), 700, 1e-6,
                   some[k].learner->name);
    }
}

static void monotone_constraints_hold(void **state)
{
    (void)state;
    const struct str names[] = { S("a"), S("b"), S("c:d") };
    static const char *const settings[] = {
        "monotone_constraints=1,0,-1", "monotone_constraints=(1,0,-1)",
        "monotone_constraints=c:d:-1, a:+1", "monotone_constraints=0:1,2:-1;max_leaves=12;lambda=0"
    };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, 3000, 3, 0, 0);
    examples.names = names;
    struct examples line = examples;
    line.in.dense = matrix_new(arena, 3 * 60, 3);
    for (size_t s = 0; s < 4; s++) {
        const void *fitted = tree_fitted(arena, &learn_gbdt, &examples, settings[s]);
        for (size_t start = 0; start < 50; start++) {
            for (size_t i = 0; i < 180; i++) {
                double *row = matrix_row(line.in.dense, i);
                memcpy(row, matrix_row(examples.in.dense, start), 3 * sizeof *row);
                row[i / 60] = (double)(i % 60) / 10 - 3;
            }
            const double *p = tree_predicted(arena, &learn_gbdt, fitted, &line);
            for (size_t i = 1; i < 60; i++)
                assert_true(p[i] >= p[i - 1] && p[120 + i] <= p[119 + i]);
        }
    }
}

static void early_stopping_keeps_the_best_round(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, 1500, 4, 2, 0);
    const void *fitted = tree_fitted(arena, &learn_gbdt, &examples,
                                     "n_estimators=500;early_stopping_rounds=4;max_depth=5");
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    const struct json *map = NULL;
    struct fault why = { 0 };
    json_open_map(&out, NULL);
    learn_gbdt.describe(fitted, NULL, &out);
    json_close_map(&out);
    assert_true(json_parse(arena, text_str(&text), &map, &why));
    const struct json *losses = json_get(map, "validation_loss");
    size_t rounds = (size_t)json_get_int(map, "rounds", 0);
    assert_true(rounds > 0 && losses->count == rounds + 4 && losses->count < 500);
    assert_int_equal(json_get_int(map, "trees", 0), rounds);
    for (size_t i = 0; i < losses->count; i++)
        assert_true(losses->members[i].number >= losses->members[rounds - 1].number);
    const struct json *train = json_get(map, "train_loss");
    assert_int_equal(train->count, losses->count);
    assert_true(train->members[train->count - 1].number < train->members[0].number);
}

static void rankings_put_relevant_rows_first(void **state)
{
    (void)state;
    enum { ROWS = 1200, QUERIES = 60 };
    static const char *const settings[] = { "objective=rank:ndcg", "objective=rank:pairwise" };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, ROWS, 3, 0, 0);
    double *relevance = arena_array(arena, double, ROWS);
    uint32_t *group = arena_array(arena, uint32_t, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = (uint32_t)(i * 7 % QUERIES);
        relevance[i] = fmin(fmax(round(examples.y[i] + 1), 0), 3);
    }
    examples.y = relevance;
    struct fault why = { 0 };
    void *fitted = NULL;
    assert_false(tree_fit(arena, &learn_gbdt, &examples, settings[0], &fitted, &why));
    assert_non_null(strstr(why.text, "needs a group column"));
    examples.in.group = group;
    examples.in.group_count = QUERIES;
    for (size_t s = 0; s < 2; s++) {
        size_t right = 0, pairs = 0;
        fitted = tree_fitted(arena, &learn_gbdt, &examples, settings[s]);
        const double *p = tree_predicted(arena, &learn_gbdt, fitted, &examples);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < ROWS; j++)
                if (group[i] == group[j] && relevance[i] > relevance[j]) {
                    pairs++;
                    right += p[i] > p[j];
                }
        assert_in_range(right * 100 / pairs, 95, 100);
    }
}

static void quantiles_have_their_share_below(void **state)
{
    (void)state;
    static const double shares[] = { 0.1, 0.5, 0.9 };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, 4000, 4, 0, 0.05);
    for (size_t s = 0; s < 3; s++) {
        const char *settings = arena_print(
            arena, "objective=reg:quantileerror;quantile_alpha=%g;n_estimators=40", shares[s]);
        const void *fitted = tree_fitted(arena, &learn_gbdt, &examples, settings);
        const double *p = tree_predicted(arena, &learn_gbdt, fitted, &examples);
        size_t below = 0;
        for (size_t i = 0; i < 4000; i++)
            below += examples.y[i] <= p[i];
        assert_true(fabs((double)below / 4000 - shares[s]) < 0.03);
    }
}

static void categories_are_told_apart_without_an_order(void **state)
{
    (void)state;
    enum { ROWS = 6000, LEVELS = 400 };
    scoped_arena arena = arena_open(NULL);
    struct examples examples = tree_examples(arena, ROWS, 2, 0, 0);
    uint32_t levels[] = { LEVELS, 0 };
    double *y = arena_array(arena, double, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        size_t level = i % 3 ? i % 40 : i % LEVELS; /* more than bins, most of them rare */
        matrix_row(examples.in.dense, i)[0] = (double)level;
        y[i] = (double)(level * 7 % 10);
    }
    examples.y = y;
    examples.in.levels = levels;
    const void *fitted = tree_fitted(arena, &learn_gbdt, &examples, "n_estimators=60;cat_smooth=1");
    const double *p = tree_predicted(arena, &learn_gbdt, fitted, &examples);
    double error = 0;
    for (size_t i = 0; i < ROWS; i++)
        error += i % 3 ? fabs(p[i] - y[i]) : 0;
    assert_true(error / (ROWS * 2.0 / 3) < 0.1);
    struct examples other = examples;
    other.in.dense = matrix_new(arena, 3, 2);
    matrix_row(other.in.dense, 0)[0] = NAN;
    matrix_row(other.in.dense, 1)[0] = 1e9;
    matrix_row(other.in.dense, 2)[0] = -1;
    p = tree_predicted(arena, &learn_gbdt, fitted, &other);
    assert_true(isfinite(p[0]) && p[0] >= p[1] && p[0] <= p[1] && p[0] >= p[2] && p[0] <= p[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bits_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(models_come_back_from_their_bytes),
        cmocka_unit_test(a_row_of_weight_two_counts_as_two),
        cmocka_unit_test(the_order_of_the_rows_does_not_matter),
        cmocka_unit_test(monotone_constraints_hold),
        cmocka_unit_test(early_stopping_keeps_the_best_round),
        cmocka_unit_test(rankings_put_relevant_rows_first),
        cmocka_unit_test(quantiles_have_their_share_below),
        cmocka_unit_test(categories_are_told_apart_without_an_order),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
