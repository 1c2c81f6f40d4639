/* Factorization machines and naive Bayes: what must hold for any data, and their bytes. */
#include "core/learn/learn_bayes_model.h"
#include "core/learn/learn_fm.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ROWS = 1200, USERS = 40, ITEMS = 30 };

static void near(double got, double expected, double tolerance, const char *what)
{
    if (!(fabs(got - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("%s: got %.17g, expected %.17g", what, got, expected);
}

static void *fit(struct arena *arena, const char *name, const struct examples *examples,
                 const char *const *settings)
{
    struct fault why = { 0 };
    const struct learner *learner = learner_find(str_of(name), &why);
    struct params params = params_default(learner->params, learner->param_count);
    void *fitted = NULL;
    for (; settings && *settings; settings++) {
        struct str whole = str_of(*settings);
        size_t at = strcspn(*settings, "=");
        if (!params_set(&params, name, str_until(whole, at), str_from(whole, at + 1), &why))
            fail_msg("%s", why.text);
    }
    if (!learner->fit(arena, examples, &params, &fitted, &why))
        fail_msg("%s", why.text);
    return fitted;
}

static const uint32_t user_item[] = { USERS, ITEMS, 0 };

/* Ratings that factors made; columns: user, item and, with a third one, a number. */
static struct examples ratings(struct arena *arena, size_t columns, bool classes)
{
    struct matrix x = matrix_new(arena, ROWS, columns);
    double *y = arena_array(arena, double, ROWS), factors[USERS + ITEMS][2];
    struct random random = { 3 };
    for (size_t j = 0; j < USERS + ITEMS; j++)
        for (size_t f = 0; f < 2; f++)
            factors[j][f] = random_normal(&random);
    for (size_t i = 0; i < ROWS; i++) {
        double *row = matrix_row(x, i);
        size_t user = random_below(&random, USERS), item = random_below(&random, ITEMS);
        row[0] = i % 97 ? (double)user : NAN;
        row[1] = (double)item;
        if (columns > 2)
            row[2] = random_normal(&random);
        const double *u = factors[user], *v = factors[USERS + item];
        y[i] = 3 + u[0] * v[0] + u[1] * v[1] + 0.3 * random_normal(&random);
        y[i] += columns > 2 ? row[2] : 0;
        y[i] = classes ? y[i] > 3 : y[i];
    }
    return (struct examples){ .in = { .dense = x, .levels = user_item },
                              .y = y,
                              .target = classes ? TARGET_TWO_CLASSES : TARGET_NUMBER,
                              .class_count = classes ? 2 : 0,
                              .threads = 1,
                              .seed = 5 };
}

static double mean_and_deviation(const double *y, double *deviation)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < ROWS; i++)
        mean += y[i] / ROWS;
    for (size_t i = 0; i < ROWS; i++)
        squares += (y[i] - mean) * (y[i] - mean) / ROWS;
    *deviation = sqrt(squares);
    return mean;
}

/* What als lowers, by its definition, times the target's variance. */
static double objective(struct arena *arena, const struct fm *fm, const struct examples *examples,
                        const double l2[3])
{
    double *out = arena_array(arena, double, ROWS), mean = 0, deviation = 1;
    if (!fm->two_classes)
        mean = mean_and_deviation(examples->y, &deviation);
    double value = l2[0] * (fm->bias - mean) * (fm->bias - mean);
    learn_factorization_machine.predict(arena, fm, &examples->in, 1, out);
    for (size_t i = 0; i < ROWS; i++) {
        double away = examples->y[i] - out[i];
        value += fm->two_classes ? -2 * log(examples->y[i] > 0 ? out[i] : 1 - out[i]) : away * away;
    }
    for (size_t j = 0; j < fm->features; j++)
        for (size_t f = 0; f <= fm->factors; f++) {
            double number = fm->theta[j * fm->stride + f];
            value += (f == fm->factors ? l2[1] : l2[2] * deviation) * number * number;
        }
    return value;
}

/* Numerically: moved a little either way, no number makes the objective less. */
static void alternating_least_squares_ends_where_all_slopes_are_0(void **state)
{
    (void)state;
    static const char *const settings[] = { "num_factors=2", "epochs=3000",  "l2_bias=1", "tol=0",
                                            "l2_linear=2",   "l2_factors=3", NULL };
    static const double l2[3] = { 1, 2, 3 }, h = 1e-4;
    for (size_t columns = 2; columns <= 3; columns++)
        for (int classes = 0; classes < 2; classes++) {
            scoped_arena arena = arena_open(NULL);
            struct examples examples = ratings(arena, columns, classes);
            struct fm *fm = fit(arena, "factorization_machine", &examples, settings);
            for (size_t j = 0; j < fm->features * fm->stride; j += 5) {
                double *number = &fm->theta[j], at = *number;
                if (j % fm->stride > fm->factors)
                    continue;
                *number = at + h;
                double more = objective(arena, fm, &examples, l2);
                *number = at - h;
                double less = objective(arena, fm, &examples, l2);
                *number = at;
                near((more - less) / (2 * h), 0, 2e-3, "slope");
            }
        }
}

/* Where columns are categories alone, and where one is a number: both ways of solving. */
static void alternating_least_squares_ends_when_little_moves(void **state)
{
    (void)state;
    static const char *const settings[][3] = { { "epochs=500", "tol=0" }, { "epochs=500" } };
    for (int number = 0; number < 2; number++)
        for (int classes = 0; classes < 2; classes++) {
            scoped_arena arena = arena_open(NULL);
            struct examples examples = ratings(arena, 3, classes);
            uint32_t levels[3];
            memcpy(levels, examples.in.levels, sizeof levels);
            levels[2] = number ? 0 : levels[2];
            examples.in.levels = levels;
            const struct fm *all = fit(arena, "factorization_machine", &examples, settings[0]);
            const struct fm *some = fit(arena, "factorization_machine", &examples, settings[1]);
            assert_int_equal(all->epochs, 500);
            assert_in_range(some->epochs, 3, 250);
            near(some->loss, all->loss, 0.02 * all->loss, "loss");
        }
}

static void factors_find_what_made_the_ratings(void **state)
{
    (void)state;
    static const char *const settings[][5] = {
        { "num_factors=2", "epochs=50", NULL },
        { "num_factors=2", "epochs=400", "solver=sgd", "learning_rate=0.02", NULL },
    };
    for (size_t columns = 2; columns <= 3; columns++)
        for (size_t s = 0; s < 2; s++) {
            scoped_arena arena = arena_open(NULL);
            struct examples examples = ratings(arena, columns, false);
            const char *words[8] = { "l2_factors=1", "l2_linear=1" };
            memcpy(words + 2, settings[s], sizeof settings[s]);
            const struct fm *fm = fit(arena, "factorization_machine", &examples, words);
            assert_true(fm->first_loss > 1);
            if (!(fm->loss < 0.25))
                fail_msg("columns %zu, solver %zu: loss %g", columns, s, fm->loss);
        }
}

/* Of y and of a y + b the same fit but for a and b; a constant is predicted as it is. */
static void the_unit_of_the_target_does_not_matter(void **state)
{
    (void)state;
    static const double units[][2] = { { 1, 0 }, { 8e4, 18e4 }, { 1e-6, 2 }, { 0, 0.1 } };
    static const char *const solvers[][2] = { { "solver=als" }, { "solver=sgd" } };
    for (size_t s = 0; s < 2; s++)
        for (size_t columns = 2; columns <= 3; columns++) {
            scoped_arena arena = arena_open(NULL);
            struct examples examples = ratings(arena, columns, false);
            double y[ROWS], first[ROWS], out[ROWS];
            memcpy(y, examples.y, sizeof y);
            for (size_t u = 0; u < 4; u++) {
                double *moved = arena_array(arena, double, ROWS);
                double scale = units[u][0] > 0 ? units[u][0] : 1;
                for (size_t i = 0; i < ROWS; i++)
                    moved[i] = units[u][0] * y[i] + units[u][1];
                examples.y = moved;
                const void *fm = fit(arena, "factorization_machine", &examples, solvers[s]);
                learn_factorization_machine.predict(arena, fm, &examples.in, 1, out);
                memcpy(first, u ? first : out, sizeof first);
                for (size_t i = 0; i < ROWS; i++)
                    if (units[u][0] > 0)
                        near((out[i] - units[u][1]) / scale, first[i], 1e-6, "in another unit");
                    else
                        near(out[i], units[u][1], 0.02, "a constant");
            }
        }
}

/* Long rows, where the learning rate alone would go beyond the range of numbers. */
static void gradient_descent_does_not_overshoot(void **state)
{
    (void)state;
    static const char *const settings[] = { "solver=sgd", "learning_rate=1", NULL };
    for (int classes = 0; classes < 2; classes++) {
        scoped_arena arena = arena_open(NULL);
        struct examples examples = ratings(arena, 3, classes);
        for (size_t i = 0; i < ROWS; i++)
            matrix_row(examples.in.dense, i)[2] *= 50;
        const struct fm *fm = fit(arena, "factorization_machine", &examples, settings);
        if (!(fm->loss < fm->first_loss))
            fail_msg("classes %d: loss %g after %g", classes, fm->loss, fm->first_loss);
    }
}

static void bits_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = { 1, 2, 3, 7 };
    for (size_t columns = 2; columns <= 3; columns++)
        for (int classes = 0; classes < 2; classes++) {
            scoped_arena arena = arena_open(NULL);
            struct examples examples = ratings(arena, columns, classes);
            const struct fm *first = NULL;
            for (size_t t = 0; t < 4; t++) {
                examples.threads = threads[t];
                const struct fm *fm = fit(arena, "factorization_machine", &examples, NULL);
                first = first ? first : fm;
                assert_memory_equal(fm->theta, first->theta,
                                    fm->features * fm->stride * sizeof(double));
                assert_true(fm->bias == first->bias);
            }
        }
}

