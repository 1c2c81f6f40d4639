/* The Ladder, what it is for, and Thresholdout. */
#include "core/eval/interval.h"
#include "core/eval/ladder.h"
#include "core/eval/predictions.h"
#include "core/eval/ranking.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include "tests/core/eval/vectors.h"

static double *losses_of(struct arena *arena, struct str truth, struct str said)
{
    double *out = arena_array(arena, double, truth.len);
    for (size_t i = 0; i < truth.len; i++)
        out[i] = truth.at[i] != said.at[i];
    return out;
}

static void steps_of_a_fixed_size(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *all = vectors_load(arena, "ladder.json");
    const struct json *rows = json_get(json_get(all, "vectors"), "fixed");
    assert_int_equal(rows->count, 2);
    for (size_t r = 0; r < rows->count; r++) {
        double released = INFINITY;
        const struct json *losses = json_get(&rows->members[r], "losses");
        for (size_t i = 0; i < losses->count; i++) {
            ladder_fixed_step(&released, losses->members[i].number,
                              json_get_double(&rows->members[r], "eta", 0));
            assert_near(released, json_get(&rows->members[r], "released")->members[i].number,
                        1e-14);
        }
        assert_false(ladder_fixed_step(&released, NAN, 0.01));
    }
}

/* What the parameter-free one releases, submission by submission. */
static void the_free_ladder_is_the_authors(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "ladder.json"), "vectors");
    const struct json *free = json_get(map, "free_sequence"), *seq = json_get(free, "seq");
    struct str labels = json_get_text(free, "labels", "");
    struct resampling how = resample_rows(labels.len, 0);
    struct ladder_entry leader, entry;
    size_t updates = 0;
    for (size_t t = 0; t < seq->count; t++) {
        const struct json *one = &seq->members[t];
        entry.row = losses_of(arena, labels, json_get_text(one, "pred", ""));
        entry.loss = mean_of(entry.row, how.n);
        bool takes = ladder_step(arena, &how, t ? &leader : NULL, &entry);
        assert_int_equal(takes, json_get_bool(one, "updated", false));
        if (takes)
            leader = entry;
        updates += takes;
        assert_near(leader.loss, json_get_double(one, "released", NAN), 1e-12);
    }
    assert_in_range(updates, 3, seq->count - 3);
    const struct json *readme = json_get(map, "free_readme");
    static const double truth[] = { 1, 0, 1, 1, 1, 0 };
    how = resample_rows(6, 0);
    for (size_t t = 0; t < 3; t++) {
        double *row = vectors_numbers(arena, json_get(&readme->members[t], "sub"), NULL);
        for (size_t i = 0; i < 6; i++)
            row[i] = row[i] != truth[i];
        entry = (struct ladder_entry){ mean_of(row, 6), row };
        if (ladder_step(arena, &how, t ? &leader : NULL, &entry))
            leader = entry;
        assert_near(leader.loss, json_get_double(&readme->members[t], "released", NAN), 1e-12);
    }
}

enum release { EXACT, FIXED, FREE };

/*
 * The boosting attack: k random submissions, those that the board shows as progress vote. Gives the
 * loss that the board shows after the vote has been submitted too.
 */
static double attacked(enum release release, size_t n, size_t k, uint64_t seed)
{
    scoped_arena arena = arena_open(NULL);
    struct random random = { seed };
    struct resampling how = resample_rows(n, 0);
    bool *truth = arena_array(arena, bool, n), *said = arena_array(arena, bool, n);
    int *votes = arena_array(arena, int, n);
    struct ladder_entry leader = { INFINITY, NULL }, entry;
    double fixed = INFINITY, best = INFINITY, shown = INFINITY;
    for (size_t i = 0; i < n; i++)
        truth[i] = random_next(&random) >> 63;
    for (size_t t = 0; t <= k; t++) {
        double *row = arena_array(arena, double, n), before = t ? shown : 0.5;
        for (size_t i = 0; i < n; i++) {
            said[i] = t < k ? random_next(&random) >> 63 : votes[i] > 0;
            row[i] = said[i] != truth[i];
        }
        entry = (struct ladder_entry){ mean_of(row, n), row };
        best = fmin(best, entry.loss);
        ladder_fixed_step(&fixed, entry.loss, 0.01);
        if (release == FREE && ladder_step(arena, &how, t ? &leader : NULL, &entry))
            leader = entry;
        shown = release == FREE ? leader.loss : release == FIXED ? fixed : best;
        if (release == EXACT ? entry.loss <= 0.5 : shown < before)
            for (size_t i = 0; i < n; i++)
                votes[i] += said[i] ? 1 : -1;
    }
    return shown;
}

