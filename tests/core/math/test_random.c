/* Random numbers: the vectors of splitmix64, ranges, shuffles, streams. */
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct json *vectors(struct arena *arena)
{
    struct str bytes;
    const struct json *map = NULL;
    struct fault why;
    assert_true(
        file_load(arena, AT_FDCWD, "tests/core/math/splitmix64.json", 1 << 16, &bytes, &why));
    assert_true(json_parse(arena, bytes, &map, &why));
    return map;
}

static void the_generator_gives_the_published_numbers(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors(arena);
    struct random random = { (uint64_t)json_get_int(map, "seed", 0) };
    const struct json *first = json_get(map, "first5");
    assert_int_equal(first->count, 5);
    for (size_t i = 0; i < first->count; i++)
        assert_int_equal(random_next(&random), strtoull(first->members[i].text.at, NULL, 10));
    random.state = 42;
    const struct json *below = json_get(map, "below10_seed42");
    assert_int_equal(below->count, 20);
    for (size_t i = 0; i < below->count; i++)
        assert_int_equal(random_below(&random, 10), below->members[i].integer);
    random.state = 42;
    const struct json *unit = json_get(map, "u01_seed42");
    for (size_t i = 0; i < unit->count; i++)
        assert_true(random_unit(&random) == unit->members[i].number);
}

static void normal_numbers_have_mean_0_and_deviation_1(void **state)
{
    (void)state;
    enum { N = 200000 };
    static double x[N];
    struct random random = { 7 };
    for (size_t i = 0; i < N; i++)
        x[i] = random_normal(&random);
    double mean = mean_of(x, N), variance = variance_of(x, N, mean);
    assert_true(fabs(mean) < 4 / sqrt(N));
    assert_true(fabs(variance - 1) < 4 * sqrt(2.0 / N));
}

static void a_shuffle_keeps_every_number_and_follows_its_seed(void **state)
{
    (void)state;
    enum { N = 1000 };
    size_t a[N], b[N], seen[N] = { 0 }, in_place = 0;
    for (size_t i = 0; i < N; i++)
        a[i] = b[i] = i;
    struct random first = { 3 }, again = { 3 };
    random_shuffle(&first, a, N);
    random_shuffle(&again, b, N);
    assert_memory_equal(a, b, sizeof a);
    for (size_t i = 0; i < N; i++) {
        seen[a[i]]++;
        in_place += a[i] == i;
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(seen[i], 1);
    assert_true(in_place < 10); /* one is expected */
}

static void streams_of_a_seed_differ(void **state)
{
    (void)state;
    struct random streams[3] = { random_stream(1, 0), random_stream(1, 1), random_stream(2, 0) };
    uint64_t first[3];
    for (size_t i = 0; i < 3; i++)
        first[i] = random_next(&streams[i]);
    assert_true(first[0] != first[1] && first[0] != first[2] && first[1] != first[2]);
    struct random again = random_stream(1, 1);
    assert_true(random_next(&again) == first[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_gives_the_published_numbers),
        cmocka_unit_test(normal_numbers_have_mean_0_and_deviation_1),
        cmocka_unit_test(a_shuffle_keeps_every_number_and_follows_its_seed),
        cmocka_unit_test(streams_of_a_seed_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