/* A row of weight 0 counts nothing, one of weight 2 as two. */
static void weights_count_rows(void **state)
{
    (void)state;
    static const char *const names[] = { "factorization_machine", "naive_bayes" };
    for (size_t n = 0; n < 2; n++) {
        scoped_arena arena = arena_open(NULL);
        struct examples once = ratings(arena, 3, true), twice = once;
        double *weight = arena_array(arena, double, ROWS),
               *y = arena_array(arena, double, 2 * ROWS);
        double outs[2][ROWS];
        size_t count = 0;
        twice.in.dense = matrix_new(arena, (size_t)2 * ROWS, 3);
        for (size_t i = 0; i < ROWS; i++) {
            weight[i] = (double)(i % 3);
            for (size_t copy = 0; copy < i % 3; copy++, count++) {
                memcpy(matrix_row(twice.in.dense, count), matrix_row(once.in.dense, i),
                       3 * sizeof(double));
                y[count] = once.y[i];
            }
        }
        once.weight = weight;
        twice.in.dense.rows = count;
        twice.y = y;
        const struct learner *learner = learner_find(str_of(names[n]), NULL);
        learner->predict(arena, fit(arena, names[n], &once, NULL), &once.in, 1, outs[0]);
        learner->predict(arena, fit(arena, names[n], &twice, NULL), &once.in, 1, outs[1]);
        for (size_t i = 0; i < ROWS; i++)
            near(outs[0][i], outs[1][i], 1e-9, names[n]);
    }
}

