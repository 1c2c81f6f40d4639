/* Metrics of forecasts, rankings, clusters, labels and boxes: values, edges, properties. */
#include "core/eval/contingency.h"
#include "core/eval/detections.h"
#include "core/eval/metric_name.h"
#include "core/eval/predictions.h"
#include "core/eval/silhouettes.h"
#include "core/math/random.h"
#include "tests/core/eval/vectors.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static struct metric_value measure(struct arena *arena, const char *name, const struct scored *rows)
{
    struct metric_options options = { .seed = 1 };
    const struct metric *metric = metric_named(str_of(name), &options.k);
    if (!metric)
        fail_msg("no metric %s", name);
    return metric_measure(arena, metric, rows, &options);
}

static void check(struct arena *arena, const char *name, const struct scored *rows, double expected)
{
    struct metric_value got = measure(arena, name, rows);
    if (!(fabs(got.value - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%s: %.17g, expected %.17g (%s)", name, got.value, expected, got.note);
    if (!isnan(got.low) && !(got.low <= got.value && got.value <= got.high))
        fail_msg("%s: [%g, %g] about %g", name, got.low, got.high, got.value);
}

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
        scale[series] = parsed.history->scale[parsed.group[i]];
        squares[series] = parsed.history->squares[parsed.group[i]];
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
    /* a history that never changed gives no scale: that series is left out */
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

    struct scored ranking = { .kind = TRUTH_RANKING,
                              .n = 3,
                              .width = 1,
                              .truth = (double[]){ 0 },
                              .prediction = y,
                              .group = group,
                              .group_count = 2 };
    ranking.truth = q;
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
        cmocka_unit_test(values_are_those_of_scikit_learn_and_of_the_definitions),
        cmocka_unit_test(forecasts_of_air_passengers),
        cmocka_unit_test(crps_is_that_of_an_ensemble_and_of_the_normal_distribution),
        cmocka_unit_test(rankings_of_each_query_and_their_means),
        cmocka_unit_test(clusters_of_iris),
        cmocka_unit_test(labels_of_scikit_learn),
        cmocka_unit_test(boxes_of_the_coco_evaluation),
        cmocka_unit_test(edges_follow_the_policy),
        cmocka_unit_test(what_is_needed_is_said),
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
