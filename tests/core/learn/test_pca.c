/* Principal components against scikit-learn's numbers, and what must hold for any data. */
#include "core/learn/pca.h"
#include "core/math/blas.h"
#include "tests/core/learn/near.h"

static struct pca fit(struct arena *arena, struct matrix x, const double *weight, size_t components)
{
    struct pca pca;
    struct fault why = { 0 };
    if (!pca_fit_weighted(arena, x, weight, components, 2, &pca, &why))
        fail_msg("%s", why.text);
    return pca;
}

static void components_are_the_peers(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "near.json"), *cases = json_get(map, "pca");
    assert_int_equal(cases->count, 3); /* the last one has fewer rows than columns */
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *one = &cases->members[i], *list = json_get(one, "variances");
        struct set set = read_set(arena, map, json_get(one, "set")->text.at);
        struct matrix some = matrix_rows(set.x, 0, (size_t)json_get_int(one, "rows", 0));
        struct pca pca = fit(arena, some, NULL, list->count);
        near(pca.total, json_get_double(one, "total", NAN), 1e-10, "total");
        for (size_t k = 0; k < list->count; k++) {
            near(pca.variances[k], list->members[k].number, 1e-9, "variance");
            for (size_t j = 0; j < some.columns; j++)
                near(matrix_row(pca.axes, k)[j],
                     json_get(one, "axes")->members[k].members[j].number, 1e-8, "axis");
        }
        for (size_t j = 0; j < some.columns; j++)
            near(pca.means[j], json_get(one, "means")->members[j].number, 1e-12, "mean");
        double *errors = arena_array(arena, double, set.x.rows);
        pca_errors(arena, &pca, set.x, 3, errors);
        for (size_t r = 0; r < set.x.rows; r++)
            near(errors[r], json_get(one, "errors")->members[r].number, 1e-8, "error");
    }
}

static void at_right_angles(struct matrix axes)
{
    for (size_t a = 0; a < axes.rows; a++)
        for (size_t b = 0; b <= a; b++)
            near(dot(matrix_row(axes, a), matrix_row(axes, b), axes.columns), a == b, 1e-9,
                 "right angle");
}

/* Rows that some directions explain, and noise. */
static struct matrix made(struct arena *arena, size_t rows, size_t columns, size_t directions)
{
    struct matrix x = matrix_new(arena, rows, columns);
    for (size_t i = 0; i < rows; i++) {
        struct random random = random_stream(3, i);
        double *row = matrix_row(x, i);
        for (size_t j = 0; j < columns; j++)
            row[j] = 0.1 * random_normal(&random) + (double)(j % 5) * 100;
        for (size_t d = 0; d < directions; d++) {
            struct random along = random_stream(4, d);
            double far = random_normal(&random) * (double)(directions - d);
            for (size_t j = 0; j < columns; j++)
                row[j] += far * random_normal(&along);
        }
    }
    return x;
}

