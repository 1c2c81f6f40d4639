/*
 * What the tests of knn, kmeans, pca, mlp and the forecasts share: data sets read from JSON,
 * learners fitted with settings and asked.
 */
#pragma once

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/learn/learner.h"
#include "core/math/random.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define COUNT_OF(list) (sizeof(list) / sizeof *(list))

static inline const struct json *load(struct arena *arena, const char *name)
{
    struct str bytes;
    const struct json *map = NULL;
    struct fault why = { 0 };
    const char *path = arena_print(arena, "tests/core/learn/%s", name);
    if (!file_load(arena, AT_FDCWD, path, 1 << 22, &bytes, &why) ||
        !json_parse(arena, bytes, &map, &why))
        fail_msg("%s", why.text);
    return map;
}

static inline struct matrix read_matrix(struct arena *arena, const struct json *rows)
{
    struct matrix x = matrix_new(arena, rows->count, rows->members[0].count);
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < x.columns; j++)
            matrix_row(x, i)[j] = rows->members[i].members[j].number;
    return x;
}

static inline double *read_numbers(struct arena *arena, const struct json *list)
{
    double *y = arena_array(arena, double, list->count);
    for (size_t i = 0; i < list->count; i++)
        y[i] = list->members[i].number;
    return y;
}

static inline void near(double got, double expected, double tolerance, const char *what)
{
    if (!(fabs(got - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s: got %.17g, expected %.17g", what, got, expected);
}

/* A learner with its parameters, and what it learned. */
struct learned {
    const struct learner *learner;
    struct params params;
    struct examples examples;
    void *fitted;
};

static inline struct params settings_read(const struct learner *learner,
                                          const char *const *settings)
{
    struct fault why = { 0 };
    struct params params = params_default(learner->params, learner->param_count);
    for (; settings && *settings; settings++) {
        struct str whole = str_of(*settings);
        size_t at = strcspn(*settings, "=");
        if (!params_set(&params, learner->name, str_until(whole, at), str_from(whole, at + 1),
                        &why))
            fail_msg("%s", why.text);
    }
    return params;
}

static inline struct learned learn(struct arena *arena, const char *name,
                                   const struct examples *examples, const char *const *settings)
{
    struct fault why = { 0 };
    const struct learner *learner = learner_find(str_of(name), &why);
    if (!learner)
        fail_msg("%s", why.text);
    struct learned out = { learner, settings_read(learner, settings), *examples, NULL };
    if ((learner->check && !learner->check(&out.params, &why)) ||
        !learner->fit(arena, examples, &out.params, &out.fitted, &why))
        fail_msg("%s", why.text);
    return out;
}

/* A list of texts in JSON as settings. */
static inline const char *const *settings_of(struct arena *arena, const struct json *list)
{
    const char **out = arena_array(arena, const char *, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        out[i] = list->members[i].text.at;
    return out;
}

static inline size_t width_of(const struct learned *learned)
{
    return target_width(learned->examples.target, learned->examples.class_count);
}

static inline double *predict(struct arena *arena, const struct learned *learned,
                              const struct inputs *in, unsigned threads)
{
    double *out = arena_array(arena, double, inputs_rows(in) * width_of(learned));
    learned->learner->predict(arena, learned->fitted, in, threads, out);
    return out;
}

static inline struct str saved(struct arena *arena, const struct learned *learned)
{
    struct text out = { .arena = arena };
    learned->learner->save(learned->fitted, &out);
    return text_str(&out);
}

static inline struct fitted_shape shape_of(const struct learned *learned)
{
    const struct examples *examples = &learned->examples;
    return (struct fitted_shape){ .columns = examples->in.dense.columns,
                                  .dense = examples->in.dense.columns,
                                  .levels = examples->in.levels,
                                  .target = examples->target,
                                  .class_count = examples->class_count,
                                  .group_count = examples->in.group_count };
}

/* Saved, loaded, saved again: the same bytes and predictions; any cut-off file is refused. */
static inline void survives_its_file(struct arena *arena, const struct learned *learned,
                                     const struct inputs *in)
{
    struct str bytes = saved(arena, learned);
    struct fitted_shape shape = shape_of(learned);
    struct bytes reader = { .arena = arena, .rest = bytes };
    struct learned again = *learned;
    again.fitted = learned->learner->load(&reader, &shape);
    assert_true(again.fitted && !reader.failed && reader.rest.len == 0);
    struct str twice = saved(arena, &again);
    assert_true(str_equal(twice, bytes));
    size_t numbers = inputs_rows(in) * width_of(learned);
    assert_memory_equal(predict(arena, learned, in, 1), predict(arena, &again, in, 1),
                        numbers * sizeof(double));
    for (size_t cut = 1; cut < bytes.len; cut += 1 + bytes.len / 50) {
        struct bytes part = { .arena = arena, .rest = str_until(bytes, bytes.len - cut) };
        void *fitted = learned->learner->load(&part, &shape);
        assert_true(!fitted || part.failed || part.rest.len > 0);
    }
}

/* Fitted with 1, 2, 3 and 7 threads: the same bytes and predictions. */
static inline void same_with_any_threads(struct arena *arena, const char *name,
                                         struct examples examples, const char *const *settings)
{
    static const unsigned threads[] = { 1, 2, 3, 7 };
    struct str first = { NULL, 0 };
    double *first_out = NULL;
    for (size_t t = 0; t < COUNT_OF(threads); t++) {
        examples.threads = threads[t];
        struct learned learned = learn(arena, name, &examples, settings);
        struct str bytes = saved(arena, &learned);
        double *out = predict(arena, &learned, &examples.in, threads[t]);
        if (t) {
            assert_true(str_equal(bytes, first));
            assert_memory_equal(out, first_out,
                                inputs_rows(&examples.in) * width_of(&learned) * sizeof *out);
        }
        first = bytes;
        first_out = out;
    }
}

/* The rows in another order. */
static inline struct matrix mixed(struct arena *arena, struct matrix x, const size_t *order)
{
    struct matrix out = matrix_new(arena, x.rows, x.columns);
    for (size_t i = 0; i < x.rows; i++)
        memcpy(matrix_row(out, i), matrix_row(x, order[i]), x.columns * sizeof(double));
    return out;
}

static inline size_t *shuffled(struct arena *arena, size_t n, uint64_t seed)
{
    size_t *order = arena_array(arena, size_t, n);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    random_shuffle(&(struct random){ seed }, order, n);
    return order;
}

/* Rows around some middles. */
static inline struct matrix clouds(struct arena *arena, size_t rows, size_t columns, size_t middles,
                                   uint64_t seed)
{
    struct matrix x = matrix_new(arena, rows, columns);
    for (size_t i = 0; i < rows; i++) {
        struct random middle = random_stream(seed, i % middles);
        struct random random = random_stream(seed + 1, i);
        for (size_t j = 0; j < columns; j++)
            matrix_row(x, i)[j] = 3 * random_normal(&middle) + random_normal(&random);
    }
    return x;
}

/* A data set of near.json. */
struct set {
    struct matrix x;
    double *y;
    size_t cut; /* rows to train on */
    enum target_kind target;
    size_t class_count;
};

static inline struct set read_set(struct arena *arena, const struct json *map, const char *name)
{
    const struct json *set = json_get(json_get(map, "sets"), name);
    struct set out = { .x = read_matrix(arena, json_get(set, "x")),
                       .y = read_numbers(arena, json_get(set, "y")),
                       .cut = (size_t)json_get_int(set, "cut", 0),
                       .target = TARGET_NUMBER };
    if (strcmp(name, "wine") == 0)
        out.target = TARGET_CLASSES, out.class_count = 3;
    if (strcmp(name, "cancer") == 0)
        out.target = TARGET_TWO_CLASSES, out.class_count = 2;
    return out;
}

static inline struct examples training_part(const struct set *set)
{
    return (struct examples){ .in.dense = matrix_rows(set->x, 0, set->cut),
                              .y = set->y,
                              .target = set->target,
                              .class_count = set->class_count,
                              .threads = 1 };
}

static inline struct inputs test_part(const struct set *set)
{
    return (struct inputs){ .dense = matrix_rows(set->x, set->cut, set->x.rows - set->cut) };
}