static void many_submissions_do_not_climb(void **state)
{
    (void)state;
    size_t n = 2000, k = 300;
    double error = 0.5 / sqrt((double)n), exact = 0.5 - 0.2251 * sqrt((double)k / (double)n);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        assert_near(attacked(EXACT, n, k, seed), exact, 0.025); /* as the theory says: it climbs */
        assert_true(attacked(FREE, n, k, seed) > 0.5 - 4 * error);
        assert_true(attacked(FIXED, n, k, seed) > 0.5 - 4 * error);
    }
}

/* Forty true improvements from 0.80 to 0.90: some are seen, and what is shown is near the truth. */
static void honest_progress_is_shown(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    size_t n = 2000, updates = 0;
    struct random random = { 21 };
    struct resampling how = resample_rows(n, 0);
    double *chance = arena_array(arena, double, n), *hard = arena_array(arena, double, n);
    struct ladder_entry leader, entry;
    for (size_t i = 0; i < n; i++)
        hard[i] = random_unit(&random);
    for (size_t i = 0; i < n; i++)
        chance[i] = random_unit(&random);
    for (size_t t = 0; t < 40; t++) {
        double accuracy = 0.8 + 0.1 * (double)t / 39, *row = arena_array(arena, double, n);
        for (size_t i = 0; i < n; i++) {
            if (random_unit(&random) < 0.15)
                chance[i] = random_unit(&random);
            row[i] = chance[i] > 1 - (1 - accuracy) * 2 * hard[i];
        }
        entry = (struct ladder_entry){ mean_of(row, n), row };
        if (ladder_step(arena, &how, t ? &leader : NULL, &entry)) {
            leader = entry;
            updates++;
        }
    }
    assert_in_range(updates, 6, 20); /* 11.4 on average in the reference */
    assert_near(leader.loss, 0.1, 0.02);
}

/* Binary rows and noisy scores of them. */
static struct scored scores_of(struct arena *arena, size_t n, double noise, uint64_t seed)
{
    struct random truths = { 5 }, random = { seed };
    double *truth = arena_array(arena, double, n), *said = arena_array(arena, double, n);
    for (size_t i = 0; i < n; i++) {
        truth[i] = random_unit(&truths) < 0.4;
        said[i] = 1 / (1 + exp(1 - 2 * (truth[i] + noise * random_normal(&random))));
    }
    return (struct scored){ .kind = TRUTH_BINARY,
                            .n = n,
                            .class_count = 2,
                            .width = 1,
                            .truth = truth,
                            .prediction = said };
}

static void every_kind_of_metric_has_a_ladder(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const char *const names[] = { "accuracy", "brier",  "log_loss",         "roc_auc",
                                         "f1",       "recall", "average_precision" };
    struct scored first = scores_of(arena, 900, 1, 1), same = scores_of(arena, 900, 1, 2),
                  better = scores_of(arena, 900, 0.4, 3);
    for (size_t m = 0; m < sizeof names / sizeof *names; m++) {
        const struct metric *metric = metric_find(str_of(names[m]));
        struct ladder_entry a, b, c;
        struct resampling how;
        assert_true(ladder_entry_make(arena, metric, &first, NULL, &a, &how));
        assert_true(ladder_entry_make(arena, metric, &same, NULL, &b, &how));
        assert_true(ladder_entry_make(arena, metric, &better, NULL, &c, &how));
        double sign = metric->higher_is_better ? -1 : 1;
        if (metric->losses != NULL)
            assert_near(mean_of(a.row, how.n), a.loss, 1e-12);
        else
            assert_near(a.loss, sign * metric_measure(arena, metric, &first, NULL).value, 1e-12);
        assert_true(ladder_step(arena, &how, NULL, &a));
        assert_false(ladder_step(arena, &how, &a, &a));
        assert_true(ladder_step(arena, &how, &a, &c));
        assert_false(ladder_step(arena, &how, &c, &a));
        double *d = arena_array(arena, double, how.n);
        for (size_t i = 0; i < how.n; i++)
            d[i] = a.row[i] - c.row[i];
        double error = resample_error_of_mean(arena, &how, d);
        if (!(error > 0.003 && error < 0.05))
            fail_msg("%s: standard error %g", names[m], error);
    }
    struct ladder_entry none;
    struct resampling how;
    assert_false(ladder_entry_make(arena, metric_find(S("rmse")), &first, NULL, &none, &how));
}

