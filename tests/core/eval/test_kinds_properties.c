/* Metrics of forecasts, rankings, clusters, labels and boxes: edges, needs, names, properties. */
#include "core/eval/contingency.h"
#include "core/eval/silhouettes.h"
#include "core/math/random.h"
#include "tests/core/eval/kinds.h"

struct edge {
    const char *metric;
    size_t n;
    double truth[4], prediction[4];
    double value;
    const char *note;
};

static void edges_follow_the_policy(void **state)
{
    (void)state;
    static const char alone[] = "2 clusters at least and fewer than rows are needed";
    static const struct edge edges[] = {
        { "adjusted_rand_index", 3, { 0, 0, 0 }, { 0, 0, 0 }, 1, "" },
        { "adjusted_rand_index", 1, { 0 }, { 0 }, 1, "too few rows for an interval" },
        { "adjusted_rand_index", 3, { 0, 1, 2 }, { 2, 0, 1 }, 1, "" },
        { "adjusted_rand_index", 4, { 0, 0, 0, 0 }, { 0, 1, 2, 3 }, 0, "" },
        { "normalized_mutual_info", 3, { 0, 0, 0 }, { 0, 0, 0 }, 1, "" },
        { "normalized_mutual_info", 4, { 0, 0, 0, 0 }, { 0, 0, 1, 1 }, 0, "" },
        { "normalized_mutual_info_geometric", 4, { 0, 0, 0, 0 }, { 0, 0, 1, 1 }, 0, "" },
        { "adjusted_mutual_info", 3, { 0, 0, 0 }, { 0, 0, 0 }, 1, "" },
        { "homogeneity", 4, { 0, 0, 0, 0 }, { 0, 0, 1, 1 }, 1, "" },
        { "completeness", 4, { 0, 0, 1, 1 }, { 0, 0, 0, 0 }, 1, "" },
        { "v_measure", 4, { 0, 0, 0, 0 }, { 0, 0, 1, 1 }, 0, "" },
        { "fowlkes_mallows", 3, { 0, 1, 2 }, { 0, 1, 2 }, 0, "" },
        { "rand_index", 2, { 0, 1 }, { 0, 0 }, 0, "too few rows for an interval" },
        { "silhouette", 3, { 0, 0, 0 }, { 1, 1, 1 }, NAN, alone },
        { "silhouette", 3, { 0, 0, 0 }, { 0, 1, 2 }, NAN, alone },
        { "davies_bouldin", 3, { 0, 0, 0 }, { 1, 1, 1 }, NAN, alone },
        { "calinski_harabasz", 3, { 0, 0, 0 }, { 0, 1, 2 }, NAN, alone },
        { "silhouette", 4, { 0 }, { 0, 0, 0, 1 }, 0.65852272727272732, "" },
        { "purity", 0, { 0 }, { 0 }, NAN, "there are no rows" },
    };
    static const double line[] = { 0, 1, 2, 12 }; /* features */
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < COUNT(edges); i++) {
        const struct edge *edge = &edges[i];
        struct scored rows = { .kind = TRUTH_CLUSTERS,
                               .width = 1,
                               .class_count = 4,
                               .n = edge->n,
                               .truth = edge->truth,
                               .prediction = edge->prediction,
                               .features = line,
                               .feature_count = 1 };
        for (size_t k = 0; k < edge->n; k++)
            rows.cluster_count = (size_t)fmax((double)rows.cluster_count, edge->prediction[k] + 1);
        struct metric_value got = measure(arena, edge->metric, &rows);
        bool same = isnan(edge->value) ? isnan(got.value) : fabs(got.value - edge->value) < 1e-12;
        if (!same || strcmp(got.note, edge->note) != 0)
            fail_msg("%zu %s: %.17g \"%s\", expected %.17g \"%s\"", i, edge->metric, got.value,
                     got.note, edge->value, edge->note);
    }
}

