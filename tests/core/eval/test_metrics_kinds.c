/* Metrics of forecasts, rankings, clusters, labels and boxes: other implementations' values. */
#include "core/eval/predictions.h"
#include "tests/core/eval/kinds.h"

/* All values of the map. */
static void check_values(struct arena *arena, const struct json *values, const struct scored *rows,
                         size_t least)
{
    for (size_t i = 0; i < values->count; i++) {
        const char *name = str_zero(arena, values->members[i].key);
        struct metric_value got = measure(arena, name, rows);
        check(arena, name, rows, values->members[i].number);
        if (isnan(got.low) || isnan(got.high) || *got.note)
            fail_msg("%s: [%g, %g] %s", name, got.low, got.high, got.note);
    }
    assert_true(values->count >= least);
}

static uint32_t *indices(struct arena *arena, const struct json *list, size_t *count)
{
    size_t n;
    const double *numbers = vectors_numbers(arena, list, &n);
    uint32_t *out = arena_array(arena, uint32_t, n);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint32_t)numbers[i];
        *count = out[i] >= *count ? out[i] + 1 : *count;
    }
    return out;
}

static struct box *boxes_of(struct arena *arena, const struct json *list, size_t *count)
{
    const double *at = vectors_numbers(arena, list, count);
    struct box *out = arena_array(arena, struct box, *count);
    for (size_t i = 0; i < *count; i++, at += 8)
        out[i] = (struct box){ at[2], at[3],           at[4],           at[5],
                               at[6], (uint32_t)at[0], (uint32_t)at[1], at[7] != 0 };
    return out;
}

static struct scored rows_of(struct arena *arena, const struct json *map, enum truth_kind kind)
{
    struct scored rows = { .kind = kind, .width = 1 };
    if (kind == TRUTH_BOXES) {
        rows.n = (size_t)json_get_double(map, "images", 0);
        rows.class_count = (size_t)json_get_double(map, "classes", 0);
        rows.true_boxes = boxes_of(arena, json_get(map, "truth"), &rows.true_count);
        rows.predicted_boxes = boxes_of(arena, json_get(map, "found"), &rows.predicted_count);
        return rows;
    }
    rows.truth = vectors_numbers(arena, json_get(map, "truth"), &rows.n);
    rows.prediction = vectors_numbers(arena, json_get(map, "prediction"), NULL);
    if (kind == TRUTH_LABELS)
        rows.width = rows.class_count = json_get(map, "truth")->members[0].count;
    if (kind == TRUTH_CLUSTERS) {
        indices(arena, json_get(map, "truth"), &rows.class_count);
        indices(arena, json_get(map, "prediction"), &rows.cluster_count);
        rows.feature_count = 3;
        rows.features = vectors_numbers(arena, json_get(map, "features"), NULL);
    }
    if (kind == TRUTH_NUMBER || kind == TRUTH_RANKING)
        rows.group = indices(arena, json_get(map, "group"), &rows.group_count);
    return rows;
}

static struct history *history_of(struct arena *arena, const struct scored *rows,
                                  const struct json *past, size_t season)
{
    struct text truth = { .arena = arena }, csv = { .arena = arena };
    struct truth parsed;
    struct fault why = { 0 };
    text_add(&truth, S("id,y,series,time\n"));
    text_add(&csv, S("y,series\n"));
    for (size_t i = 0; i < rows->n; i++)
        text_print(&truth, "%zu,%.17g,%u,%.17g\n", i, rows->truth[i],
                   rows->group ? rows->group[i] : 0, rows->time ? rows->time[i] : (double)i);
    for (size_t s = 0; s < past->count; s++)
        for (size_t i = 0; i < past->members[s].count; i++)
            text_print(&csv, "%.17g,%zu\n", past->members[s].members[i].number, s);
    struct truth_form form = { .kinds = TRUTH_NUMBER, .is_forecast = true };
    assert_true(truth_parse(arena, text_str(&truth), &form, &parsed, &why));
    /* series are numbered as they appear in the file */
    double *scale = arena_array(arena, double, past->count);
    double *squares = arena_array(arena, double, past->count);
    assert_true(truth_add_history(arena, &parsed, text_str(&csv), S(""), season, &why));
    struct history *out = arena_new(arena, struct history);
    *out = *parsed.history;
    for (size_t i = 0; i < rows->n; i++) {
        size_t series = rows->group ? rows->group[i] : 0;
        scale[series] = parsed.history->scale[parsed.group ? parsed.group[i] : 0];
        squares[series] = parsed.history->squares[parsed.group ? parsed.group[i] : 0];
    }
    out->scale = scale;
    out->squares = squares;
    return out;
}

