/* Trees against scikit-learn's and XGBoost's on real data: see make_trees.py. */
#include "core/learn/tree_bins.h"
#include "tests/core/learn/trees.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include <fcntl.h>

#define SEEDS 3 /* of ours, whose mean is compared */

static const struct json *load(struct arena *arena)
{
    struct str bytes;
    const struct json *map = NULL;
    struct fault why = { 0 };
    if (!file_load(arena, AT_FDCWD, "tests/core/learn/trees.json", 1 << 20, &bytes, &why) ||
        !json_parse(arena, bytes, &map, &why))
        fail_msg("%s", why.text);
    return map;
}

/* The rows whose number is in the rising list, or those whose number is not. */
static struct examples part_of(struct arena *arena, const struct json *set, const struct json *list,
                               bool in_list)
{
    const struct json *x = json_get(set, "x"), *y = json_get(set, "y");
    size_t rows = in_list ? list->count : x->count - list->count, columns = x->members[0].count;
    size_t classes = (size_t)json_get_int(set, "classes", 0), next = 0, count = 0;
    struct matrix out = matrix_new(arena, rows, columns);
    double *target = arena_array(arena, double, rows);
    for (size_t i = 0; i < x->count; i++) {
        bool listed = next < list->count && (size_t)list->members[next].integer == i;
        next += listed;
        if (listed != in_list)
            continue;
        for (size_t c = 0; c < columns; c++)
            matrix_row(out, count)[c] = x->members[i].members[c].number;
        target[count++] = y->members[i].number;
    }
    return (struct examples){ .in.dense = out,
                              .y = target,
                              .target = classes == 0   ? TARGET_NUMBER
                                        : classes == 2 ? TARGET_TWO_CLASSES
                                                       : TARGET_CLASSES,
                              .class_count = classes,
                              .threads = 1 };
}

static double mean_loss(const struct examples *test, const double *prediction)
{
    size_t width = tree_width(test), rows = inputs_rows(&test->in);
    double total = 0;
    for (size_t i = 0; i < rows; i++) {
        double one = prediction[i * width], y = test->y[i];
        if (test->class_count == 2)
            one = y > 0 ? one : 1 - one;
        else if (test->class_count)
            one = prediction[i * width + (size_t)y];
        total += test->class_count ? -log(fmax(one, 1e-3)) : (y - one) * (y - one);
    }
    return total / (double)rows;
}

/* No worse than half a standard error of the peer's mean, over the splits. */
static void compare(struct arena *arena, const struct json *set, const struct learner *learner,
                    const char *settings)
{
    const struct json *splits = json_get(set, "splits");
    double ours = 0, theirs = 0, error = 0, count = (double)splits->count;
    for (size_t s = 0; s < splits->count; s++) {
        const struct json *list = json_get(&splits->members[s], "test");
        struct examples train = part_of(arena, set, list, false);
        struct examples test = part_of(arena, set, list, true);
        for (train.seed = 0; train.seed < SEEDS; train.seed++) {
            const void *fitted = tree_fitted(arena, learner, &train, settings);
            ours += mean_loss(&test, tree_predicted(arena, learner, fitted, &test)) / count / SEEDS;
        }
        const struct json *peer = json_get(json_get(&splits->members[s], "peers"), learner->name);
        theirs += json_get_double(peer, "loss", NAN) / count;
        error += json_get_double(peer, "error", NAN) / count;
    }
    if (!(ours <= theirs + error / 2))
        fail_msg("%s on %s: got a loss of %g, expected %g + %g / 2", learner->name,
                 json_get_text(set, "name", "").at, ours, theirs, error);
}

static void losses_on_real_data_are_no_worse_than_the_peers(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *sets = json_get(load(arena), "sets");
    assert_int_equal(sets->count, 4);
    for (size_t k = 0; k < sets->count; k++) {
        compare(arena, &sets->members[k], &learn_gbdt, "n_estimators=100;learning_rate=0.1");
        compare(arena, &sets->members[k], &learn_random_forest, "n_estimators=100");
        compare(arena, &sets->members[k], &learn_extra_trees, "n_estimators=100");
    }
}

/* A table's columns as they lie: gaps, categories, more rows than quantiles are drawn from. */
static void columns_give_the_bits_of_rows(void **state)
{
    (void)state;
    static const uint32_t levels[] = { 0, 3, 0, 0 };
    static const size_t rows[] = { 3, 700, BIN_SAMPLE + 900 };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        scoped_arena arena = arena_open(NULL);
        struct examples by_rows = tree_examples(arena, rows[k], 4, 2, 0.1);
        struct matrix x = by_rows.in.dense;
        const double **columns = arena_array(arena, const double *, x.columns);
        for (size_t c = 0; c < x.columns; c++) {
            double *column = arena_array(arena, double, x.rows);
            for (size_t i = 0; i < x.rows; i++) {
                double *cell = matrix_row(x, i) + c;
                *cell = levels[c] && *cell == *cell ? (double)(i % levels[c]) : *cell;
                column[i] = *cell;
            }
            columns[c] = column;
        }
        by_rows.in.levels = levels;
        struct examples by_columns = by_rows;
        by_columns.in.dense.at = NULL;
        by_columns.in.columns = columns;
        struct text one = { .arena = arena }, other = { .arena = arena };
        const char *settings = "n_estimators=3;max_depth=4";
        learn_gbdt.save(tree_fitted(arena, &learn_gbdt, &by_rows, settings), &one);
        learn_gbdt.save(tree_fitted(arena, &learn_gbdt, &by_columns, settings), &other);
        assert_true(one.len > 100 && one.len == other.len);
        assert_memory_equal(one.at, other.at, one.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_on_real_data_are_no_worse_than_the_peers),
        cmocka_unit_test(columns_give_the_bits_of_rows),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