static void what_is_needed_is_said(void **state)
{
    (void)state;
    static const double y[] = { 1, 1, 1 }, levels[] = { 0.1, 0.5 }, q[6] = { 0 };
    static const struct {
        const char *metric, *note;
    } edges[] = {
        { "mase", "the values before the forecast are needed: a history" },
        { "relative_mae", "the values before the forecast are needed: a history" },
        { "msis", "two quantiles whose levels add up to 1 are needed, such as q0.05 and q0.95" },
        { "winkler", "two quantiles whose levels add up to 1 are needed, such as q0.05 and q0.95" },
        { "theil_u2", "there is nothing to divide by" },
        { "ndcg", "the metric does not measure this kind of target" },
    };
    scoped_arena arena = arena_open(NULL);
    struct scored rows = { .kind = TRUTH_NUMBER,
                           .n = 3,
                           .width = 1,
                           .truth = y,
                           .prediction = y,
                           .quantile_count = 2,
                           .quantile_levels = levels,
                           .quantiles = q };
    for (size_t i = 0; i < COUNT(edges); i++)
        assert_string_equal(measure(arena, edges[i].metric, &rows).note, edges[i].note);
    rows.quantile_count = 0;
    assert_string_equal(measure(arena, "crps", &rows).note,
                        "columns of predicted quantiles are needed");
}

/* A history that never changed gives no scale: that series is left out. */
static void series_without_a_value_are_left_out(void **state)
{
    (void)state;
    static const double y[] = { 1, 1, 1 };
    scoped_arena arena = arena_open(NULL);
    struct scored rows = { .kind = TRUTH_NUMBER, .n = 3, .width = 1, .truth = y };
    static const double scale[] = { 0, 2 }, squares[] = { 0, NAN };
    struct history history = { .season = 1, .scale = scale, .squares = squares, .naive = y };
    static const uint32_t group[] = { 0, 1, 1 };
    static const double f[] = { 5, 2, 4 };
    rows.group = group;
    rows.group_count = 2;
    rows.history = &history;
    rows.prediction = f;
    struct metric_value got = measure(arena, "mase", &rows);
    assert_near(got.value, 1, 1e-15);
    assert_string_equal(got.note, "1 of 2 series have no value: left out");
    got = measure(arena, "rmsse", &rows);
    assert_true(isnan(got.value));
    assert_string_equal(got.note, "2 of 2 series have no value: left out");
}

static void rows_that_say_nothing_have_no_value(void **state)
{
    (void)state;
    static const double y[] = { 1, 1, 1 }, none[3] = { 0 };
    static const uint32_t group[] = { 0, 1, 1 };
    scoped_arena arena = arena_open(NULL);
    struct scored ranking = { .kind = TRUTH_RANKING,
                              .n = 3,
                              .width = 1,
                              .truth = (double[]){ 0 },
                              .prediction = y,
                              .group = group,
                              .group_count = 2 };
    ranking.truth = none;
    assert_string_equal(measure(arena, "ndcg@10", &ranking).note, "no query has a relevant item");
    ranking.truth = (double[]){ 61, 0, 0 };
    assert_string_equal(measure(arena, "ndcg_exp@10", &ranking).note,
                        "a relevance is above 60: use ndcg");
    struct scored labels = {
        .kind = TRUTH_LABELS, .n = 3, .width = 1, .class_count = 1, .truth = y, .prediction = y
    };
    assert_string_equal(measure(arena, "multilabel_roc_auc_macro", &labels).note,
                        "no label has rows of both classes");
    struct scored images = { .kind = TRUTH_BOXES, .n = 2, .class_count = 1 };
    assert_string_equal(measure(arena, "coco_ap", &images).note, "there are no true boxes");
}