static void values_are_those_of_scikit_learn_and_of_the_definitions(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *all = vectors_load(arena, "kinds.json"), *map;
    static const struct {
        const char *name;
        enum truth_kind kind;
        size_t least;
    } kinds[] = {
        { "ranking", TRUTH_RANKING, 19 },
        { "clusters", TRUTH_CLUSTERS, 15 },
        { "labels", TRUTH_LABELS, 23 },
        { "boxes", TRUTH_BOXES, 12 },
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        map = json_get(all, kinds[i].name);
        struct scored rows = rows_of(arena, map, kinds[i].kind);
        check_values(arena, json_get(map, "values"), &rows, kinds[i].least);
    }
    map = json_get(all, "forecast");
    struct scored rows = rows_of(arena, map, TRUTH_NUMBER);
    rows.time = vectors_numbers(arena, json_get(map, "time"), NULL);
    rows.quantile_levels = vectors_numbers(arena, json_get(map, "levels"), &rows.quantile_count);
    rows.quantiles = vectors_numbers(arena, json_get(map, "quantiles"), NULL);
    rows.history = history_of(arena, &rows, json_get(map, "past"), 4);
    check_values(arena, json_get(map, "values"), &rows, 18);
}

static struct scored forecast_rows(struct arena *arena, const struct json *map,
                                   const char *prediction)
{
    static const double levels[] = { 0.1, 0.5, 0.9 };
    static const char *const names[] = { "0.1", "0.5", "0.9" };
    struct scored rows = { .kind = TRUTH_NUMBER, .width = 1, .quantile_count = 3 };
    rows.truth = vectors_numbers(arena, json_get(map, "test"), &rows.n);
    rows.prediction = vectors_numbers(arena, json_get(map, prediction), NULL);
    double *quantiles = arena_array(arena, double, rows.n * 3);
    for (size_t k = 0; k < 3; k++) {
        const double *at =
            vectors_numbers(arena, json_get(json_get(map, "quantiles"), names[k]), NULL);
        for (size_t i = 0; i < rows.n; i++)
            quantiles[i * 3 + k] = at[i];
    }
    rows.quantile_levels = levels;
    rows.quantiles = quantiles;
    return rows;
}

static void forecasts_of_air_passengers(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "forecast_airpassengers.json");
    const struct json *values = json_get(map, "values");
    static const struct {
        const char *key, *metric;
        size_t season;
        double scale; /* theirs / ours */
        bool naive;
    } rows[] = {
        { "mase_m12", "mase", 12, 1, false },
        { "mase_m1", "mase", 1, 1, false },
        { "rmsse_m12", "rmsse", 12, 1, false },
        { "rmsse_m1", "rmsse", 1, 1, false },
        { "mase_seasonal_naive", "mase", 12, 1, true },
        { "smape_percent_0_200", "smape", 12, 100, false },
        { "mape_percent", "mape", 12, 100, false },
        { "wape", "wape", 12, 1, false },
        { "rmse", "rmse", 12, 1, false },
        { "mae", "mae", 12, 1, false },
        { "theil_u1", "theil_u1", 12, 1, false },
        { "theil_u2", "theil_u2", 12, 1, false },
        { "directional_accuracy", "directional_accuracy", 12, 1, false },
        { "relative_mae_vs_snaive", "relative_mae", 12, 1, false },
        { "skill_rmse_vs_snaive", "forecast_skill", 12, 1, false },
        { "mean_wql", "weighted_quantile_loss", 12, 1, false },
    };
    struct json series = { .kind = JSON_LIST, .count = 1 };
    series.members = arena_new(arena, struct json);
    memcpy((void *)(uintptr_t)series.members, json_get(map, "train"), sizeof *series.members);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scored scored =
            forecast_rows(arena, map, rows[i].naive ? "seasonal_naive" : "forecast");
        scored.history = history_of(arena, &scored, &series, rows[i].season);
        double expected = json_get_double(values, rows[i].key, NAN) / rows[i].scale;
        check(arena, rows[i].metric, &scored, expected);
    }
    struct scored scored = forecast_rows(arena, map, "forecast");
    static const char *const levels[] = { "0.1", "0.5", "0.9" };
    for (size_t k = 0; k < 3; k++) { /* each quantile alone */
        struct scored one = scored;
        double *quantiles = arena_array(arena, double, one.n);
        for (size_t i = 0; i < one.n; i++)
            quantiles[i] = scored.quantiles[i * 3 + k];
        one.quantile_count = 1;
        one.quantile_levels = scored.quantile_levels + k;
        one.quantiles = quantiles;
        check(arena, "weighted_quantile_loss", &one,
              json_get_double(json_get(values, "wql"), levels[k], NAN));
    }
}