/* Of one ranking the error is DeLong's, and about that of the jackknife. */
static void placements_have_delongs_error(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = scores_of(arena, 500, 1.2, 4);
    struct ladder_entry entry;
    struct resampling how;
    struct ranking ranking;
    assert_true(ladder_entry_make(arena, metric_find(S("roc_auc")), &rows, NULL, &entry, &how));
    ranking_make(arena, &rows, false, &ranking);
    assert_near(resample_error_of_mean(arena, &how, entry.row),
                sqrt(ranking_auc_variance(&ranking)), 1e-12);
}

/* The reference's numbers of nine rows: of a positive the share of negatives below it. */
static void placements_are_delongs(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *hand = json_get(vectors_load(arena, "delong.json"), "hand");
    struct scored rows[2] = { vectors_binary(arena, hand, "a"), vectors_binary(arena, hand, "b") };
    for (size_t k = 0; k < 2; k++) {
        double placement[9];
        size_t at[2] = { 0 };
        struct ranking ranking;
        ranking_make(arena, &rows[k], true, &ranking);
        ranking_placements(arena, &ranking, &rows[k], placement);
        for (size_t i = 0; i < rows[k].n; i++) {
            bool positive = rows[k].truth[i] > 0;
            const struct json *expected = json_get(hand, positive ? "V10" : "V01");
            assert_near(placement[i], expected->members[k].members[at[positive]++].number, 1e-14);
        }
    }
}

static void one_row_tells_nothing_about_noise(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct resampling how = resample_rows(1, 0);
    struct ladder_entry worse = { 1, (double[]){ 1 } }, better = { 0, (double[]){ 0 } };
    assert_true(ladder_step(arena, &how, NULL, &worse));
    assert_false(ladder_step(arena, &how, &worse, &better));
}

/* Copies of rows in one group are no new evidence: the margin must not shrink. */
static void groups_widen_the_margin(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = scores_of(arena, 300, 1, 1), copied = rows;
    double *truth = arena_array(arena, double, 1200), *said = arena_array(arena, double, 1200);
    uint32_t *group = arena_array(arena, uint32_t, 1200);
    for (size_t i = 0; i < 1200; i++) {
        truth[i] = rows.truth[i / 4];
        said[i] = rows.prediction[i / 4];
        group[i] = (uint32_t)(i / 4);
    }
    copied.n = 1200;
    copied.truth = truth;
    copied.prediction = said;
    static const char *const names[] = { "brier", "f1" };
    for (size_t m = 0; m < 2; m++) {
        const struct metric *metric = metric_find(str_of(names[m]));
        double error[3];
        struct ladder_entry entry;
        struct resampling how;
        ladder_entry_make(arena, metric, &rows, NULL, &entry, &how);
        error[0] = resample_error_of_mean(arena, &how, entry.row);
        copied.group = NULL;
        ladder_entry_make(arena, metric, &copied, NULL, &entry, &how);
        error[1] = resample_error_of_mean(arena, &how, entry.row);
        copied.group = group;
        copied.group_count = 300;
        ladder_entry_make(arena, metric, &copied, NULL, &entry, &how);
        error[2] = resample_error_of_mean(arena, &how, entry.row);
        assert_near(error[2] / error[0], 1, 0.15);
        assert_true(error[1] < 0.65 * error[0]);
    }
}

struct supplied {
    const struct json *map;
    size_t at[3];
};

static double supplied_noise(void *at, double scale)
{
    static const char *const names[] = { "xi", "gamma", "eta" };
    struct supplied *supplied = at;
    size_t kind = scale == 1 ? 0 : scale == 2 ? 1 : 2;
    return json_get(supplied->map, names[kind])->members[supplied->at[kind]++].number;
}