static void names_take_a_k(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t k;
        bool known;
    } rows[] = {
        { "ndcg", 0, true },       { "ndcg@10", 10, true },
        { "ndcg@0", 0, false },    { "ndcg@", 0, false },
        { "ndcg@1.5", 0, false },  { "ndcg@-1", 0, false },
        { "rmse@3", 0, false },    { "r_precision@3", 0, false },
        { "nothing@3", 0, false }, { "map@1000000001", 0, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t k = 7;
        const struct metric *metric = metric_named(str_of(rows[i].name), &k);
        if ((metric != NULL) != rows[i].known || (metric && k != rows[i].k))
            fail_msg("%s: %s %zu", rows[i].name, metric ? metric->name : "none", k);
    }
}

/* Rows of each kind, made up. */
static struct scored made_up(struct arena *arena, enum truth_kind kind, size_t n, uint64_t seed)
{
    struct random random = { seed };
    size_t width = kind == TRUTH_LABELS ? 4 : 1;
    double *truth = arena_array(arena, double, n *width);
    double *prediction = arena_array(arena, double, n *width);
    double *features = arena_array(arena, double, n * 2);
    uint32_t *group = arena_array(arena, uint32_t, n);
    for (size_t i = 0; i < n * width; i++) {
        double signal = random_normal(&random), noise = random_normal(&random);
        truth[i] = kind == TRUTH_CLUSTERS  ? (double)random_below(&random, 3)
                   : kind == TRUTH_NUMBER  ? 10 + signal
                   : kind == TRUTH_RANKING ? fmax(0, floor(signal + noise + 0.5))
                                           : signal + noise > 0.5;
        prediction[i] = kind == TRUTH_CLUSTERS ? (random_unit(&random) < 0.7 ? truth[i] : 3)
                        : kind == TRUTH_NUMBER ? truth[i] + noise
                                               : 1 / (1 + exp(-signal));
    }
    for (size_t i = 0; i < n; i++) {
        group[i] = (uint32_t)(i / 10);
        features[2 * i] = 3 * prediction[i * width] + random_normal(&random);
        features[2 * i + 1] = random_normal(&random);
    }
    bool grouped = kind == TRUTH_NUMBER || kind == TRUTH_RANKING;
    return (struct scored){ .kind = kind,
                            .n = n,
                            .width = width,
                            .truth = truth,
                            .prediction = prediction,
                            .class_count = kind == TRUTH_LABELS ? 4 : 3,
                            .cluster_count = 4,
                            .features = features,
                            .feature_count = 2,
                            .group = grouped ? group : NULL,
                            .group_count = (n + 9) / 10 };
}

static struct scored permuted(struct arena *arena, struct scored rows, uint64_t seed)
{
    size_t *at = arena_array(arena, size_t, rows.n), w = rows.width;
    double *truth = arena_array(arena, double, rows.n *w);
    double *prediction = arena_array(arena, double, rows.n *w);
    double *features = arena_array(arena, double, rows.n * 2), *time;
    uint32_t *group = arena_array(arena, uint32_t, rows.n);
    time = arena_array(arena, double, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        at[i] = i;
    random_shuffle(&(struct random){ seed }, at, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        memcpy(truth + i * w, rows.truth + at[i] * w, w * sizeof *truth);
        memcpy(prediction + i * w, rows.prediction + at[i] * w, w * sizeof *prediction);
        memcpy(features + i * 2, rows.features + at[i] * 2, 2 * sizeof *features);
        group[i] = rows.group ? rows.group[at[i]] : 0;
        time[i] = (double)at[i];
    }
    rows.truth = truth;
    rows.prediction = prediction;
    rows.features = features;
    rows.group = rows.group ? group : NULL;
    rows.time = time;
    return rows;
}

static const struct {
    enum truth_kind kind;
    const char *metrics[8];
} invariant[] = {
    { TRUTH_RANKING, { "ndcg", "ndcg@3", "map", "mrr", "query_recall@3" } },
    { TRUTH_CLUSTERS,
      { "adjusted_rand_index", "adjusted_mutual_info", "purity", "silhouette", "davies_bouldin",
        "calinski_harabasz" } },
    { TRUTH_LABELS,
      { "subset_accuracy", "multilabel_f1_macro", "coverage_error", "multilabel_roc_auc_macro",
        "multilabel_average_precision_macro" } },
    { TRUTH_NUMBER, { "theil_u1", "theil_u2", "directional_accuracy", "tracking_signal" } },
};

static void the_order_of_rows_does_not_matter(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < COUNT(invariant); i++)
        for (size_t m = 0; m < 8 && invariant[i].metrics[m]; m++) {
            struct scored rows = made_up(arena, invariant[i].kind, 600, 3);
            struct scored other = permuted(arena, rows, 4);
            struct metric_value a = measure(arena, invariant[i].metrics[m], &rows);
            struct metric_value b = measure(arena, invariant[i].metrics[m], &other);
            double wide = a.high - a.low;
            assert_near(b.value, a.value, 1e-11);
            if (!(wide > 0 && fabs(b.low - a.low) < 0.3 * wide &&
                  fabs(b.high - a.high) < 0.3 * wide))
                fail_msg("%s: [%g, %g] and [%g, %g]", invariant[i].metrics[m], a.low, a.high, b.low,
                         b.high);
            struct metric_value again = measure(arena, invariant[i].metrics[m], &rows);
            assert_memory_equal(&again.low, &a.low, sizeof a.low);
            assert_memory_equal(&again.high, &a.high, sizeof a.high);
        }
}

