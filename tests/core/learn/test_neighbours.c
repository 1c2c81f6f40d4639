/* Neighbours and clusters against scikit-learn's numbers, and what must hold for any data. */
#include "tests/core/learn/near.h"

static void neighbours_say_what_the_peers_say(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "near.json"), *cases = json_get(map, "knn");
    assert_int_equal(cases->count, 15);
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *one = &cases->members[i], *expected = json_get(one, "out");
        struct set set = read_set(arena, map, json_get(one, "set")->text.at);
        struct examples examples = training_part(&set);
        struct inputs in = test_part(&set);
        struct learned knn =
            learn(arena, "knn", &examples, settings_of(arena, json_get(one, "params")));
        double *out = predict(arena, &knn, &in, 1);
        assert_int_equal(expected->count, in.dense.rows * width_of(&knn));
        for (size_t k = 0; k < expected->count; k++)
            near(out[k], expected->members[k].number, 1e-5, json_get(one, "set")->text.at);
        survives_its_file(arena, &knn, &in);
    }
}

/* Integer distances, many of them equal: a search in whole numbers knows the answer. */
static void equal_distances_go_by_the_number_of_the_row(void **state)
{
    (void)state;
    enum { ROWS = 3000, COLUMNS = 3, QUERIES = 140, K = 7 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = matrix_new(arena, ROWS, COLUMNS), q = matrix_new(arena, QUERIES, COLUMNS);
    double *y = arena_array(arena, double, ROWS);
    struct random random = { 4 };
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        x.at[i] = 1e6 + (double)random_below(&random, 6);
    for (size_t i = 0; i < QUERIES * COLUMNS; i++)
        q.at[i] = 1e6 + (double)random_below(&random, 8);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (double)(i * i % 10007);
    struct examples examples = { .in.dense = x, .y = y, .target = TARGET_NUMBER };
    const char *const settings[] = { "k=7", NULL };
    struct learned knn = learn(arena, "knn", &examples, settings);
    double *out = predict(arena, &knn, &(struct inputs){ .dense = q }, 3);
    for (size_t i = 0; i < QUERIES; i++) {
        double sum = 0, least = -1;
        size_t last = 0;
        for (size_t k = 0; k < K; k++) { /* the next one in the order of (distance, row) */
            double best = INFINITY;
            size_t at = 0;
            for (size_t r = 0; r < ROWS; r++) {
                double far = 0;
                for (size_t j = 0; j < COLUMNS; j++)
                    far += pow(matrix_row(x, r)[j] - matrix_row(q, i)[j], 2);
                if (far < best && (far > least || (far == least && r > last))) {
                    best = far;
                    at = r;
                }
            }
            least = best;
            last = at;
            sum += y[at] / K;
        }
        near(out[i], sum, 1e-12, "mean");
    }
}

/* All rows alike but few: more candidates than there is room for, so all rows are compared. */
static void crowds_of_equal_rows_are_no_trouble(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = matrix_new(arena, ROWS, 2);
    double y[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        matrix_row(x, i)[0] = i == 4000 ? 1 : 0;
        y[i] = (double)i;
    }
    struct examples examples = { .in.dense = x, .y = y, .target = TARGET_NUMBER };
    const char *const settings[] = { "k=3", "weights=uniform", NULL };
    const char *const by_distance[] = { "k=3", "weights=distance", NULL };
    struct learned knn = learn(arena, "knn", &examples, settings);
    double *out = predict(arena, &knn, &examples.in, 2);
    near(out[0], (0 + 1 + 2) / 3.0, 0, "the first rows");
    near(out[4000], (4000 + 0 + 1) / 3.0, 1e-15, "itself and the first rows");
    knn = learn(arena, "knn", &examples, by_distance);
    near(predict(arena, &knn, &examples.in, 1)[4000], 4000, 0, "at distance 0 others are nothing");
}

static void more_neighbours_than_rows_are_all_rows(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double x[3] = { 1, 2, 1e300 }, y[3] = { 0, 1, 1 }, weight[3] = { 1, 2, 0 };
    static const char *const metrics[] = { "metric=l2", "metric=cosine" };
    for (size_t m = 0; m < 2; m++) {
        const char *const settings[] = { "k=100", metrics[m], NULL };
        struct examples examples = {
            .in.dense = { x, 3, 1, 1 }, .y = y, .target = TARGET_TWO_CLASSES, .class_count = 2
        };
        struct learned knn = learn(arena, "knn", &examples, settings);
        near(predict(arena, &knn, &examples.in, 1)[0], 2.0 / 3, 1e-12, "of three rows");
        examples.weight = weight;
        knn = learn(arena, "knn", &examples, settings);
        near(predict(arena, &knn, &examples.in, 1)[2], 2.0 / 3, 1e-12, "a row counts two");
        survives_its_file(arena, &knn, &examples.in);
        examples.in.dense.rows = 1;
        knn = learn(arena, "knn", &examples, settings);
        near(predict(arena, &knn, &examples.in, 1)[0], 0, 0, "of one row");
    }
}

/* A row of weight 2 is as two rows, for neighbours and clusters alike. */
static void weights_are_repeated_rows(void **state)
{
    (void)state;
    enum { ROWS = 400, COLUMNS = 5 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, ROWS, COLUMNS, 5, 3);
    struct matrix twice = matrix_new(arena, 2 * ROWS, COLUMNS);
    double y[2 * ROWS], weight[ROWS];
    size_t rows = 0;
    for (size_t i = 0; i < ROWS; i++) {
        weight[i] = (double)(i % 3);
        y[i] = (double)(i % 7);
    }
    double *y_twice = arena_array(arena, double, 2 * ROWS);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < i % 3; k++) {
            memcpy(matrix_row(twice, rows), matrix_row(x, i), COLUMNS * sizeof(double));
            y_twice[rows++] = y[i];
        }
    struct examples a = { .in.dense = x, .y = y, .weight = weight, .target = TARGET_NUMBER };
    struct examples b = { .in.dense = matrix_rows(twice, 0, rows),
                          .y = y_twice,
                          .target = TARGET_NUMBER };
    const char *const settings[] = { "k=5", NULL };
    struct learned one = learn(arena, "knn", &a, settings), two = learn(arena, "knn", &b, settings);
    double *out = predict(arena, &one, &a.in, 1), *other = predict(arena, &two, &a.in, 1);
    for (size_t i = 0; i < ROWS; i++)
        near(out[i], other[i], 1e-12, "neighbours");
    a.target = b.target = TARGET_NONE;
    const char *const from_rows[] = { "k=4", "init_rows=1,2,4,5", NULL }; /* rows 1, 2, 4 and 5 */
    const char *const from_twice[] = { "k=4", "init_rows=0,1,3,4", NULL };
    one = learn(arena, "kmeans", &a, from_rows);
    two = learn(arena, "kmeans", &b, from_twice);
    out = predict(arena, &one, &a.in, 1);
    other = predict(arena, &two, &a.in, 1);
    for (size_t i = 0; i < ROWS; i++)
        near(out[i], other[i], 0, "clusters");
}

