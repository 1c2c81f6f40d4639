/* Many tests at once: adjusted p-values, max-t, clusters, letters. */
#include "core/eval/multiplicity.h"
#include "core/eval/ranks.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

static void adjusted_p_values_are_those_of_r(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const double p[] = { 1,      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298,
                                0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590 };
    static const struct {
        void (*adjust)(struct arena *arena, const double *p, size_t m, double *adjusted);
        double expected[15];
    } rows[] = {
        { holm,
          { 1, 0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1, 1, 1, 1,
            1 } },
        { benjamini_hochberg,
          { 1, 0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714285714, 0.06385714285714, 0.0645,
            0.0765, 0.486, 0.5811818181818, 0.714875, 0.7532307692308, 0.8132142857143 } },
        { benjamini_yekutieli,
          { 1, 0.004977343489843, 0.009954686979687, 0.03152317543568, 0.1182119078838,
            0.2000892082917, 0.2118926228533, 0.2118926228533, 0.2140257700633, 0.253844517982, 1,
            1, 1, 1, 1 } },
    };
    for (size_t r = 0; r < 3; r++) {
        double got[15];
        memcpy(got, p, sizeof got);
        rows[r].adjust(arena, got, 15, got); /* in place */
        for (size_t i = 0; i < 15; i++)
            assert_near(got[i], rows[r].expected[i], 1e-11);
        rows[r].adjust(arena, p, 0, got);
    }
}

static void pairs_of_eight_teams(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *pairs = json_get(vectors_load(arena, "ranks.json"), "pairs");
    double p[28], got[28];
    for (size_t i = 0; i < 28; i++)
        p[i] = json_get_double(&pairs->members[i], "p", NAN);
    benjamini_hochberg(arena, p, 28, got);
    for (size_t i = 0; i < 28; i++)
        assert_near(got[i], json_get_double(&pairs->members[i], "bh", NAN), 1e-12);
}

/* Another generator than the vector's: the same groups but for one borderline pair. */
static void max_t_of_eight_teams(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "ranks.json"), *teams = json_get(map, "teams");
    const struct json *expected = json_get(map, "maxt");
    size_t n = teams->members[0].text.len, rejected = 0;
    const double *loss[8];
    bool better[64];
    struct rank ranks[8];
    for (size_t k = 0; k < 8; k++) {
        double *one = arena_array(arena, double, n);
        for (size_t i = 0; i < n; i++)
            one[i] = teams->members[k].text.at[i] == '0';
        loss[k] = one;
    }
    struct resampling how = resample_rows(n, 11);
    max_t(arena, &how, &(struct max_t){ loss, 8, 1000, 0.05 }, better);
    for (size_t i = 0; i < 64; i++)
        rejected += better[i];
    assert_in_range(rejected, json_get_int(expected, "n_rejected", 0) - 1,
                    json_get_int(expected, "n_rejected", 0) + 1);
    rank_ranges(better, 8, ranks);
    for (size_t k = 0; k < 8; k++) {
        const struct json *range = &json_get(expected, "rank_ranges")->members[k];
        assert_in_range(ranks[k].low + 1, range->members[0].integer, range->members[0].integer + 2);
        assert_in_range(ranks[k].high + 1, range->members[1].integer,
                        range->members[1].integer + 2);
    }
}

/* With equals only, at most about 5 % of all boards show a difference that is none. */
static void max_t_keeps_its_level(void **state)
{
    (void)state;
    struct random random = { 12 };
    size_t wrong = 0, n = 200, times = 120;
    for (size_t t = 0; t < times; t++) {
        scoped_arena arena = arena_open(NULL);
        const double *loss[6];
        bool better[36], any = false;
        double *hard = arena_array(arena, double, n);
        for (size_t i = 0; i < n; i++)
            hard[i] = random_normal(&random);
        for (size_t k = 0; k < 6; k++) {
            double *one = arena_array(arena, double, n);
            for (size_t i = 0; i < n; i++)
                one[i] = hard[i] + random_normal(&random);
            loss[k] = one;
        }
        struct resampling how = resample_rows(n, t);
        max_t(arena, &how, &(struct max_t){ loss, 6, 300, 0.05 }, better);
        for (size_t i = 0; i < 36; i++)
            any |= better[i];
        wrong += any;
    }
    assert_in_range(wrong, 1, 14); /* 6 expected, 2.4 the deviation */
}

