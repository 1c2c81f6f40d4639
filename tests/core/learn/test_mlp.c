/* The multi-layer perceptron: gradients by differences, quality by scikit-learn's, any threads. */
#include "core/learn/learn_mlp_net.h"
#include "tests/core/learn/near.h"

enum { ROWS = 12, COLUMNS = 5 };

/* A small net with a table, and rows for it. */
struct small {
    struct mlp_net net;
    struct mlp_rows rows;
    struct mlp_batch batch;
    struct mlp_pass pass;
    size_t order[ROWS];
    float y[ROWS], weight[ROWS];
};

static void small_make(struct arena *arena, struct small *small, enum target_kind target,
                       enum mlp_activation activation, double dropout)
{
    static const uint32_t levels[COLUMNS] = { 0, 4, 0, 0, 3 };
    static const size_t hidden[] = { 7, 6 };
    struct fitted_shape shape = { .columns = COLUMNS,
                                  .dense = COLUMNS,
                                  .levels = levels,
                                  .target = target,
                                  .class_count = target == TARGET_CLASSES ? 4 : 2 };
    assert_true(mlp_shape(arena, &shape, hidden, 2, 2, &small->net));
    small->net.activation = activation;
    small->net.params = arena_array(arena, float, small->net.param_count);
    small->net.cells = arena_array(arena, float, small->net.cell_count);
    mlp_start(&small->net, 5);
    struct matrix x = matrix_new(arena, ROWS, COLUMNS);
    struct random random = { 8 };
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < COLUMNS; j++)
            matrix_row(x, i)[j] =
                levels[j] ? (double)random_below(&random, levels[j]) : random_normal(&random);
        small->y[i] = (float)(target == TARGET_NUMBER ? random_normal(&random)
                                                      : (double)random_below(&random, 2));
        small->weight[i] = (float)(1 + i % 3) / 2;
        small->order[i] = (i * 5) % ROWS;
    }
    matrix_row(x, 3)[1] = NAN; /* never seen: the last row of the table */
    small->rows = mlp_rows_new(arena, &small->net, ROWS);
    mlp_rows_make(&small->net, &(struct inputs){ .dense = x }, &small->rows);
    small->batch = (struct mlp_batch){ .rows = &small->rows,
                                       .at = small->order,
                                       .count = ROWS,
                                       .y = small->y,
                                       .weight = small->weight,
                                       .dropout = dropout,
                                       .stream = 11 };
    small->pass = mlp_pass_new(arena, &small->net, ROWS, true, dropout > 0);
}

static double loss_at(struct small *small, float *number, float value)
{
    float kept = *number;
    *number = value;
    mlp_forward(&small->net, &small->pass, &small->batch);
    double loss = mlp_loss(&small->net, &small->pass, &small->batch);
    *number = kept;
    return loss;
}

/* The gradient against differences of the loss; floats bound how near they can come. */
static void compare(struct small *small, float *number, double gradient, const char *what)
{
    double step = 2e-3, up = loss_at(small, number, *number + (float)step);
    double down = loss_at(small, number, *number - (float)step);
    double difference = (up - down) / (2 * step);
    if (!(fabs(gradient - difference) <= 4e-3 * (1 + fabs(difference))))
        fail_msg("%s: got %.9g, differences give %.9g", what, gradient, difference);
}

static void gradients_are_those_of_differences(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum target_kind target;
        enum mlp_activation activation;
        double dropout;
    } rows[] = {
        { "number, tanh", TARGET_NUMBER, MLP_TANH, 0 },
        { "number, tanh, dropout", TARGET_NUMBER, MLP_TANH, 0.4 },
        { "two classes, logistic", TARGET_TWO_CLASSES, MLP_LOGISTIC, 0 },
        { "classes, tanh", TARGET_CLASSES, MLP_TANH, 0 },
        { "classes, relu", TARGET_CLASSES, MLP_RELU, 0 },
        { "classes, logistic, dropout", TARGET_CLASSES, MLP_LOGISTIC, 0.3 },
    };
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        scoped_arena arena = arena_open(NULL);
        struct small small;
        small_make(arena, &small, rows[r].target, rows[r].activation, rows[r].dropout);
        mlp_back(&small.net, &small.pass, &small.batch);
        double *gradient = arena_array(arena, double, small.net.param_count);
        for (size_t i = 0; i < small.net.param_count; i++)
            gradient[i] = (double)small.pass.gradient[i];
        size_t width = mlp_table_width(&small.net);
        float *deltas = arena_array(arena, float, ROWS *width);
        memcpy(deltas, small.pass.table_deltas, ROWS * width * sizeof *deltas);
        for (size_t i = 0; i < small.net.param_count; i++)
            compare(&small, &small.net.params[i], gradient[i], rows[r].what);
        const struct mlp_table *table = &small.net.table[1];
        for (size_t code = 0; code <= table->levels; code++) { /* rows of one code add up */
            double sum = 0;
            for (size_t i = 0; i < ROWS; i++)
                if (small.rows.codes[small.order[i] * 2 + 1] == code)
                    sum += (double)deltas[i * width + small.net.table[0].width];
            compare(&small, &small.net.cells[table->at + code * table->width], sum, "table");
        }
    }
}