/* Samples of a population: units of it are drawn, and the interval holds the population's value. */
static void intervals_cover_about_95_percent(void **state)
{
    (void)state;
    static const struct {
        enum truth_kind kind;
        const char *metric;
    } covered[] = {
        { TRUTH_RANKING, "ndcg@5" },
        { TRUTH_RANKING, "map" },
        { TRUTH_CLUSTERS, "adjusted_rand_index" },
        { TRUTH_CLUSTERS, "adjusted_mutual_info" },
        { TRUTH_CLUSTERS, "calinski_harabasz" },
        { TRUTH_LABELS, "multilabel_f1_macro" },
        { TRUTH_LABELS, "label_ranking_loss" },
        { TRUTH_LABELS, "multilabel_roc_auc_macro" },
        { TRUTH_LABELS, "multilabel_average_precision_macro" },
        { TRUTH_NUMBER, "theil_u1" },
        { TRUTH_NUMBER, "directional_accuracy" },
    };
    for (size_t i = 0; i < COUNT(covered); i++) {
        scoped_arena all = arena_open(NULL);
        enum truth_kind kind = covered[i].kind;
        bool series = kind == TRUTH_NUMBER || kind == TRUTH_RANKING;
        struct scored many = made_up(all, kind, 20000, 9);
        size_t k, hits = 0, times = 60, n = series ? 600 : 200;
        const struct metric *metric = metric_named(str_of(covered[i].metric), &k);
        struct metric_options plain = { .without_interval = true, .k = k };
        double expected = metric_measure(all, metric, &many, &plain).value;
        /* these grow with the number of rows */
        bool sized = strcmp(covered[i].metric, "calinski_harabasz") == 0;
        for (size_t t = 0; t < times; t++) {
            scoped_arena arena = arena_open(NULL);
            struct scored rows = made_up(arena, kind, n, 1000 + t);
            struct metric_value got = measure(arena, covered[i].metric, &rows);
            double of = sized ? expected * (double)n / 20000 : expected;
            hits += got.low <= of && of <= got.high;
        }
        if (hits < 51) /* 57 expected, 3.5 deviations fewer */
            fail_msg("%s: %zu of %zu intervals hold %g", covered[i].metric, hits, times, expected);
    }
}

