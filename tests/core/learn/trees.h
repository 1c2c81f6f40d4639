/*
 * What the tests of trees share: fitting by settings, predicting, made data.
 */
#pragma once

#include "core/learn/learn_forest.h"
#include "core/learn/learn_gbdt.h"
#include "core/learn/learn_isolation.h"
#include "core/learn/learn_rcf.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* settings: "name=value;name=value". */
static inline bool tree_fit(struct arena *arena, const struct learner *learner,
                            const struct examples *examples, const char *settings, void **fitted,
                            struct fault *why)
{
    struct params params = params_default(learner->params, learner->param_count);
    struct str rest = str_of(settings), part;
    while (rest.len && str_cut(&rest, ';', &part)) {
        size_t at = 0;
        assert_true(str_find(part, '=', &at));
        if (!params_set(&params, learner->name, str_until(part, at), str_from(part, at + 1), why))
            return false;
    }
    return (!learner->check || learner->check(&params, why)) &&
           learner->fit(arena, examples, &params, fitted, why);
}

static inline void *tree_fitted(struct arena *arena, const struct learner *learner,
                                const struct examples *examples, const char *settings)
{
    struct fault why = { 0 };
    void *fitted = NULL;
    if (!tree_fit(arena, learner, examples, settings, &fitted, &why))
        fail_msg("%s %s: %s", learner->name, settings, why.text);
    return fitted;
}

static inline size_t tree_width(const struct examples *examples)
{
    return target_width(examples->target, examples->class_count);
}

static inline double *tree_predicted(struct arena *arena, const struct learner *learner,
                                     const void *fitted, const struct examples *examples)
{
    double *out = arena_array(arena, double, inputs_rows(&examples->in) * tree_width(examples) + 1);
    learner->predict(arena, fitted, &examples->in, examples->threads, out);
    return out;
}

/* Rows with a curved target, numbers or classes of it; some cells missing when wanted. */
static inline struct examples tree_examples(struct arena *arena, size_t rows, size_t columns,
                                            size_t classes, double missing)
{
    struct matrix x = matrix_new(arena, rows, columns);
    double *y = arena_array(arena, double, rows);
    for (size_t i = 0; i < rows; i++) {
        struct random random = random_stream(5, i);
        double *row = matrix_row(x, i), sum = random_normal(&random) / 4;
        for (size_t c = 0; c < columns; c++)
            row[c] = random_normal(&random);
        sum += row[0] * (columns > 1 ? row[1] : 1) + (columns > 2 ? sin(2 * row[2]) : 0);
        y[i] = sum;
        if (classes)
            y[i] = sum < -0.5 ? 0 : sum < 0.5 || classes == 2 ? 1 : 2;
        for (size_t c = 0; c < columns; c++)
            if (random_unit(&random) < missing)
                row[c] = NAN;
    }
    return (struct examples){ .in.dense = x,
                              .y = y,
                              .target = classes == 0   ? TARGET_NUMBER
                                        : classes == 2 ? TARGET_TWO_CLASSES
                                                       : TARGET_CLASSES,
                              .class_count = classes,
                              .seed = 3,
                              .threads = 1 };
}