/* An ensemble of n is n quantiles at (i - 1/2) / n; many quantiles are nearly the distribution. */
static void crps_is_that_of_an_ensemble_and_of_the_normal_distribution(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = json_get(vectors_load(arena, "forecast_airpassengers.json"), "values");
    const struct json *ensemble = json_get(map, "crps_ensemble_example");
    double levels[QUANTILES_MOST], quantiles[3 * QUANTILES_MOST], y[3] = { 0 };
    struct scored rows = { .kind = TRUTH_NUMBER, .width = 1, .n = 1 };
    rows.quantiles = vectors_numbers(arena, json_get(ensemble, "x"), &rows.quantile_count);
    for (size_t i = 0; i < rows.quantile_count; i++)
        levels[i] = ((double)i + 0.5) / (double)rows.quantile_count;
    y[0] = json_get_double(ensemble, "y", NAN);
    rows.quantile_levels = levels;
    rows.truth = rows.prediction = y;
    check(arena, "crps", &rows, json_get_double(ensemble, "crps", NAN));

    const struct json *gauss = json_get(map, "crps_gauss_example");
    const double *expected = vectors_numbers(arena, json_get(gauss, "crps"), NULL);
    const double *truth = vectors_numbers(arena, json_get(gauss, "y"), NULL);
    rows.quantile_count = QUANTILES_MOST;
    rows.quantiles = quantiles;
    for (size_t i = 0; i < QUANTILES_MOST; i++) {
        levels[i] = ((double)i + 0.5) / QUANTILES_MOST;
        double low = -9, high = 9; /* the normal quantile by halving */
        for (int k = 0; k < 60; k++) {
            double middle = (low + high) / 2;
            *(erfc(-middle / sqrt(2)) / 2 < levels[i] ? &low : &high) = middle;
        }
        quantiles[i] = low;
    }
    for (size_t i = 0; i < 3; i++) {
        y[0] = truth[i];
        double got = measure(arena, "crps", &rows).value;
        if (fabs(got - expected[i]) > 2e-4)
            fail_msg("%g: %.9g, expected %.9g", y[0], got, expected[i]);
    }
}

static struct scored query_rows(struct arena *arena, const struct json *query)
{
    struct scored rows = { .kind = TRUTH_RANKING, .width = 1, .group_count = 1 };
    rows.truth = vectors_numbers(arena, json_get(query, "rel"), &rows.n);
    rows.prediction = vectors_numbers(arena, json_get(query, "score"), NULL);
    rows.group = arena_array(arena, uint32_t, rows.n);
    return rows;
}

static const struct {
    const char *key, *metric;
} ranking_names[] = {
    { "dcg", "dcg" },
    { "ndcg", "ndcg" },
    { "ndcg_exp", "ndcg_exp" },
    { "ap", "map" },
    { "ap_over_all_relevant", "map_all" },
    { "rr", "mrr" },
    { "precision", "query_precision" },
    { "recall", "query_recall" },
    { "hit", "hit_rate" },
    { "rprec", "r_precision" },
};