/* Rows or columns, either side may be the longer one: what one way finds the other finds too. */
static void both_ways_agree(void **state)
{
    (void)state;
    enum { ROWS = 40, COLUMNS = 60, COUNT = 6 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = made(arena, ROWS, COLUMNS, 8), twice = matrix_new(arena, 2 * ROWS, COLUMNS);
    double two[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        two[i] = 2;
        memcpy(matrix_row(twice, i), matrix_row(x, i), COLUMNS * sizeof(double));
        memcpy(matrix_row(twice, ROWS + i), matrix_row(x, i), COLUMNS * sizeof(double));
    }
    struct pca by_rows = fit(arena, x, two, COUNT), by_columns = fit(arena, twice, NULL, COUNT);
    near(by_rows.total, by_columns.total, 1e-10, "total");
    for (size_t k = 0; k < COUNT; k++) {
        near(by_rows.variances[k], by_columns.variances[k], 1e-10, "variance");
        for (size_t j = 0; j < COLUMNS; j++)
            near(matrix_row(by_rows.axes, k)[j], matrix_row(by_columns.axes, k)[j], 1e-7, "axis");
    }
    at_right_angles(by_rows.axes);
    at_right_angles(by_columns.axes);
}

/* Long both ways: iteration finds the variances that are there. */
static void iteration_finds_what_is_there(void **state)
{
    (void)state;
    enum { SIDE = 2100, DIRECTIONS = 3 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = made(arena, SIDE, SIDE, DIRECTIONS);
    struct pca pca = fit(arena, x, NULL, DIRECTIONS);
    at_right_angles(pca.axes);
    struct matrix scores = matrix_new(arena, SIDE, DIRECTIONS);
    pca_apply(arena, &pca, x, 2, scores);
    double sum = 0;
    for (size_t k = 0; k < DIRECTIONS; k++) {
        double squares = 0;
        for (size_t i = 0; i < SIDE; i++)
            squares += matrix_row(scores, i)[k] * matrix_row(scores, i)[k];
        near(pca.variances[k], squares / (SIDE - 1), 1e-8, "variance along an axis");
        sum += pca.variances[k];
    }
    near(pca.total - sum, 0.01 * (SIDE - DIRECTIONS), 0.02, "what is left is the noise");
}

static void means_far_from_zero_lose_nothing(void **state)
{
    (void)state;
    enum { ROWS = 3000, COLUMNS = 7 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = made(arena, ROWS, COLUMNS, 2), far = matrix_new(arena, ROWS, COLUMNS);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        far.at[i] = x.at[i] + 1048576 * 64;
    struct pca a = fit(arena, x, NULL, 0), b = fit(arena, far, NULL, 0);
    assert_int_equal(a.components, COLUMNS);
    for (size_t k = 0; k < COLUMNS; k++)
        near(b.variances[k], a.variances[k], 1e-6, "variance");
    double total = 0;
    for (size_t j = 0; j < COLUMNS; j++) {
        double mean = 0;
        for (size_t i = 0; i < ROWS; i++)
            mean += matrix_row(x, i)[j] / ROWS;
        for (size_t i = 0; i < ROWS; i++)
            total += pow(matrix_row(x, i)[j] - mean, 2) / (ROWS - 1);
        near(a.means[j], mean, 1e-12, "mean");
    }
    near(a.total, total, 1e-12, "total");
}

static void constants_and_one_row_have_no_variance(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const size_t rows[] = { 1, 2, 50 };
    for (size_t r = 0; r < 3; r++) {
        struct matrix x = matrix_new(arena, rows[r], 4);
        double errors[50];
        for (size_t i = 0; i < rows[r] * 4; i++)
            x.at[i] = 7;
        struct pca pca = fit(arena, x, NULL, 0);
        near(pca.total, 0, 0, "total");
        near(pca.variances[0], 0, 0, "variance");
        at_right_angles(pca.axes);
        pca_errors(arena, &pca, x, 1, errors);
        near(errors[0], 0, 0, "error");
    }
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct matrix x = made(arena, 5, 3, 1);
    struct pca pca;
    struct fault why = { 0 };
    assert_false(pca_fit(arena, x, 4, 1, &pca, &why));
    assert_string_equal(why.text,
                        "4 components were asked for, 5 rows of 3 columns have at most 3");
    x.rows = 0;
    assert_false(pca_fit(arena, x, 0, 1, &pca, &why));
    x.rows = 5;
    x.at[4] = 1e300;
    assert_false(pca_fit(arena, x, 2, 1, &pca, &why));
}

static void the_learner_scores_strangers_high(void **state)
{
    (void)state;
    enum { ROWS = 4000, COLUMNS = 12 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = made(arena, ROWS, COLUMNS, 3);
    matrix_row(x, 77)[5] += 30;
    struct examples examples = { .in.dense = x, .target = TARGET_NONE };
    const char *const settings[] = { "n_components=3", NULL };
    struct learned pca = learn(arena, "pca", &examples, settings);
    double *out = predict(arena, &pca, &examples.in, 1);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(i == 77 || out[i] < out[77]);
    survives_its_file(arena, &pca, &examples.in);
    same_with_any_threads(arena, "pca", examples, settings);
    const char *const share[] = { "n_components=0.99", NULL };
    pca = learn(arena, "pca", &examples, share);
    assert_int_equal(((const struct pca *)pca.fitted)->components, 3);
}

/* The learners that read a table's columns as they lie find what they find in a matrix. */
static void columns_give_the_bits_of_rows(void **state)
{
    (void)state;
    enum { ROWS = 2100, COLUMNS = 13 };
    static const struct {
        const char *name, *settings[3];
        size_t rows;
    } cases[] = {
        { "pca", { "n_components=5" }, ROWS },
        { "pca", { "n_components=5" }, 9 }, /* fewer rows than columns */
        { "kmeans", { "k=6", "max_iter=7" }, ROWS },
        { "kmeans", { "k=3" }, 5 },
    };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = matrix_new(arena, ROWS, COLUMNS);
    const double **columns = arena_array(arena, const double *, COLUMNS);
    struct random random = { 31 };
    for (size_t j = 0; j < COLUMNS; j++) {
        double *column = arena_array(arena, double, ROWS);
        for (size_t i = 0; i < ROWS; i++)
            column[i] = matrix_row(x, i)[j] =
                (double)(j * 3) + random_unit(&random) * (double)(j + 1);
        columns[j] = column;
    }
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            struct examples by_rows = { .in.dense = matrix_rows(x, 0, cases[c].rows),
                                        .target = TARGET_NONE,
                                        .seed = 3,
                                        .threads = threads };
            struct examples by_columns = by_rows;
            by_columns.in.dense.at = NULL;
            by_columns.in.columns = columns;
            struct learned a = learn(arena, cases[c].name, &by_rows, cases[c].settings);
            struct learned b = learn(arena, cases[c].name, &by_columns, cases[c].settings);
            struct text one = { .arena = arena }, other = { .arena = arena };
            a.learner->save(a.fitted, &one);
            b.learner->save(b.fitted, &other);
            assert_true(one.len > 100 && one.len == other.len);
            assert_memory_equal(one.at, other.at, one.len);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_the_peers),
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(iteration_finds_what_is_there),
        cmocka_unit_test(means_far_from_zero_lose_nothing),
        cmocka_unit_test(constants_and_one_row_have_no_variance),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(the_learner_scores_strangers_high),
        cmocka_unit_test(columns_give_the_bits_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