static void thresholdout_answers_until_its_budget_is_used(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "thresholdout.json"), "vector");
    struct supplied supplied = { .map = map };
    struct thresholdout at = { .threshold = json_get_double(map, "T", 0),
                               .scale = 1,
                               .budget = json_get_double(map, "B", 0),
                               .noise = supplied_noise,
                               .at = &supplied };
    thresholdout_start(&at);
    const struct json *queries = json_get(map, "queries"), *answers = json_get(map, "answers");
    for (size_t i = 0; i < queries->count; i++) {
        double answer = NAN;
        bool got = thresholdout_ask(&at, queries->members[i].members[0].number,
                                    queries->members[i].members[1].number, &answer);
        assert_int_equal(got, answers->members[i].kind != JSON_NOTHING);
        if (got)
            assert_near(answer, answers->members[i].number, 1e-12);
        assert_near(at.budget, json_get(map, "budget")->members[i].number, 0);
    }
    struct random random = { 1 };
    double sum = 0, size = 0;
    for (size_t i = 0; i < 20000; i++) {
        double x = laplace_noise(&random, 3);
        sum += x;
        size += fabs(x);
    }
    assert_near(sum / 20000, 0, 0.12);
    assert_near(size / 20000, 3, 0.03);
}

/* What metrics are measured from without a part of the rows is cut with them. */
static void kinds_with_more_than_a_value_a_row_have_entries(void **state)
{
    (void)state;
    static const struct {
        unsigned kinds;
        const char *metric, *truth, *predictions;
    } cases[] = {
        { TRUTH_BOXES, "coco_ap50", "id,class,x1,y1,x2,y2\na,c,0,0,9,9\nb,c,0,0,9,9\nd,,,,,\n",
          "id,class,score,x1,y1,x2,y2\na,c,1,0,0,9,9\nb,c,0.5,50,50,60,60\nd,c,0.2,0,0,1,1\n" },
        { TRUTH_LABELS, "multilabel_f1_micro", "id,m,n\na,0,1\nb,1,1\nd,1,0\n",
          "id,m,n\na,0,1\nb,0,1\nd,1,1\n" },
        { TRUTH_CLUSTERS, "purity", "id,y\na,1\nb,2\nd,1\n", "id,cluster\na,x\nb,x\nd,z\n" },
        { TRUTH_RANKING, "ndcg", "query,item,relevance\nq,a,1\nq,b,0\nr,a,0\nr,b,1\n",
          "query,item,score\nq,a,1\nq,b,0\nr,a,1\nr,b,0\n" },
        { TRUTH_NUMBER, "theil_u2", "id,y,time\na,1,1\nb,2,2\nd,4,3\ne,5,4\nf,7,5\n",
          "id,prediction\na,1\nb,2\nd,3\ne,5\nf,6\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scoped_arena arena = arena_open(NULL);
        struct truth truth;
        struct predictions predictions;
        struct scored rows;
        struct ladder_entry entry;
        struct resampling how;
        struct fault why = { 0 };
        struct truth_form form = { .kinds = cases[i].kinds,
                                   .is_forecast = cases[i].kinds == TRUTH_NUMBER };
        struct prediction_form wanted = { 0 };
        if (!truth_parse(arena, str_of(cases[i].truth), &form, &truth, &why) ||
            !predictions_parse(arena, str_of(cases[i].predictions), &truth, &wanted, &predictions,
                               NULL, &why))
            fail_msg("%s", why.text);
        scored_rows(arena, &truth, &predictions, USAGE_ALL, &rows);
        assert_true(ladder_entry_make(arena, metric_find(str_of(cases[i].metric)), &rows, NULL,
                                      &entry, &how));
        double spread = 0;
        for (size_t k = 0; k < how.n; k++) {
            assert_true(isfinite(entry.row[k]));
            spread += fabs(entry.row[k] - entry.row[0]);
        }
        assert_true(how.n >= 2 && spread > 0);
        assert_false(ladder_step(arena, &how, &entry, &entry));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_a_fixed_size),
        cmocka_unit_test(the_free_ladder_is_the_authors),
        cmocka_unit_test(many_submissions_do_not_climb),
        cmocka_unit_test(honest_progress_is_shown),
        cmocka_unit_test(every_kind_of_metric_has_a_ladder),
        cmocka_unit_test(placements_have_delongs_error),
        cmocka_unit_test(placements_are_delongs),
        cmocka_unit_test(one_row_tells_nothing_about_noise),
        cmocka_unit_test(groups_widen_the_margin),
        cmocka_unit_test(kinds_with_more_than_a_value_a_row_have_entries),
        cmocka_unit_test(thresholdout_answers_until_its_budget_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