/* By their definition, pair by pair; with clusters across tiles, alone, and equal rows. */
static void silhouettes_are_those_of_the_definition(void **state)
{
    (void)state;
    for (size_t n = 5; n < 400; n = n * 2 + 37) {
        scoped_arena arena = arena_open(NULL);
        struct random random = { n };
        size_t width = 1 + n % 4, clusters = 2 + n % 7;
        double *x = arena_array(arena, double, n *width);
        double *got = arena_array(arena, double, n);
        uint32_t *cluster = arena_array(arena, uint32_t, n);
        for (size_t i = 0; i < n; i++) {
            cluster[i] = i == 0 ? (uint32_t)clusters : (uint32_t)random_below(&random, clusters);
            for (size_t k = 0; k < width; k++)
                x[i * width + k] = i % 5 == 4 ? x[(i - 1) * width + k]
                                              : 1e6 + 1e3 * cluster[i] + random_normal(&random);
        }
        silhouettes(arena, &(struct silhouette_input){ x, n, width, cluster, clusters + 2 }, got);
        for (size_t i = 0; i < n; i++) {
            double sum[16] = { 0 }, count[16] = { 0 }, other = INFINITY;
            for (size_t j = 0; j < n; j++) {
                double squares = 0;
                for (size_t k = 0; k < width; k++)
                    squares += pow(x[i * width + k] - x[j * width + k], 2);
                sum[cluster[j]] += sqrt(squares);
                count[cluster[j]]++;
            }
            for (size_t c = 0; c < 16; c++)
                if (c != cluster[i] && count[c] > 0)
                    other = fmin(other, sum[c] / count[c]);
            double own = sum[cluster[i]] / (count[cluster[i]] - 1);
            double expected =
                count[cluster[i]] == 1 ? 0 : (other - own) / fmax(fmax(own, other), 1e-300);
            if (fabs(got[i] - expected) > 1e-9)
                fail_msg("%zu of %zu: %.17g, expected %.17g", i, n, got[i], expected);
        }
    }
}