static double loss_of(const struct set *set, const double *out)
{
    double sum = 0;
    size_t rows = set->x.rows - set->cut;
    for (size_t i = 0; i < rows; i++) {
        double y = set->y[set->cut + i];
        if (set->target == TARGET_NUMBER)
            sum += (out[i] - y) * (out[i] - y);
        else if (set->target == TARGET_CLASSES)
            sum -= log(out[i * 3 + (size_t)y]);
        else
            sum -= log(y > 0 ? out[i] : 1 - out[i]);
    }
    return set->target == TARGET_NUMBER ? sqrt(sum / (double)rows) : sum / (double)rows;
}

/* The mean over fifteen seeds is no worse than the peer's by more than the spread of its seeds. */
static void it_is_as_good_as_the_peer(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = load(arena, "near.json"), *cases = json_get(map, "mlp");
    assert_int_equal(cases->count, 3);
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *one = &cases->members[i];
        struct set set = read_set(arena, map, json_get(one, "set")->text.at);
        struct examples examples = training_part(&set);
        struct inputs in = test_part(&set);
        bool number = set.target == TARGET_NUMBER;
        const char *const settings[] = { "hidden_layer_sizes=30", "learning_rate_init=0.01",
                                         "batch_size=32", number ? "max_iter=60" : "max_iter=40",
                                         NULL };
        double mean = 0;
        for (examples.seed = 0; examples.seed < 15; examples.seed++) {
            struct learned mlp = learn(arena, "mlp", &examples, settings);
            mean += loss_of(&set, predict(arena, &mlp, &in, 1)) / 15;
            survives_its_file(arena, &mlp, &in);
        }
        double most = json_get_double(one, "loss", 0) + json_get_double(one, "spread", 0);
        if (!(mean <= most))
            fail_msg("%s: got %g, the peer and its spread %g", json_get(one, "set")->text.at, mean,
                     most);
    }
}

/* The class is which of the levels, in a way that no sum of the codes can tell. */
static void categories_are_learned_by_tables(void **state)
{
    (void)state;
    enum { MANY = 1200 };
    scoped_arena arena = arena_open(NULL);
    static const uint32_t levels[2] = { 12, 0 };
    struct matrix x = matrix_new(arena, MANY, 2);
    double y[MANY];
    for (size_t i = 0; i < MANY; i++) {
        struct random random = random_stream(3, i);
        double level = (double)random_below(&random, 12);
        matrix_row(x, i)[0] = level;
        matrix_row(x, i)[1] = random_normal(&random);
        y[i] = ((size_t)level * 5 % 12) < 6;
    }
    struct examples examples = { .in = { .dense = x, .levels = levels },
                                 .y = y,
                                 .target = TARGET_TWO_CLASSES,
                                 .class_count = 2 };
    const char *const settings[] = { "hidden_layer_sizes=8", "learning_rate_init=0.01",
                                     "max_iter=40",          "dropout=0.1",
                                     "early_stopping=true",  NULL };
    struct learned mlp = learn(arena, "mlp", &examples, settings);
    double *out = predict(arena, &mlp, &examples.in, 1);
    for (size_t i = 0; i < MANY; i++)
        assert_true((out[i] > 0.5) == (y[i] > 0));
    matrix_row(x, 0)[0] = NAN;
    assert_true(isfinite(predict(arena, &mlp, &examples.in, 1)[0]));
    survives_its_file(arena, &mlp, &examples.in);
}