static void levels_never_seen_add_nothing(void **state)
{
    (void)state;
    static const char *const names[] = { "factorization_machine", "naive_bayes" };
    for (size_t n = 0; n < 2; n++) {
        scoped_arena arena = arena_open(NULL);
        struct examples examples = ratings(arena, 2, true);
        const void *fitted = fit(arena, names[n], &examples, NULL);
        double cells[] = { NAN, NAN, USERS, ITEMS, -1, NAN }, out[3];
        struct inputs in = { .dense = { cells, 3, 2, 2 }, .levels = user_item };
        double share = 0;
        learner_find(str_of(names[n]), NULL)->predict(arena, fitted, &in, 1, out);
        for (size_t i = 0; i < ROWS; i++)
            share += examples.y[i] / ROWS;
        for (size_t i = 0; i < 3; i++)
            near(out[i], n ? share : 1 / (1 + exp(-((const struct fm *)fitted)->bias)), 1e-9,
                 names[n]);
    }
}

/* A missing number is as if the column were not there for the row. */
static void naive_bayes_leaves_missing_cells_out(void **state)
{
    (void)state;
    static const char *const settings[][2] = { { NULL },
                                               { "kind=multinomial" },
                                               { "kind=bernoulli" } };
    for (size_t s = 0; s < 3; s++) {
        scoped_arena arena = arena_open(NULL);
        double x[ROWS][2], y[ROWS], out[2];
        struct random random = { 9 };
        for (size_t i = 0; i < ROWS; i++) {
            y[i] = (double)random_below(&random, 2);
            x[i][0] = y[i] + fabs(random_normal(&random));
            x[i][1] = i % 5 ? fabs(random_normal(&random)) + 2 * y[i] : NAN;
        }
        struct examples both = { .in.dense = { &x[0][0], ROWS, 2, 2 },
                                 .y = y,
                                 .target = TARGET_TWO_CLASSES,
                                 .class_count = 2 };
        const struct bayes *bayes = fit(arena, "naive_bayes", &both, settings[s]);
        double row[2] = { 1.5, NAN };
        struct inputs in = { .dense = { row, 1, 2, 2 } };
        learn_naive_bayes.predict(arena, bayes, &in, 1, out);
        assert_true(out[0] > 0 && out[0] < 1);
        double joint[2], without[2];
        bayes_joint(bayes, &in, 0, joint);
        row[0] = NAN;
        bayes_joint(bayes, &in, 0, without);
        near(without[0], bayes->log_prior[0], 1e-15, "prior");
        assert_true(joint[0] != without[0] && isfinite(joint[1]));
    }
}