static void rankings_of_each_query_and_their_means(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "ranking.json");
    const struct json *queries = json_get(map, "queries"), *each = json_get(map, "per_query");
    struct scored all = { .kind = TRUTH_RANKING, .width = 1, .group_count = queries->count };
    double truth[64], score[64];
    uint32_t group[64];
    for (size_t q = 0; q < queries->count; q++) {
        struct scored rows = query_rows(arena, &queries->members[q]);
        for (size_t i = 0; i < rows.n; i++, all.n++) {
            truth[all.n] = rows.truth[i];
            score[all.n] = rows.prediction[i];
            group[all.n] = (uint32_t)q;
        }
        for (size_t k = 0; k < each->members[q].count; k++)
            for (size_t m = 0; m < COUNT(ranking_names); m++) {
                const struct json *at = &each->members[q].members[k];
                double expected = json_get_double(at, ranking_names[m].key, NAN);
                bool plain = m + 1 == COUNT(ranking_names);
                const char *name = arena_print(arena, "%s%s%.0f", ranking_names[m].metric,
                                               plain ? "" : "@", json_get_double(at, "k", 0));
                if (q == 2) /* without a relevant item there is no value; theirs are 0 */
                    assert_true(isnan(measure(arena, plain ? "r_precision" : name, &rows).value));
                else
                    check(arena, plain ? "r_precision" : name, &rows, expected);
            }
    }
    all.truth = truth;
    all.prediction = score;
    all.group = group;
    const struct json *means = json_get(map, "mean_over_queries");
    for (size_t k = 0; k < means->count; k++)
        for (size_t m = 1; m < COUNT(ranking_names) - 1; m++) {
            const struct json *at = &means->members[k];
            double expected = json_get_double(at, ranking_names[m].key, NAN) * 5 / 4;
            const char *name =
                arena_print(arena, "%s@%.*s", ranking_names[m].metric, STR_ARGS(at->key));
            if (!isnan(expected)) /* of the five queries four have a relevant item */
                check(arena, name, &all, expected);
        }
    struct metric_value got = measure(arena, "ndcg@10", &all);
    assert_string_equal(got.note, "1 of 5 queries have no relevant item: left out");
    assert_int_equal(got.n, 4);
}

static struct scored clusters_rows(struct arena *arena, const struct json *map)
{
    struct scored rows = {
        .kind = TRUTH_CLUSTERS, .width = 1, .class_count = 3, .cluster_count = 3, .feature_count = 4
    };
    rows.truth = vectors_numbers(arena, json_get(map, "true"), &rows.n);
    rows.prediction = vectors_numbers(arena, json_get(map, "labels"), NULL);
    rows.features = vectors_numbers(arena, json_get(map, "X"), NULL);
    return rows;
}

static void clusters_of_iris(void **state)
{
    (void)state;
    static const struct {
        const char *key, *metric;
    } names[] = {
        { "ari", "adjusted_rand_index" },
        { "rand", "rand_index" },
        { "nmi_arith", "normalized_mutual_info" },
        { "nmi_geom", "normalized_mutual_info_geometric" },
        { "nmi_max", "normalized_mutual_info_max" },
        { "ami", "adjusted_mutual_info" },
        { "mi", "clusters_mutual_info" },
        { "homogeneity", "homogeneity" },
        { "completeness", "completeness" },
        { "v_measure", "v_measure" },
        { "fowlkes_mallows", "fowlkes_mallows" },
        { "purity", "purity" },
        { "silhouette", "silhouette" },
        { "davies_bouldin", "davies_bouldin" },
        { "calinski_harabasz", "calinski_harabasz" },
    };
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "clustering_iris.json");
    struct scored rows = clusters_rows(arena, map);
    for (size_t i = 0; i < COUNT(names); i++)
        check(arena, names[i].metric, &rows,
              json_get_double(json_get(map, "values"), names[i].key, NAN));
}

static void labels_of_scikit_learn(void **state)
{
    (void)state;
    static const struct {
        const char *key, *metric;
        bool scored;
    } names[] = {
        { "subset_accuracy", "subset_accuracy", false },
        { "hamming", "multilabel_hamming_loss", false },
        { "f1_micro", "multilabel_f1_micro", false },
        { "f1_macro", "multilabel_f1_macro", false },
        { "f1_samples", "multilabel_f1_samples", false },
        { "jaccard_samples", "multilabel_jaccard_samples", false },
        { "coverage", "coverage_error", true },
        { "lrap", "label_ranking_average_precision", true },
        { "ranking_loss", "label_ranking_loss", true },
    };
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "multilabel.json");
    struct scored rows = { .kind = TRUTH_LABELS, .width = 5, .class_count = 5 };
    rows.truth = vectors_numbers(arena, json_get(map, "y"), &rows.n);
    for (size_t i = 0; i < COUNT(names); i++) {
        rows.prediction =
            vectors_numbers(arena, json_get(map, names[i].scored ? "score" : "pred"), NULL);
        check(arena, names[i].metric, &rows,
              json_get_double(json_get(map, "values"), names[i].key, NAN));
    }
}

