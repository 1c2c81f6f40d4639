/* Rows drawn many at once, and replicates side by side, are those drawn one by one. */
#include "core/eval/draws.h"
#include "core/eval/interval.h"
#include "core/eval/ranking.h"
#include "core/math/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void many_draws_are_those_of_one_by_one(void **state)
{
    static const size_t ns[] = { 1, 2, 3, 890, 10000, 65537, (size_t)1 << 31, UINT32_MAX };
    static const uint64_t seeds[] = { 0, 1, 2024, UINT64_MAX, 0x8000000000000000u };
    uint32_t rows[DRAWS_PIECE + 8];
    (void)state;
    for (size_t i = 0; i < sizeof ns / sizeof *ns; i++)
        for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++)
            for (size_t count = 0; count <= sizeof rows / sizeof *rows;
                 count += count < 9 ? 1 : 51) {
                struct random one = { seeds[s] };
                uint64_t many = seeds[s];
                draws_fill(&many, ns[i], rows, count);
                for (size_t k = 0; k < count; k++)
                    assert_int_equal(rows[k], random_below(&one, ns[i]));
                assert_true(many == one.state);
            }
}

static void means_are_those_of_one_by_one(void **state)
{
    static const size_t ns[] = { 2, 7, 255, 256, 257, 600 };
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof ns / sizeof *ns; i++) {
        size_t n = ns[i], count = 1003;
        double *x = arena_array(arena, double, n), *means = arena_array(arena, double, count);
        struct random random = { 5 };
        for (size_t k = 0; k < n; k++)
            x[k] = random_normal(&random);
        bootstrap_means(x, n, 11, means, count);
        struct random draws = { 11 };
        for (size_t b = 0; b < count; b++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += x[random_below(&draws, n)];
            assert_true(means[b] == sum / (double)n);
        }
    }
}

static struct scored made(struct arena *arena, size_t n, double share, double step)
{
    double *truth = arena_array(arena, double, n), *score = arena_array(arena, double, n);
    struct random random = { 9 };
    for (size_t i = 0; i < n; i++) {
        double p = random_unit(&random);
        truth[i] = i == 0 || (i > 1 && random_unit(&random) < p * share);
        score[i] = floor(p / step) * step;
    }
    return (struct scored){ .n = n, .class_count = 2, .truth = truth, .prediction = score };
}

/* One resample, counted as the header says. */
static double one_by_one(const struct ranking *ranking, const struct scored *rows,
                         struct random *draws, uint32_t *counts)
{
    uint32_t *of[] = { counts, counts + ranking->group_count };
    size_t class_count[] = { ranking->negative_count, ranking->positive_count };
    memset(counts, 0, 2 * ranking->group_count * sizeof *counts);
    for (size_t class = 2; class -- > 0;)
        for (size_t i = 0; i < class_count[class]; i++) {
            size_t left = random_below(draws, class_count[class]), row = 0;
            while (rows->truth[row] != (double)class || left-- > 0)
                row++;
            of[class][ranking->group[row]]++;
        }
    return ranking_average_precision(of[1], of[0], ranking->group_count);
}

static void average_precisions_are_those_of_one_by_one(void **state)
{
    static const struct {
        size_t n, count;
        double share, step;
    } cases[] = { { 2, 41, .5, .001 },    { 60, 43, .5, 1 },     { 60, 42, .5, .1 },
                  { 300, 40, .01, 1e-9 }, { 700, 21, .9, .003 }, { 5000, 6, .3, 1e-9 } };
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        scoped_arena arena = arena_open(NULL);
        size_t count = cases[c].count;
        struct scored rows = made(arena, cases[c].n, cases[c].share, cases[c].step);
        struct ranking ranking;
        ranking_make(arena, &rows, true, &ranking);
        double *got = arena_array(arena, double, count);
        uint32_t *counts = arena_array(arena, uint32_t, 2 * ranking.group_count);
        ranking_average_precision_resample(arena, &ranking, &rows, 3, got, count);
        struct random draws = { 3 };
        for (size_t b = 0; b < count; b++)
            assert_true(got[b] == one_by_one(&ranking, &rows, &draws, counts));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_draws_are_those_of_one_by_one),
        cmocka_unit_test(means_are_those_of_one_by_one),
        cmocka_unit_test(average_precisions_are_those_of_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
