/* k nearest neighbours: the training rows are kept, what they say is averaged. */
#include "core/learn/learn_knn.h"
#include "core/learn/learn_knn_search.h"
#include <math.h>

struct knn {
    struct knn_rows rows;
    double *y;
    double *weight; /* NULL, or [rows.rows] > 0 */
    size_t k, class_count;
    bool by_distance;
};

static bool rows_fit(struct arena *arena, const struct examples *examples, struct knn *knn)
{
    struct matrix x = examples->in.dense;
    const double *weight = examples->weight;
    struct knn_rows *rows = &knn->rows;
    rows->columns = x.columns;
    for (size_t i = 0; i < x.rows; i++)
        rows->rows += !weight || weight[i] > 0;
    if (!rows->cosine && !float_rows_fit(arena, x, examples->threads, &rows->frame))
        return false;
    rows->at = arena_array(arena, float, rows->rows *(x.columns + 1));
    knn->y = arena_array(arena, double, rows->rows);
    knn->weight = weight ? arena_array(arena, double, rows->rows) : NULL;
    for (size_t i = 0, at = 0; i < x.rows; i++) {
        if (weight && !(weight[i] > 0))
            continue;
        knn_row_make(rows, matrix_row(x, i), rows->at + at * (x.columns + 1));
        knn->y[at] = examples->y[i];
        if (weight)
            knn->weight[at] = weight[i];
        at++;
    }
    knn_rows_finish(arena, rows);
    return true;
}

static bool cosine(const struct params *params)
{
    return param_is(params, "metric", "cosine") || param_is(params, "metric", "COSINE");
}

static bool knn_fit(struct arena *arena, const struct examples *examples,
                    const struct params *params, void **fitted, struct fault *why)
{
    struct knn *knn = arena_new(arena, struct knn);
    knn->k = param_integer(params, "n_neighbors");
    knn->by_distance = param_is(params, "weights", "distance");
    knn->class_count = examples->target == TARGET_NUMBER ? 0 : examples->class_count;
    knn->rows.cosine = cosine(params);
    if (examples->in.dense.rows > UINT32_MAX)
        return fault_set(why, BLAME_OPEN, "knn takes at most %u rows", UINT32_MAX);
    if (!rows_fit(arena, examples, knn))
        return fault_set(why, BLAME_OPEN,
                         "the features went beyond the range of numbers, scale them (transform "
                         "\"standard\")");
    *fitted = knn;
    return true;
}

struct voting {
    const struct knn *knn;
    double *out;
};

/* What one neighbour counts; at distance 0 the others do not count. */
static double vote(const struct knn *knn, const struct knn_found *found, bool there)
{
    if (!knn->by_distance)
        return 1;
    if (there)
        return found->distance == 0;
    return 1 / (knn->rows.cosine ? found->distance : sqrt(found->distance));
}

/* A row of weight 2 is two of the k. */
static void take_votes(void *work, size_t at, const struct knn_found *found, size_t count)
{
    const struct voting *voting = work;
    const struct knn *knn = voting->knn;
    size_t width = knn->class_count > 2 ? knn->class_count : 1;
    double *out = voting->out + at * width, left = (double)knn->k, total = 0;
    memset(out, 0, width * sizeof *out);
    for (size_t i = 0; i < count && left > 0; i++) {
        double weight = knn->weight ? fmin(knn->weight[found[i].row], left) : 1;
        double y = knn->y[found[i].row];
        left -= weight;
        weight *= vote(knn, &found[i], found[0].distance == 0);
        total += weight;
        out[width > 1 ? (size_t)y : 0] += width > 1 ? weight : weight * y;
    }
    for (size_t c = 0; c < width; c++)
        out[c] /= total;
}

static void knn_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                        unsigned threads, double *out)
{
    const struct knn *knn = fitted;
    struct voting voting = { knn, out };
    struct knn_search search = {
        .rows = &knn->rows, .x = in->dense, .k = knn->k, .take = take_votes, .work = &voting
    };
    knn_search_run(arena, &search, threads);
}

static void knn_save(const void *fitted, struct text *out)
{
    const struct knn *knn = fitted;
    bytes_put_u32(out, (uint32_t)knn->k);
    bytes_put_u32(out, knn->by_distance);
    bytes_put_u32(out, knn->rows.cosine);
    bytes_put_u32(out, knn->weight != NULL);
    if (!knn->rows.cosine)
        float_rows_save(&knn->rows.frame, out);
    bytes_put_doubles(out, knn->y, knn->rows.rows);
    if (knn->weight)
        bytes_put_doubles(out, knn->weight, knn->rows.rows);
    for (size_t i = 0; i < knn->rows.rows; i++)
        floats_put(out, knn->rows.at + i * (knn->rows.columns + 1), knn->rows.columns);
}