static bool share_a_letter(const char *a, const char *b)
{
    for (; *a; a++)
        if (strchr(b, *a))
            return true;
    return false;
}

/* Two share a letter when neither is better; clusters end where all above beat all below. */
static void letters_and_clusters_say_what_the_pairs_say(void **state)
{
    (void)state;
    struct random random = { 8 };
    for (size_t t = 0; t < 300; t++) {
        scoped_arena arena = arena_open(NULL);
        enum { K = 9 };
        double reach = 0.5 + 4 * random_unit(&random);
        bool better[K * K] = { 0 };
        struct rank ranks[K];
        for (size_t i = 0; i < K; i++)
            ranks[i].place = (i * 4 + 2) % K;
        for (size_t i = 0; i < K; i++)
            for (size_t j = 0; j < K; j++)
                better[i * K + j] = (double)ranks[j].place - (double)ranks[i].place >
                                    reach * (0.7 + 0.6 * random_unit(&random));
        rank_letters(arena, better, K, ranks);
        rank_clusters(better, K, ranks);
        for (size_t i = 0; i < K; i++)
            for (size_t j = 0; j < K; j++) {
                bool differ = better[i * K + j] || better[j * K + i];
                assert_int_equal(share_a_letter(ranks[i].letters, ranks[j].letters), !differ);
                if (ranks[i].place > ranks[j].place)
                    assert_true(ranks[i].cluster >= ranks[j].cluster);
                if (ranks[i].cluster < ranks[j].cluster)
                    assert_true(better[i * K + j]);
            }
        for (size_t place = 1; place < K; place++) { /* no line is missing */
            bool all = true, line = false;
            for (size_t i = 0; i < K; i++)
                for (size_t j = 0; j < K; j++)
                    if (ranks[i].place < place && ranks[j].place >= place) {
                        all &= better[i * K + j];
                        line |= ranks[i].place == place - 1 && ranks[j].place == place &&
                                ranks[i].cluster < ranks[j].cluster;
                    }
            assert_int_equal(all, line);
        }
    }
}

static void few_and_very_many(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    enum { K = 60 };
    static bool better[K * K];
    struct rank ranks[K] = { 0 };
    rank_letters(arena, better, 0, ranks);
    rank_letters(arena, better, 1, ranks);
    rank_clusters(better, 1, ranks);
    assert_string_equal(ranks[0].letters, "a");
    assert_int_equal(ranks[0].cluster, 1);
    for (size_t i = 0; i < K; i++) {
        ranks[i].place = i;
        for (size_t j = i + 1; j < K; j++)
            better[i * K + j] = true;
    }
    rank_letters(arena, better, K, ranks);
    rank_clusters(better, K, ranks);
    assert_string_equal(ranks[25].letters, "z");
    assert_string_equal(ranks[26].letters, "a1");
    assert_int_equal(ranks[59].cluster, 60);
    memset(better, 0, sizeof better);
    for (size_t i = 0; i < K; i += 2) /* pairs apart: 2^30 sets would be needed */
        better[i * K + i + 1] = true;
    rank_letters(arena, better, K, ranks);
    assert_string_equal(ranks[0].letters, "");
    rank_clusters(better, K, ranks);
    assert_int_equal(ranks[59].cluster, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjusted_p_values_are_those_of_r),
        cmocka_unit_test(pairs_of_eight_teams),
        cmocka_unit_test(max_t_of_eight_teams),
        cmocka_unit_test(max_t_keeps_its_level),
        cmocka_unit_test(letters_and_clusters_say_what_the_pairs_say),
        cmocka_unit_test(few_and_very_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