static struct box *coco_boxes(struct arena *arena, const struct json *list, size_t *count,
                              double class)
{
    struct box *out = arena_array(arena, struct box, list->count);
    *count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct json *one = &list->members[i];
        const double *at = vectors_numbers(arena, json_get(one, "bbox"), NULL);
        double of = json_get_double(one, "category_id", NAN);
        if (class == 0 || of == class)
            out[(*count)++] = (struct box){
                at[0],
                at[1],
                at[0] + at[2],
                at[1] + at[3],
                json_get_double(one, "score", 0),
                (uint32_t)json_get_double(one, "image_id", NAN) - 1,
                (uint32_t)of - 1,
                false,
            };
    }
    return out;
}

static void boxes_of_the_coco_evaluation(void **state)
{
    (void)state;
    static const struct {
        const char *key, *metric;
    } names[] = {
        { "AP", "coco_ap" },         { "AP50", "coco_ap50" },      { "AP75", "coco_ap75" },
        { "AP_s", "coco_ap_small" }, { "AP_m", "coco_ap_medium" }, { "AP_l", "coco_ap_large" },
        { "AR1", "coco_ar1" },       { "AR10", "coco_ar10" },      { "AR100", "coco_ar100" },
        { "AR_s", "coco_ar_small" }, { "AR_m", "coco_ar_medium" }, { "AR_l", "coco_ar_large" },
    };
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "detection_coco.json");
    struct scored rows = { .kind = TRUTH_BOXES, .n = 12, .class_count = 3 };
    rows.true_boxes = coco_boxes(arena, json_get(map, "gt"), &rows.true_count, 0);
    rows.predicted_boxes = coco_boxes(arena, json_get(map, "dt"), &rows.predicted_count, 0);
    for (size_t i = 0; i < COUNT(names); i++)
        check(arena, names[i].metric, &rows,
              json_get_double(json_get(map, "values"), names[i].key, NAN));
    for (int class = 1; class <= 3; class ++) {
        rows.true_boxes = coco_boxes(arena, json_get(map, "gt"), &rows.true_count, class);
        check(
            arena, "coco_ap50", &rows,
            json_get_double(json_get(map, "per_class_AP50"), arena_print(arena, "%d", class), NAN));
    }
}

/* Where scikit-learn raises or gives 0 for want of anything, there is no value and a note. */
static void edges_that_scikit_learn_defines_agree(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    const struct json *map = vectors_load(arena, "edge_cases.json");
    struct scored rows = { .kind = TRUTH_CLUSTERS,
                           .n = 3,
                           .width = 1,
                           .class_count = 1,
                           .cluster_count = 2,
                           .truth = (double[]){ 0, 0, 0 },
                           .prediction = (double[]){ 0, 0, 1 },
                           .features = (double[]){ 0, 1, 5 },
                           .feature_count = 1 };
    check(arena, "silhouette", &rows,
          json_get_double(json_get(map, "silhouette_singletons"), "value", NAN));
    rows.prediction = rows.truth;
    assert_true(isnan(measure(arena, "silhouette", &rows).value));
    check(arena, "adjusted_rand_index", &rows,
          json_get_double(json_get(map, "ari_all_one"), "value", NAN));
    check(arena, "normalized_mutual_info", &rows,
          json_get_double(json_get(map, "nmi_all_one"), "value", NAN));
    rows.kind = TRUTH_NUMBER;
    check(arena, "smape", &rows, 0); /* 0 / 0 is 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_scikit_learn_and_of_the_definitions),
        cmocka_unit_test(forecasts_of_air_passengers),
        cmocka_unit_test(crps_is_that_of_an_ensemble_and_of_the_normal_distribution),
        cmocka_unit_test(rankings_of_each_query_and_their_means),
        cmocka_unit_test(clusters_of_iris),
        cmocka_unit_test(labels_of_scikit_learn),
        cmocka_unit_test(boxes_of_the_coco_evaluation),
        cmocka_unit_test(edges_that_scikit_learn_defines_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