static void negative_counts_are_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    double x[] = { 1, -1 }, y[] = { 0, 1 };
    struct examples examples = {
        .in.dense = { x, 2, 1, 1 }, .y = y, .target = TARGET_TWO_CLASSES, .class_count = 2
    };
    struct params params = params_default(learn_naive_bayes.params, learn_naive_bayes.param_count);
    struct fault why = { 0 };
    void *fitted;
    assert_true(params_set(&params, "naive_bayes", S("kind"), S("multinomial"), &why));
    assert_false(learn_naive_bayes.fit(arena, &examples, &params, &fitted, &why));
    assert_string_equal(
        why.text,
        "naive Bayes of counts (multinomial) was given a negative number: use --transform "
        "impute --transform min_max --transform one_hot (counts: without min_max)");
}

/* Saved, loaded, saved: the same bytes and predictions; any cut is refused, any flip is safe. */
static void bytes_come_back_and_damage_does_no_harm(void **state)
{
    (void)state;
    static const char *const names[] = { "factorization_machine", "naive_bayes" };
    for (size_t n = 0; n < 2; n++) {
        scoped_arena arena = arena_open(NULL);
        const struct learner *learner = learner_find(str_of(names[n]), NULL);
        struct examples examples = ratings(arena, 3, true);
        void *fitted = fit(arena, names[n], &examples, NULL);
        struct fitted_shape shape = { 3, 3, user_item, TARGET_TWO_CLASSES, 2, 0 };
        struct text bytes = { .arena = arena }, again = { .arena = arena };
        double outs[2][ROWS];
        learner->save(fitted, &bytes);
        struct bytes in = { arena, text_str(&bytes), false };
        void *loaded = learner->load(&in, &shape);
        assert_true(loaded && !in.failed && in.rest.len == 0);
        learner->save(loaded, &again);
        assert_true(str_equal(text_str(&bytes), text_str(&again)));
        learner->predict(arena, fitted, &examples.in, 1, outs[0]);
        learner->predict(arena, loaded, &examples.in, 1, outs[1]);
        assert_memory_equal(outs[0], outs[1], sizeof outs[0]);
        for (size_t len = 0; len < bytes.len; len += len < 60 ? 1 : 97) {
            struct bytes cut = { arena, str_until(text_str(&bytes), len), false };
            learner->load(&cut, &shape);
            assert_true(cut.failed);
        }
        for (size_t at = 0; at < bytes.len && at < 400; at++) {
            struct str copy = str_keep(arena, text_str(&bytes));
            ((char *)copy.at)[at] = (char)(copy.at[at] ^ 0x41);
            struct bytes flipped = { arena, copy, false };
            void *odd = learner->load(&flipped, &shape);
            if (odd && !flipped.failed)
                learner->predict(arena, odd, &examples.in, 1, outs[1]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alternating_least_squares_ends_where_all_slopes_are_0),
        cmocka_unit_test(alternating_least_squares_ends_when_little_moves),
        cmocka_unit_test(factors_find_what_made_the_ratings),
        cmocka_unit_test(the_unit_of_the_target_does_not_matter),
        cmocka_unit_test(gradient_descent_does_not_overshoot),
        cmocka_unit_test(bits_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(weights_count_rows),
        cmocka_unit_test(levels_never_seen_add_nothing),
        cmocka_unit_test(naive_bayes_leaves_missing_cells_out),
        cmocka_unit_test(negative_counts_are_refused),
        cmocka_unit_test(bytes_come_back_and_damage_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
