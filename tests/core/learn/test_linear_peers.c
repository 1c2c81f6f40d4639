/* Linear learners and naive Bayes on real data, against what scikit-learn learned from it. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/learn/learner.h"
#include "core/learn/linear_model.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static double *read_numbers(struct arena *arena, const struct json *list)
{
    double *y = arena_array(arena, double, list->count);
    for (size_t i = 0; i < list->count; i++)
        y[i] = list->members[i].number;
    return y;
}

static struct matrix read_matrix(struct arena *arena, const struct json *rows)
{
    struct matrix x = matrix_new(arena, rows->count, rows->members[0].count);
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < x.columns; j++)
            matrix_row(x, i)[j] = rows->members[i].members[j].number;
    return x;
}

/* The same cells with those that are 0 left out; the dense part has no column. */
static void make_sparse(struct arena *arena, struct inputs *in)
{
    struct matrix x = in->dense;
    size_t *starts = arena_array(arena, size_t, x.rows + 1), count = 0;
    uint32_t *columns = arena_array(arena, uint32_t, x.rows * x.columns);
    double *values = arena_array(arena, double, x.rows *x.columns);
    for (size_t i = 0; i < x.rows; i++) {
        for (size_t j = 0; j < x.columns; j++)
            if (matrix_row(x, i)[j] != 0) {
                columns[count] = (uint32_t)j;
                values[count++] = matrix_row(x, i)[j];
            }
        starts[i + 1] = count;
    }
    struct csr *sparse = arena_new(arena, struct csr);
    *sparse = (struct csr){ x.rows, x.columns, starts, columns, values };
    in->sparse = sparse;
    in->dense.columns = 0;
}

static struct examples read_examples(struct arena *arena, const struct json *map,
                                     const struct json *one)
{
    const char *name = json_get(one, "set")->text.at, *learner = json_get(one, "learner")->text.at;
    const struct json *set = json_get(json_get(map, "sets"), name);
    struct examples examples = { .in.dense = read_matrix(arena, json_get(set, "x")),
                                 .y = read_numbers(arena, json_get(set, "y")) };
    bool classes = learner_find(str_of(learner), NULL)->targets & TARGET_TWO_CLASSES;
    for (size_t i = 0; classes && i < examples.in.dense.rows; i++)
        if (examples.y[i] >= (double)examples.class_count)
            examples.class_count = (size_t)examples.y[i] + 1;
    examples.target = !classes                    ? TARGET_NUMBER
                      : examples.class_count == 2 ? TARGET_TWO_CLASSES
                                                  : TARGET_CLASSES;
    if (json_get_bool(one, "weighted", false))
        examples.weight = read_numbers(arena, json_get(set, "weights"));
    if (json_get(one, "sparse"))
        make_sparse(arena, &examples.in);
    double levels = json_get_double(one, "levels", 0);
    uint32_t *counts = arena_array(arena, uint32_t, examples.in.dense.columns);
    for (size_t j = 0; j < examples.in.dense.columns; j++)
        counts[j] = (uint32_t)levels;
    if (levels > 0)
        examples.in.levels = counts;
    return examples;
}

static const void *fit(struct arena *arena, const struct json *one, const struct examples *examples)
{
    struct fault why = { 0 };
    const struct json *list = json_get(one, "params");
    struct str name = json_get(one, "learner")->text;
    const struct learner *learner = learner_find(name, &why);
    struct params params = params_default(learner->params, learner->param_count);
    void *fitted = NULL;
    for (size_t k = 0; k < list->count; k++) {
        struct str text = list->members[k].text;
        size_t at = strcspn(text.at, "=");
        if (!params_set(&params, name.at, str_until(text, at), str_from(text, at + 1), &why))
            fail_msg("%s", why.text);
    }
    if (!learner->fit(arena, examples, &params, &fitted, &why))
        fail_msg("%s", why.text);
    return fitted;
}

static void near(double got, double expected, double tolerance, const char *what)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%s: got %.17g, expected %.17g", what, got, expected);
}

static void check_coefficients(const struct linear_model *model, const struct json *one,
                               const char *what)
{
    const struct json *rows = json_get(one, "coefficients"), *intercepts;
    intercepts = json_get(one, "intercepts");
    double tolerance = json_get_double(one, "tolerance", 0), shift = 0;
    assert_int_equal(model->weights.width, rows->count);
    assert_true(model->converged);
    for (size_t k = 0; json_get(one, "constants_move") && k < rows->count; k++)
        shift += intercepts->members[k].number / (double)rows->count;
    for (size_t k = 0; k < rows->count; k++) {
        const struct json *row = &rows->members[k];
        assert_int_equal(model->weights.dense + model->weights.sparse, row->count);
        for (size_t j = 0; j < row->count; j++)
            near(*linear_weight(model->weights, k, j), row->members[j].number,
                 tolerance * (1 + fabs(row->members[j].number)), what);
        double expected = intercepts->members[k].number - shift;
        near(linear_intercepts(model->weights)[k], expected, tolerance * (1 + fabs(expected)),
             what);
    }
    double alpha = json_get_double(one, "alpha", 0);
    near(model->alpha, alpha, 1e-9 * alpha, what);
}

static void check_probabilities(struct arena *arena, const void *fitted,
                                const struct examples *examples, const struct json *one,
                                const char *what)
{
    const struct json *rows = json_get(one, "probabilities");
    size_t width = target_width(examples->target, examples->class_count);
    double tolerance = json_get_double(one, "tolerance", 0);
    double *out = arena_array(arena, double, inputs_rows(&examples->in) * width);
    learner_find(json_get(one, "learner")->text, NULL)
        ->predict(arena, fitted, &examples->in, 2, out);
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < width; k++)
            near(out[10 * i * width + k], rows->members[i].members[width == 1 ? 1 : k].number,
                 tolerance, what);
}

static void learners_give_what_the_peer_learned(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct str bytes;
    const struct json *map = NULL;
    struct fault why = { 0 };
    if (!file_load(arena, AT_FDCWD, "tests/core/learn/linear_peers.json", 4 << 20, &bytes, &why) ||
        !json_parse(arena, bytes, &map, &why))
        fail_msg("%s", why.text);
    const struct json *cases = json_get(map, "cases");
    assert_true(cases->count > 50);
    for (size_t i = 0; i < cases->count; i++) {
        const struct json *one = &cases->members[i];
        const char *what =
            arena_print(arena, "case %zu, %s of %s", i, json_get(one, "learner")->text.at,
                        json_get(one, "set")->text.at);
        struct examples examples = read_examples(arena, map, one);
        const void *fitted = fit(arena, one, &examples);
        if (json_get(one, "coefficients"))
            check_coefficients(fitted, one, what);
        else
            check_probabilities(arena, fitted, &examples, one, what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learners_give_what_the_peer_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
