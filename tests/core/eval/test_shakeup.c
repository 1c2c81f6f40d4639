/* Shake-up and what noise alone makes of it; sample sizes; what boards tell. */
#include "core/eval/shakeup.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

static void the_shake_up_of_ten_teams(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "shakeup_bits.json"), "vector");
    size_t n;
    double *here = vectors_numbers(arena, json_get(map, "public"), &n);
    double *there = vectors_numbers(arena, json_get(map, "private"), NULL);
    struct shakeup got = shakeup(arena, here, there, n, true, 0.3);
    assert_near(got.all, json_get_double(map, "shakeup", NAN), 1e-13);
    assert_near(got.best, json_get_double(map, "shakeup_top30", NAN), 1e-13);
    assert_near(got.tau, json_get_double(map, "kendall", NAN), 1e-13);
    assert_false(got.same_winner);
    for (size_t i = 0; i < n; i++) { /* losses instead of scores */
        here[i] = 1 - here[i];
        there[i] = 1 - there[i];
    }
    assert_near(shakeup(arena, here, there, n, false, 1).all, got.all, 1e-13);
    got = shakeup(arena, here, here, n, false, 0.5);
    assert_true(got.all == 0 && got.tau == 1 && got.same_winner);
}

/* As in the reference's simulation: skill of a deviation of 0.01, rows of different difficulty. */
static void noise_alone_shakes_boards(void **state)
{
    (void)state;
    static const struct {
        double skill, rows, shake, winner;
    } rows[] = { { 0.01, 200, 0.305, 0.067 },
                 { 0.01, 1000, 0.2446, 0.153 },
                 { 0.05, 1000, 0.0754, 0.783 } };
    enum { K = 20, N = 20000 };
    struct random random = { 9 };
    for (size_t r = 0; r < 3; r++) {
        double shake = 0, winner = 0;
        for (size_t t = 0; t < 8; t++) { /* eight courses */
            scoped_arena arena = arena_open(NULL);
            double *hard = arena_array(arena, double, N), *at[K];
            for (size_t i = 0; i < N; i++)
                hard[i] = random_unit(&random);
            for (size_t k = 0; k < K; k++) {
                double skill = 0.85 + rows[r].skill * random_normal(&random);
                at[k] = arena_array(arena, double, N);
                for (size_t i = 0; i < N; i++)
                    at[k][i] = random_unit(&random) >= 1 - (1 - skill) * 2 * hard[i];
            }
            struct shakeup_noise got =
                shakeup_by_chance(arena, &(struct shakeup_design){ (const double *const *)at, K, N,
                                                                   (size_t)rows[r].rows,
                                                                   (size_t)rows[r].rows, 30, t });
            assert_true(got.low <= got.mean && got.mean <= got.high);
            shake += got.mean / 8;
            winner += got.same_winner / 8;
        }
        assert_near(shake, rows[r].shake, 0.06);
        assert_near(winner, rows[r].winner, 0.2);
    }
}

static void sample_sizes_are_planned(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "misc.json");
    const struct json *sizes = json_get(map, "mcnemar_sample_size");
    for (size_t i = 0; i < sizes->count; i++) {
        const struct json *one = &sizes->members[i];
        assert_near(rows_needed(json_get_double(one, "delta", 0),
                                json_get_double(one, "discordance", 0),
                                json_get_double(one, "alpha", 0), 0.8),
                    json_get_double(one, "n", 0), 0);
    }
    assert_true(isinf(rows_needed(0, 0.1, 0.05, 0.8)) && isinf(rows_needed(0.2, 0.1, 0.05, 0.8)));
    const struct json *best = json_get(map, "best_of_k_inflation");
    for (size_t i = 0; i < best->count; i++)
        assert_near(best_of_inflation((size_t)json_get_int(&best->members[i], "k", 0)),
                    json_get_double(&best->members[i], "se_units", NAN), 0.08); /* simulated */
    assert_near(best_of_inflation(1), 0, 1e-12);
    assert_near(best_of_inflation(2), 1 / sqrt(M_PI), 1e-12);
}

static void boards_tell_bits(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "shakeup_bits.json"),
                      *bits = json_get(map, "bits");
    for (size_t i = 0; i < bits->count; i++) {
        double n = json_get_double(&bits->members[i], "n", 0);
        assert_near(accuracy_bits(n, 15), json_get_double(&bits->members[i], "accuracy_exact", 0),
                    1e-12);
        assert_near(accuracy_bits(n, 2), json_get_double(&bits->members[i], "acc_2digits", 0),
                    1e-12);
        assert_near(accuracy_bits(n, 3), json_get_double(&bits->members[i], "acc_3digits", 0),
                    1e-12);
    }
    const struct json *ladder = json_get(map, "ladder_transcript_bits");
    for (size_t i = 0; i < ladder->count; i++) {
        const struct json *one = &ladder->members[i];
        assert_near(ladder_bits((size_t)json_get_int(one, "k", 0), json_get_double(one, "eta", 0),
                                json_get_double(one, "span", 0)),
                    json_get_double(one, "bits", 0), 1e-10);
    }
    const struct json *attacks = json_get(map, "logloss_attack");
    for (size_t i = 0; i < attacks->count; i++) {
        const struct json *one = &attacks->members[i];
        if (json_get(one, "theory")->kind == JSON_NOTHING)
            continue;
        assert_near(log_loss_labels(json_get_double(one, "n", 0),
                                    (int)json_get_int(one, "digits", 0),
                                    json_get_double(one, "eps", 0)),
                    json_get_double(one, "theory", 0), 0);
    }
}

static void edge_cases(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    size_t place[3];
    places_of(arena, (double[]){ NAN, 1, 1 }, 3, true, place);
    assert_true(place[0] == 3 && place[1] == 1 && place[2] == 2);
    assert_true(isnan(kendall_tau((double[]){ 1, 1 }, (double[]){ 1, 2 }, 2)));
    assert_near(kendall_tau((double[]){ 1, 2, 2 }, (double[]){ 1, 2, 3 }, 3), 2 / sqrt(6.0), 1e-14);
    assert_true(isnan(best_of_inflation(0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shake_up_of_ten_teams),
        cmocka_unit_test(noise_alone_shakes_boards),
        cmocka_unit_test(sample_sizes_are_planned),
        cmocka_unit_test(boards_tell_bits),
        cmocka_unit_test(edge_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