static bool in_range(const double *x, size_t n, double low, double high, bool whole)
{
    for (size_t i = 0; i < n; i++)
        if (!(x[i] >= low && x[i] <= high) || (whole && x[i] != floor(x[i])))
            return false;
    return true;
}

/* Rows as knn_row_make gives them: no square of theirs is beyond the floats. */
static bool rows_load(struct bytes *in, struct knn_rows *rows)
{
    size_t stride = rows->columns + 1, bytes;
    if (__builtin_mul_overflow(rows->rows, rows->columns * 4, &bytes) || in->rest.len < bytes)
        return false;
    rows->at = arena_array(in->arena, float, rows->rows *stride);
    float most = rows->cosine ? 1 : 1e15F;
    for (size_t i = 0; i < rows->rows; i++) {
        float *row = rows->at + i * stride;
        if (!floats_get(in, row, rows->columns))
            return false;
        for (size_t j = 0; j < rows->columns; j++)
            if (!(fabsf(row[j]) <= most))
                return false;
    }
    return true;
}

static void *knn_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct knn *knn = arena_new(in->arena, struct knn);
    knn->class_count = shape->class_count;
    knn->k = bytes_u32(in);
    uint32_t by_distance = bytes_u32(in), is_cosine = bytes_u32(in), weighted = bytes_u32(in);
    knn->by_distance = by_distance == 1;
    knn->rows.cosine = is_cosine == 1;
    knn->rows.columns = shape->columns;
    if (by_distance > 1 || is_cosine > 1 || weighted > 1 || !knn->k || knn->k > KNN_MOST ||
        (!is_cosine && !float_rows_load(in, shape->columns, &knn->rows.frame)))
        return NULL;
    struct bytes ahead = *in;
    knn->rows.rows = bytes_count(&ahead, 8);
    knn->y = bytes_doubles(in, knn->rows.rows);
    if (weighted)
        knn->weight = bytes_doubles(in, knn->rows.rows);
    if (in->failed || !knn->rows.rows || !rows_load(in, &knn->rows))
        return NULL;
    size_t rows = knn->rows.rows;
    double most = (double)(shape->class_count ? shape->class_count - 1 : 0);
    if ((weighted && !in_range(knn->weight, rows, 1e-300, 1e300, false)) ||
        (shape->class_count && !in_range(knn->y, rows, 0, most, true)))
        return NULL;
    knn_rows_finish(in->arena, &knn->rows);
    return knn;
}

static void knn_describe(const void *fitted, const struct feature_names *names,
                         struct json_out *out)
{
    (void)names;
    const struct knn *knn = fitted;
    json_add_int(out, "rows", (int64_t)knn->rows.rows);
    json_add_int(out, "n_neighbors", (int64_t)knn->k);
    json_add_zero(out, "metric", knn->rows.cosine ? "cosine" : "l2");
    json_add_zero(out, "weights", knn->by_distance ? "distance" : "uniform");
}

static const char *const weights[] = { "uniform", "distance", NULL };
static const char *const metrics[] = { "l2", "euclidean", "cosine", "L2", "COSINE", NULL };

static const struct param_spec knn_params[] = {
    { "n_neighbors", "k", PARAM_INTEGER, 1, KNN_MOST, "5", NULL, "neighbours that are asked" },
    { "weights", NULL, PARAM_CHOICE, 0, 0, "uniform", weights,
      "distance: a neighbour counts 1 / its distance" },
    { "metric", "index_metric", PARAM_CHOICE, 0, 0, "l2", metrics,
      "l2 (euclidean): the straight way; cosine: 1 - the cosine of the angle" },
};

const struct learner learn_knn = {
    .name = "knn",
    .what = "k nearest neighbours: their mean, or the share of each class among them",
    .targets = TARGET_NUMBER | TARGET_TWO_CLASSES | TARGET_CLASSES,
    .params = knn_params,
    .param_count = sizeof knn_params / sizeof *knn_params,
    .fit = knn_fit,
    .predict = knn_predict,
    .save = knn_save,
    .load = knn_load,
    .describe = knn_describe,
};
