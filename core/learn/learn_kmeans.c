/* k-means: several starts, the best of them kept. */
#include "core/learn/learn_kmeans.h"
#include "core/learn/learn_kmeans_lloyd.h"
#include <math.h>

#define CLUSTERS_MOST 65535

struct kmeans {
    size_t k, columns, iterations;
    bool converged;
    double inertia; /* in the units of the columns */
    struct float_rows frame;
    double *centres, *sizes; /* [k][columns] in units of the frame; [k] */
};

/* "3,17,4": k different rows to start from. */
static bool rows_parse(struct str text, size_t rows, size_t k, size_t *out, struct fault *why)
{
    struct str part;
    size_t count = 0;
    int64_t row = 0;
    while (str_cut(&text, ',', &part)) {
        if (!str_to_int(str_trim(part), &row) || row < 0 || (uint64_t)row >= rows)
            return fault_set(why, BLAME_OPEN,
                             "init_rows of kmeans named \"%.*s\", allowed are rows from 0 to %zu",
                             STR_ARGS(str_until(part, 40)), rows - 1);
        if (count < k)
            out[count] = (size_t)row;
        count++;
    }
    return count == k || fault_set(why, BLAME_OPEN,
                                   "init_rows of kmeans named %zu rows for %zu clusters", count, k);
}

static bool points_make(struct arena *arena, const struct examples *examples, size_t k,
                        struct kmeans_points *points, struct fault *why)
{
    size_t rows = examples->in.dense.rows, weighing = 0;
    for (size_t i = 0; i < rows; i++)
        weighing += !examples->weight || examples->weight[i] > 0;
    if (weighing < k || rows >= UINT32_MAX)
        return fault_set(why, BLAME_OPEN, "kmeans was asked for %zu clusters of %zu rows", k,
                         weighing);
    if (!kmeans_points_make(arena, &examples->in, NULL, examples->threads, points))
        return fault_set(why, BLAME_OPEN,
                         "the features went beyond the range of numbers, scale them (transform "
                         "\"standard\")");
    points->weight = examples->weight;
    return true;
}

/* One fit: what its starts share. */
struct fitting {
    struct arena *arena;
    const struct params *params;
    struct kmeans_settings settings;
    struct kmeans_points points;
    struct kmeans_room room;
};

static bool start(struct fitting *fitting, struct random *random, double *centres,
                  struct fault *why)
{
    struct arena *arena = fitting->arena;
    const struct kmeans_points *points = &fitting->points;
    size_t k = fitting->settings.k;
    if (param_is_set(fitting->params, "init_rows")) {
        size_t *rows = arena_array(arena, size_t, k);
        if (!rows_parse(param_text(fitting->params, "init_rows"), points->rows, k, rows, why))
            return false;
        for (size_t c = 0; c < k; c++)
            kmeans_centre_at(points, rows[c], centres + c * points->columns);
    } else if (param_is(fitting->params, "init", "random")) {
        kmeans_start_random(arena, &fitting->room, points, k, random, centres);
    } else {
        kmeans_start_plus(arena, &fitting->room, points, &fitting->settings, random, centres);
    }
    return true;
}

static size_t starts(const struct params *params)
{
    if (param_is_set(params, "init_rows"))
        return 1;
    if (param_is_set(params, "n_init"))
        return param_integer(params, "n_init");
    return param_is(params, "init", "random") ? 10 : 1;
}

static void keep(struct kmeans *kmeans, const struct kmeans_points *points,
                 const struct kmeans_result *result)
{
    double scale = points->frame.scale;
    memcpy(kmeans->centres, result->centres, kmeans->k * kmeans->columns * sizeof(double));
    memcpy(kmeans->sizes, result->sizes, kmeans->k * sizeof(double));
    kmeans->inertia = result->inertia / scale / scale;
    kmeans->iterations = result->iterations;
    kmeans->converged = result->converged;
}

static bool kmeans_fit(struct arena *arena, const struct examples *examples,
                       const struct params *params, void **fitted, struct fault *why)
{
    struct kmeans *kmeans = arena_new(arena, struct kmeans);
    struct fitting fitting = { .arena = arena,
                               .params = params,
                               .settings = { .k = param_integer(params, "n_clusters"),
                                             .max_iter = param_integer(params, "max_iter"),
                                             .tol = param_number(params, "tol"),
                                             .threads = examples->threads } };
    size_t k = kmeans->k = fitting.settings.k, columns = examples->in.dense.columns;
    if (!points_make(arena, examples, k, &fitting.points, why))
        return false;
    kmeans->columns = columns;
    kmeans->frame = fitting.points.frame;
    kmeans->centres = arena_array(arena, double, k *columns);
    kmeans->sizes = arena_array(arena, double, k);
    double least = INFINITY;
    struct kmeans_result result = { .centres = arena_array(arena, double, k *columns),
                                    .labels = arena_array(arena, uint32_t, fitting.points.rows),
                                    .sizes = arena_array(arena, double, k) };
    for (size_t run = 0; run < starts(params); run++) {
        struct random random = random_stream(examples->seed, run);
        if (!start(&fitting, &random, result.centres, why))
            return false;
        kmeans_lloyd(arena, &fitting.room, &fitting.points, &fitting.settings, &result);
        if (run == 0 || result.inertia < least) {
            least = result.inertia;
            keep(kmeans, &fitting.points, &result);
        }
    }
    *fitted = kmeans;
    return isfinite(kmeans->inertia) ||
           fault_set(why, BLAME_OPEN, "the distances went beyond the range of numbers");
}

