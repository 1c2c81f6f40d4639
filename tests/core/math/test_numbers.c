/* Sums, order, linear algebra and threads. */
#include "core/math/blas.h"
#include "core/math/exp.h"
#include "core/math/order.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include "core/math/threads.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static void a_sum_keeps_what_plain_addition_loses(void **state)
{
    (void)state;
    double cancel[] = { 1, 1e100, 1, -1e100 };
    assert_true(sum_of(cancel, 4) == 2);
    static double tenths[1000000];
    for (size_t i = 0; i < 1000000; i++)
        tenths[i] = 0.1;
    assert_true(sum_of(tenths, 1000000) == 100000.0);
    double infinite[] = { 1, INFINITY, 2 };
    assert_true(sum_of(infinite, 3) == INFINITY);
    assert_true(isnan(mean_of(NULL, 0)));
    double values[] = { 1, 2, 3, 4 };
    assert_true(mean_of(values, 4) == 2.5);
    assert_true(variance_of(values, 4, 2.5) == 1.25);
}

static void quantiles_lie_between_neighbours(void **state)
{
    (void)state;
    double x[] = { 4, 1, 3, 2 };
    sort_numbers(x, 4);
    const double sorted[] = { 1, 2, 3, 4 };
    assert_memory_equal(x, sorted, sizeof x);
    static const double cases[][2] = {
        { 0, 1 }, { 0.5, 2.5 }, { 1, 4 }, { 0.25, 1.75 }, { 0.9, 3.7 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(fabs(quantile_sorted(x, 4, cases[i][0]) - cases[i][1]) < 1e-15);
    assert_true(isnan(quantile_sorted(x, 0, 0.5)));
}

static void the_series_of_exp_agrees_with_libm(void **state)
{
    (void)state;
    for (double x = -708; x <= 709; x += 0.00737)
        if (!(fabs(exp_series(x) / exp(x) - 1) <= 4.5e-16))
            fail_msg("e^%.17g: got %.17g, expected %.17g", x, exp_series(x), exp(x));
    assert_true(exp_series(0) == 1);
    assert_true(exp_series(-INFINITY) < 1e-307 && exp_series(-INFINITY) > 0);
    assert_true(exp_series(INFINITY) > 8e307 && isfinite(exp_series(INFINITY)));
}

static void cholesky_solves_and_refuses(void **state)
{
    (void)state;
    enum { N = 3 };
    double a[N * N] = { 4, 12, -16, 12, 37, -43, -16, -43, 98 };
    const double l[N][N] = { { 2, 0, 0 }, { 6, 1, 0 }, { -8, 5, 3 } };
    struct matrix view = { a, N, N, N };
    assert_true(cholesky(view));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j <= i; j++)
            assert_true(fabs(a[i * N + j] - l[i][j]) < 1e-12);
    double x[N] = { 4 + 24 - 48, 12 + 74 - 129, -16 - 86 + 294 };
    cholesky_solve(view, x);
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(x[i] - (double)(i + 1)) < 1e-10);
    double bad[4] = { 1, 2, 2, 1 };
    assert_false(cholesky((struct matrix){ bad, 2, 2, 2 }));
    double nan[4] = { 1, 0, 0, NAN };
    assert_false(cholesky((struct matrix){ nan, 2, 2, 2 }));
}