static void the_bits_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    enum { MANY = 600, WIDE = 150 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, MANY, WIDE, 5, 2);
    double y[MANY];
    for (size_t i = 0; i < MANY; i++)
        y[i] = (double)(i % 5);
    struct examples examples = {
        .in.dense = x, .y = y, .target = TARGET_CLASSES, .class_count = 5, .seed = 4
    };
    /* 150 x 400 + 400 x 5 weights times 400 rows: batches are cut into pieces */
    const char *const settings[] = { "hidden_layer_sizes=400", "batch_size=400", "max_iter=3",
                                     "dropout=0.2", NULL };
    same_with_any_threads(arena, "mlp", examples, settings);
}

static void targets_of_any_size_are_learned(void **state)
{
    (void)state;
    enum { MANY = 500 };
    scoped_arena arena = arena_open(NULL);
    struct matrix x = clouds(arena, MANY, 3, 4, 7);
    double y[MANY], constant[MANY], weight[MANY];
    for (size_t i = 0; i < MANY; i++) {
        y[i] = 1e9 + 1e6 * matrix_row(x, i)[0];
        constant[i] = 42;
        weight[i] = i < MANY / 2 ? 0 : 3;
    }
    struct examples examples = { .in.dense = x, .y = y, .target = TARGET_NUMBER };
    const char *const settings[] = { "learning_rate_init=0.01", "max_iter=60", NULL };
    struct learned mlp = learn(arena, "mlp", &examples, settings);
    double *out = predict(arena, &mlp, &examples.in, 1);
    for (size_t i = 0; i < MANY; i++)
        assert_true(fabs(out[i] - y[i]) < 1e6);
    examples.y = constant;
    examples.weight = weight;
    mlp = learn(arena, "mlp", &examples, settings);
    near(predict(arena, &mlp, &examples.in, 1)[0], 42, 0.01, "a constant");
    examples.in.dense.rows = 1;
    examples.weight = NULL;
    mlp = learn(arena, "mlp", &examples, settings);
    near(predict(arena, &mlp, &examples.in, 1)[0], 42, 0.01, "one row");
}

static void layers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "0", "10,,", "a", "12,-3", "70000" };
    const struct learner *mlp = learner_find(S("mlp"), NULL);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct params params = params_default(mlp->params, mlp->param_count);
        struct fault why = { 0 };
        assert_true(params_set(&params, "mlp", S("hidden_layer_sizes"), str_of(wrong[i]), &why));
        if (i == 1) /* "10,," ends in nothing, as Python's "(10,)" may */
            assert_true(mlp->check(&params, &why));
        else
            assert_false(mlp->check(&params, &why));
    }
}

/* Columns that are scaled while rows are made give the bits of a matrix that was scaled before. */
static void rows_of_scaled_columns_are_those_of_the_matrix(void **state)
{
    (void)state;
    enum { MANY = 200, WIDE = 5 };
    scoped_arena arena = arena_open(NULL);
    struct mlp_net net;
    struct fitted_shape shape = { .columns = WIDE, .target = TARGET_NUMBER };
    struct matrix x = matrix_new(arena, MANY, WIDE);
    const double *columns[WIDE];
    double shift[WIDE], scale[WIDE];
    struct random random = { 4 };
    assert_true(mlp_shape(arena, &shape, (size_t[]){ 3 }, 1, 0, &net));
    for (size_t j = 0; j < WIDE; j++) {
        double *column = arena_array(arena, double, MANY);
        shift[j] = random_normal(&random);
        scale[j] = 1 + random_unit(&random);
        for (size_t i = 0; i < MANY; i++) {
            column[i] = i == 7 ? 1e300 : random_normal(&random);
            matrix_row(x, i)[j] = (column[i] - shift[j]) / scale[j];
        }
        columns[j] = column;
    }
    struct inputs scaled = {
        .dense = { NULL, MANY, WIDE, WIDE }, .columns = columns, .shift = shift, .scale = scale
    };
    struct mlp_rows a = mlp_rows_new(arena, &net, MANY), b = mlp_rows_new(arena, &net, MANY);
    mlp_rows_make(&net, &(struct inputs){ .dense = x }, &a);
    mlp_rows_make(&net, &scaled, &b);
    assert_memory_equal(a.numbers, b.numbers, MANY * WIDE * sizeof(float));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_scaled_columns_are_those_of_the_matrix),
        cmocka_unit_test(gradients_are_those_of_differences),
        cmocka_unit_test(it_is_as_good_as_the_peer),
        cmocka_unit_test(categories_are_learned_by_tables),
        cmocka_unit_test(the_bits_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(targets_of_any_size_are_learned),
        cmocka_unit_test(layers_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