static double described(struct arena *arena, const struct learned *learned, const char *key)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    struct str *names = arena_array(arena, struct str, 99);
    struct feature_names features = { names, 99 };
    const struct json *map = NULL;
    for (size_t i = 0; i < 99; i++)
        names[i] = S("x");
    json_open_map(&out, NULL);
    learned->learner->describe(learned->fitted, &features, &out);
    json_close_map(&out);
    assert_true(json_parse(arena, text_str(&text), &map, NULL));
    return json_get_double(map, key, NAN);
}

static void clusters_are_the_peers_from_the_same_start(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "near.json"), *cases = json_get(map, "kmeans");
    assert_int_equal(cases->count, 12);
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *one = &cases->members[i], *labels = json_get(one, "labels");
        struct set set = read_set(arena, map, json_get(one, "set")->text.at);
        struct examples examples = { .in.dense = set.x, .target = TARGET_NONE, .threads = 2 };
        struct learned kmeans =
            learn(arena, "kmeans", &examples, settings_of(arena, json_get(one, "params")));
        near(described(arena, &kmeans, "inertia"), json_get_double(one, "inertia", NAN), 1e-6,
             "inertia");
        near(described(arena, &kmeans, "iterations"), json_get_double(one, "iterations", NAN), 0,
             "iterations");
        double *out = predict(arena, &kmeans, &examples.in, 1);
        for (size_t k = 0; k < labels->count; k++)
            assert_int_equal((int)out[k], labels->members[k].integer);
        survives_its_file(arena, &kmeans, &examples.in);
    }
}