static void products_agree_with_plain_loops(void **state)
{
    (void)state;
    enum { ROWS = 57, COLUMNS = 13, STRIDE = 17 };
    static double a[ROWS * STRIDE], gram[COLUMNS * COLUMNS];
    double x[COLUMNS], y[ROWS], back[COLUMNS] = { 0 };
    struct random random = { 5 };
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        a[i] = random_normal(&random);
    for (size_t j = 0; j < COLUMNS; j++)
        x[j] = random_normal(&random);
    struct matrix view = { a, ROWS, COLUMNS, STRIDE };
    matrix_times(view, x, y);
    matrix_transposed_times_add(view, y, back);
    gram_add(view, (struct matrix){ gram, COLUMNS, COLUMNS, COLUMNS });
    for (size_t i = 0; i < ROWS; i++) {
        double sum = 0;
        for (size_t j = 0; j < COLUMNS; j++)
            sum += a[i * STRIDE + j] * x[j];
        assert_true(fabs(sum - y[i]) < 1e-12);
    }
    for (size_t j = 0; j < COLUMNS; j++) {
        double sum = 0;
        for (size_t i = 0; i < ROWS; i++)
            sum += a[i * STRIDE + j] * y[i];
        assert_true(fabs(sum - back[j]) < 1e-11);
        for (size_t k = 0; k <= j; k++) {
            double cell = 0;
            for (size_t i = 0; i < ROWS; i++)
                cell += a[i * STRIDE + j] * a[i * STRIDE + k];
            assert_true(fabs(cell - gram[j * COLUMNS + k]) < 1e-11);
        }
    }
}

static void eigenvectors_rebuild_the_matrix(void **state)
{
    (void)state;
    double a[4] = { 2, 1, 1, 2 }, values[2], work[64];
    assert_true(eigen_symmetric((struct matrix){ a, 2, 2, 2 }, values, work, 64));
    assert_true(fabs(values[0] - 1) < 1e-14 && fabs(values[1] - 3) < 1e-14);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++) {
            double cell = values[0] * a[i] * a[j] + values[1] * a[2 + i] * a[2 + j];
            assert_true(fabs(cell - (i == j ? 2 : 1)) < 1e-13);
        }
}

enum { PIECES = 100 };

struct tally {
    atomic_int done[PIECES];
};

static void count_piece(void *work, size_t at)
{
    struct tally *tally = work;
    atomic_fetch_add(&tally->done[at], 1);
}

static void each_piece_is_done_once_at_any_thread_count(void **state)
{
    (void)state;
    static const unsigned threads[] = { 0, 1, 2, 3, 7, 1000 };
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct tally tally = { 0 };
        threads_run(threads[t], PIECES, count_piece, &tally);
        for (size_t i = 0; i < PIECES; i++)
            assert_int_equal(tally.done[i], 1);
    }
    threads_run(4, 0, count_piece, NULL);
}

/* Runs of all sizes follow one another at once and after pauses in which the crew falls asleep. */
static void a_crew_does_each_piece_of_each_run_once(void **state)
{
    (void)state;
    static const unsigned threads[] = { 0, 1, 2, 3, 7, 1000 };
    struct arena *arena = arena_open(NULL);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct crew *crew = crew_start(arena, threads[t]);
        for (size_t run = 0; run < 2000; run++) {
            struct tally tally = { 0 };
            size_t count = run % (PIECES + 1);
            crew_run(crew, count, count_piece, &tally);
            for (size_t i = 0; i < PIECES; i++)
                assert_int_equal(tally.done[i], i < count);
            if (run % 256 == 0)
                nanosleep(&(struct timespec){ .tv_nsec = 300000 }, NULL);
        }
        crew_end(crew);
    }
    struct crew *ended = crew_start(arena, 3), *left = crew_start(arena, 2);
    struct tally tally = { 0 };
    crew_end(ended);
    crew_run(left, 5, count_piece, &tally);
    arena_drop(arena); /* ends it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_keeps_what_plain_addition_loses),
        cmocka_unit_test(quantiles_lie_between_neighbours),
        cmocka_unit_test(the_series_of_exp_agrees_with_libm),
        cmocka_unit_test(cholesky_solves_and_refuses),
        cmocka_unit_test(products_agree_with_plain_loops),
        cmocka_unit_test(eigenvectors_rebuild_the_matrix),
        cmocka_unit_test(each_piece_is_done_once_at_any_thread_count),
        cmocka_unit_test(a_crew_does_each_piece_of_each_run_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