/* Many clusters: each row's sums are kept for a tile alone. The result must be the same. */
static void many_clusters_take_the_other_way(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct scored rows = made_up(arena, TRUTH_CLUSTERS, 500, 5);
    uint32_t *cluster = arena_array(arena, uint32_t, rows.n);
    double *once = arena_array(arena, double, rows.n), *twice = arena_array(arena, double, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        cluster[i] = (uint32_t)rows.prediction[i];
    silhouettes(arena, &(struct silhouette_input){ rows.features, rows.n, 2, cluster, 4 }, once);
    size_t many = SILHOUETTE_CELLS_MOST / rows.n + 1; /* most of them empty */
    silhouettes(arena, &(struct silhouette_input){ rows.features, rows.n, 2, cluster, many },
                twice);
    for (size_t i = 0; i < rows.n; i++)
        assert_near(twice[i], once[i], 1e-12);
}

/* Clusters of any numbers, and so many that no table of all cells is made. */
static void numbers_of_clusters_do_not_matter(void **state)
{
    (void)state;
    static const char *const names[] = { "adjusted_rand_index", "adjusted_mutual_info", "purity",
                                         "silhouette", "davies_bouldin" };
    scoped_arena arena = arena_open(NULL);
    struct scored rows = made_up(arena, TRUTH_CLUSTERS, 400, 8), other = rows, sparse = rows;
    double *prediction = arena_array(arena, double, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        prediction[i] = 4e9 - 1e8 * rows.prediction[i];
    other.prediction = prediction;
    other.cluster_count = 0;
    sparse.cluster_count = 5000000;
    for (size_t i = 0; i < COUNT(names); i++) {
        double expected = measure(arena, names[i], &rows).value;
        assert_near(measure(arena, names[i], &other).value, expected, 1e-12);
        if (i < 3)
            assert_near(measure(arena, names[i], &sparse).value, expected, 1e-12);
    }
}

static void long_queries_are_sorted_as_short_ones_are_counted(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    for (size_t n = 10; n < 5000; n = n * 3) {
        struct random random = { n };
        double *truth = arena_array(arena, double, n), *score = arena_array(arena, double, n);
        for (size_t i = 0; i < n; i++) {
            truth[i] = (double)random_below(&random, 4);
            score[i] = (double)random_below(&random, n / 3); /* ties */
        }
        struct scored rows = { .kind = TRUTH_RANKING,
                               .n = n,
                               .width = 1,
                               .truth = truth,
                               .prediction = score,
                               .group_count = 1,
                               .group = arena_array(arena, uint32_t, n) };
        double gain = 0, ideal = 0, count[4] = { 0 };
        for (size_t i = 0; i < n; i++) {
            size_t place = 0;
            for (size_t j = 0; j < n; j++)
                place += score[j] > score[i] || (score[j] == score[i] && j < i);
            gain += truth[i] / log2((double)place + 2);
            count[(size_t)truth[i]]++;
        }
        for (size_t grade = 4, place = 0; grade-- > 0;)
            for (double i = 0; i < count[grade]; i++)
                ideal += (double)grade / log2((double)place++ + 2);
        check(arena, "ndcg", &rows, gain / ideal);
    }
}

static void contenders_get_the_same_draws(void **state)
{
    (void)state;
    static const struct {
        enum truth_kind kind;
        const char *metric;
    } pairs[] = {
        { TRUTH_RANKING, "ndcg" },
        { TRUTH_CLUSTERS, "adjusted_rand_index" },
        { TRUTH_CLUSTERS, "silhouette" },
        { TRUTH_CLUSTERS, "davies_bouldin" },
        { TRUTH_LABELS, "coverage_error" },
        { TRUTH_LABELS, "multilabel_f1_micro" },
        { TRUTH_LABELS, "multilabel_roc_auc_macro" },
        { TRUTH_NUMBER, "theil_u1" },
    };
    for (size_t i = 0; i < COUNT(pairs); i++) {
        scoped_arena arena = arena_open(NULL);
        const struct metric *metric = metric_find(str_of(pairs[i].metric));
        struct scored rows = made_up(arena, pairs[i].kind, 300, 6), worse = rows;
        double *prediction = arena_array(arena, double, rows.n *rows.width);
        memcpy(prediction, rows.prediction, rows.n * rows.width * sizeof *prediction);
        for (size_t k = 0; k < rows.n * rows.width; k += 31)
            prediction[k] = pairs[i].kind == TRUTH_CLUSTERS ? (double)((k + 1) % 3)
                            : pairs[i].kind == TRUTH_NUMBER ? prediction[k] + 0.5
                                                            : 0.1;
        worse.prediction = prediction;
        struct metric_options options = { .seed = 5 };
        double a[400], b[400], apart = 0, together = 0, mean[2] = { 0 };
        if (metric->losses)
            continue; /* paired row by row */
        metric_resample(arena, metric, &rows, &options, a, 400);
        metric_resample(arena, metric, &worse, &options, b, 400);
        for (size_t k = 0; k < 400; k++) {
            mean[0] += a[k] / 400;
            mean[1] += b[k] / 400;
        }
        for (size_t k = 0; k < 400; k++) {
            apart += pow(a[k] - mean[0], 2) + pow(b[k] - mean[1], 2);
            together += pow(a[k] - b[k] - mean[0] + mean[1], 2);
        }
        if (!(together < 0.8 * apart)) /* differences vary less than two that are independent */
            fail_msg("%s: %g of %g", pairs[i].metric, together, apart);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_follow_the_policy),
        cmocka_unit_test(what_is_needed_is_said),
        cmocka_unit_test(series_without_a_value_are_left_out),
        cmocka_unit_test(rows_that_say_nothing_have_no_value),
        cmocka_unit_test(names_take_a_k),
        cmocka_unit_test(the_order_of_rows_does_not_matter),
        cmocka_unit_test(intervals_cover_about_95_percent),
        cmocka_unit_test(silhouettes_are_those_of_the_definition),
        cmocka_unit_test(many_clusters_take_the_other_way),
        cmocka_unit_test(numbers_of_clusters_do_not_matter),
        cmocka_unit_test(long_queries_are_sorted_as_short_ones_are_counted),
        cmocka_unit_test(contenders_get_the_same_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