/* Every row goes to the centre that is nearest in double, whatever the bounds left out. */
static void labels_are_the_nearest_centres(void **state)
{
    (void)state;
    enum { ROWS = 6000, COLUMNS = 11, K = 37 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, ROWS, COLUMNS, 12, 8);
    struct examples examples = { .in.dense = x, .target = TARGET_NONE, .seed = 2 };
    const char *const settings[] = { "k=37", "tol=0", "max_iter=9", NULL };
    struct learned kmeans = learn(arena, "kmeans", &examples, settings);
    double *out = predict(arena, &kmeans, &examples.in, 1), inertia = 0;
    double sums[K][COLUMNS] = { { 0 } }, sizes[K] = { 0 };
    for (size_t i = 0; i < ROWS; i++)
        sizes[(size_t)out[i]]++;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            sums[(size_t)out[i]][j] += matrix_row(x, i)[j] / sizes[(size_t)out[i]];
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            inertia += pow(matrix_row(x, i)[j] - sums[(size_t)out[i]][j], 2);
    double said = described(arena, &kmeans, "inertia");
    assert_true(said >= inertia * (1 - 1e-6) && said <= inertia * 1.02);
    const char *const on[] = { "k=37", "tol=0", "max_iter=1000", NULL };
    kmeans = learn(arena, "kmeans", &examples, on); /* at its end the centres are the means */
    assert_true(described(arena, &kmeans, "inertia") <= said);
}

static void empty_clusters_are_filled_and_few_points_do_not_hang(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double x[12] = { 0, 0, 0, 0, 10, 10, 20, 20, 20, 30, 40, 50 };
    struct examples examples = { .in.dense = { x, 12, 1, 1 }, .target = TARGET_NONE };
    const char *const settings[] = { "k=3", "init_rows=0,1,2", NULL }; /* three times the same */
    struct learned kmeans = learn(arena, "kmeans", &examples, settings);
    double *out = predict(arena, &kmeans, &examples.in, 1);
    bool seen[3] = { false };
    for (size_t i = 0; i < 12; i++)
        seen[(size_t)out[i]] = true;
    assert_true(seen[0] && seen[1] && seen[2]);
    double even[4] = { -1, 0, 0, 1 }; /* the mean of all is where both centres start */
    struct examples around = { .in.dense = { even, 4, 1, 1 }, .target = TARGET_NONE };
    const char *const twice[] = { "k=2", "init_rows=1,2", NULL };
    kmeans = learn(arena, "kmeans", &around, twice);
    assert_true(described(arena, &kmeans, "inertia") < 1);
    static const char *const inits[] = { "init=random", "init=kmeans++" };
    for (size_t i = 0; i < 2; i++) {
        const char *const all_alike[] = { "k=4", inits[i], NULL };
        examples.in.dense.rows = 4; /* four equal rows: one place for four centres */
        kmeans = learn(arena, "kmeans", &examples, all_alike);
        near(described(arena, &kmeans, "inertia"), 0, 0, "inertia");
        examples.in.dense.rows = 12;
    }
    struct fault why = { 0 };
    void *fitted;
    struct params params = settings_read(kmeans.learner, (const char *const[]){ "k=13", NULL });
    assert_false(kmeans.learner->fit(arena, &examples, &params, &fitted, &why));
    assert_string_equal(why.text, "kmeans was asked for 13 clusters of 12 rows");
}