static void kmeans_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                           unsigned threads, double *out)
{
    const struct kmeans *kmeans = fitted;
    struct kmeans_points points;
    uint32_t *labels = arena_array(arena, uint32_t, inputs_rows(in));
    kmeans_points_make(arena, in, &kmeans->frame, threads, &points);
    kmeans_assign(arena, &points, kmeans->k, kmeans->centres, threads, labels);
    for (size_t i = 0; i < points.rows; i++)
        out[i] = labels[i];
}

static void kmeans_save(const void *fitted, struct text *out)
{
    const struct kmeans *kmeans = fitted;
    bytes_put_u32(out, (uint32_t)kmeans->k);
    bytes_put_u32(out, (uint32_t)kmeans->iterations);
    bytes_put_u32(out, kmeans->converged);
    bytes_put_double(out, kmeans->inertia);
    float_rows_save(&kmeans->frame, out);
    bytes_put_doubles(out, kmeans->centres, kmeans->k * kmeans->columns);
    bytes_put_doubles(out, kmeans->sizes, kmeans->k);
}

static void *kmeans_load(struct bytes *in, const struct fitted_shape *shape)
{
    struct kmeans *kmeans = arena_new(in->arena, struct kmeans);
    *kmeans = (struct kmeans){ .columns = shape->columns, .k = bytes_u32(in) };
    kmeans->iterations = bytes_u32(in);
    uint32_t converged = bytes_u32(in);
    kmeans->converged = converged == 1;
    kmeans->inertia = bytes_finite(in);
    if (converged > 1 || !kmeans->k || kmeans->k > CLUSTERS_MOST ||
        !float_rows_load(in, shape->columns, &kmeans->frame))
        return NULL;
    kmeans->centres = bytes_doubles(in, kmeans->k * kmeans->columns);
    kmeans->sizes = bytes_doubles(in, kmeans->k);
    for (size_t i = 0; !in->failed && i < kmeans->k * kmeans->columns; i++)
        if (!(fabs(kmeans->centres[i]) <= 1e15)) /* as rows are: no square beyond the floats */
            in->failed = true;
    return in->failed ? NULL : kmeans;
}

static void kmeans_describe(const void *fitted, const struct feature_names *names,
                            struct json_out *out)
{
    const struct kmeans *kmeans = fitted;
    json_add_double(out, "inertia", kmeans->inertia);
    json_add_int(out, "iterations", (int64_t)kmeans->iterations);
    json_add_bool(out, "converged", kmeans->converged);
    json_open_list(out, "clusters");
    for (size_t c = 0; c < kmeans->k; c++) {
        json_open_map(out, NULL);
        json_add_double(out, "size", kmeans->sizes[c]);
        json_open_list(out, "centre");
        for (size_t j = 0; j < kmeans->columns; j++) {
            json_open_map(out, NULL);
            json_add_text(out, "feature", names->at[j]);
            json_add_double(out, "value",
                            kmeans->centres[c * kmeans->columns + j] / kmeans->frame.scale +
                                kmeans->frame.shift[j]);
            json_close_map(out);
        }
        json_close_list(out);
        json_close_map(out);
    }
    json_close_list(out);
}

static const char *const inits[] = { "kmeans++", "k-means++", "random", NULL };

static const struct param_spec kmeans_params[] = {
    { "n_clusters", "k", PARAM_INTEGER, 1, CLUSTERS_MOST, "8", NULL, "clusters" },
    { "init", "init_method", PARAM_CHOICE, 0, 0, "kmeans++", inits,
      "where centres start: at rows far from one another, or at any" },
    { "init_rows", NULL, PARAM_TEXT, 1, 65535, NULL, NULL,
      "numbers of the rows to start at, such as 0,17,4, in place of init" },
    { "n_init", "local_lloyd_num_trials", PARAM_INTEGER, 1, 1000, NULL, NULL,
      "starts, the best is kept; by default 1, of random ones 10" },
    { "max_iter", "local_lloyd_max_iter", PARAM_INTEGER, 1, 100000, "300", NULL,
      "iterations of a start at most" },
    { "tol", "local_lloyd_tol", PARAM_NUMBER, 0, 1, "1e-4", NULL,
      "summed squared move of the centres to stop at, of the mean variance of a column" },
};

const struct learner learn_kmeans = {
    .name = "kmeans",
    .what = "k-means clusters: the number of the nearest of k centres",
    .targets = TARGET_NONE,
    .params = kmeans_params,
    .param_count = sizeof kmeans_params / sizeof *kmeans_params,
    .fit_columns = true,
    .fit = kmeans_fit,
    .predict = kmeans_predict,
    .save = kmeans_save,
    .load = kmeans_load,
    .describe = kmeans_describe,
};