static void shifted_and_scaled_rows_give_the_same_clusters(void **state)
{
    (void)state;
    enum { ROWS = 2000, COLUMNS = 6 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, ROWS, COLUMNS, 7, 5), far = matrix_new(arena, ROWS, COLUMNS);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        far.at[i] = 1e6 + 1e-3 * x.at[i];
    struct examples near_by = { .in.dense = x, .target = TARGET_NONE };
    struct examples far_off = { .in.dense = far, .target = TARGET_NONE };
    const char *const settings[] = { "k=7", "init_rows=0,1,2,3,4,5,6", NULL };
    struct learned a = learn(arena, "kmeans", &near_by, settings);
    struct learned b = learn(arena, "kmeans", &far_off, settings);
    near(described(arena, &b, "inertia") * 1e6, described(arena, &a, "inertia"), 1e-5, "inertia");
    double *out = predict(arena, &a, &near_by.in, 1), *other = predict(arena, &b, &far_off.in, 1);
    assert_memory_equal(out, other, ROWS * sizeof *out);
}

/* k-means++ finds clouds that are far apart nearly always; the best of some starts always here. */
static void starts_find_clouds_that_are_far_apart(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, 3000, 8, 10, 6);
    struct examples examples = { .in.dense = x, .target = TARGET_NONE };
    const char *const settings[] = { "k=10", "n_init=8", NULL };
    struct learned kmeans = learn(arena, "kmeans", &examples, settings);
    assert_true(described(arena, &kmeans, "inertia") < 3000 * 8 * 1.05);
}

static void the_bits_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    enum { ROWS = 9000 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, ROWS, 9, 6, 9);
    double *y = arena_array(arena, double, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (double)(i % 3);
    struct examples examples = {
        .in.dense = x, .y = y, .target = TARGET_CLASSES, .class_count = 3
    };
    same_with_any_threads(arena, "knn", examples, (const char *const[]){ "k=3", NULL });
    examples = (struct examples){ .in.dense = x, .target = TARGET_NONE, .seed = 5 };
    same_with_any_threads(arena, "kmeans", examples, (const char *const[]){ "k=13", NULL });
    static const char *const at_random[] = { "k=13", "init=random", "n_init=2", NULL };
    same_with_any_threads(arena, "kmeans", examples, at_random);
}

static void the_order_of_the_rows_does_not_matter(void **state)
{
    (void)state;
    enum { ROWS = 2000 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, ROWS, 4, 6, 12), q = clouds(arena, 300, 4, 6, 13);
    size_t *order = shuffled(arena, ROWS, 3);
    double *y = arena_array(arena, double, ROWS), *other = arena_array(arena, double, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = matrix_row(x, i)[0];
    for (size_t i = 0; i < ROWS; i++)
        other[i] = y[order[i]];
    struct examples a = { .in.dense = x, .y = y, .target = TARGET_NUMBER };
    struct examples b = { .in.dense = mixed(arena, x, order), .y = other, .target = TARGET_NUMBER };
    struct inputs in = { .dense = q };
    struct learned one = learn(arena, "knn", &a, NULL), two = learn(arena, "knn", &b, NULL);
    double *out = predict(arena, &one, &in, 1), *out_mixed = predict(arena, &two, &in, 1);
    for (size_t i = 0; i < q.rows; i++)
        near(out[i], out_mixed[i], 1e-12, "neighbours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_say_what_the_peers_say),
        cmocka_unit_test(equal_distances_go_by_the_number_of_the_row),
        cmocka_unit_test(crowds_of_equal_rows_are_no_trouble),
        cmocka_unit_test(more_neighbours_than_rows_are_all_rows),
        cmocka_unit_test(weights_are_repeated_rows),
        cmocka_unit_test(clusters_are_the_peers_from_the_same_start),
        cmocka_unit_test(labels_are_the_nearest_centres),
        cmocka_unit_test(empty_clusters_are_filled_and_few_points_do_not_hang),
        cmocka_unit_test(shifted_and_scaled_rows_give_the_same_clusters),
        cmocka_unit_test(starts_find_clouds_that_are_far_apart),
        cmocka_unit_test(the_bits_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(the_order_of_the_rows_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
