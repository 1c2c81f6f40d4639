/* The reconstruction error of principal components, for anomalies. */
#include "core/learn/learn_pca.h"
#include "core/learn/pca.h"
#include <math.h>

static bool pca_check(const struct params *params, struct fault *why)
{
    double count = param_number(params, "n_components");
    return count < 1 || count == floor(count) ||
           fault_set(why, BLAME_OPEN,
                     "n_components of pca was %g: allowed are whole numbers, and below 1 a share "
                     "of the variance",
                     count);
}

/* As many components as explain the share. */
static size_t components_for(const struct pca *pca, double share)
{
    double sum = 0;
    for (size_t k = 0; k < pca->components; k++) {
        sum += pca->variances[k];
        if (sum >= share * pca->total)
            return k + 1;
    }
    return pca->components;
}

static bool pca_learn(struct arena *arena, const struct examples *examples,
                      const struct params *params, void **fitted, struct fault *why)
{
    struct pca *pca = arena_new(arena, struct pca);
    double wanted = param_number(params, "n_components");
    size_t count = wanted < 1 ? 0 : (size_t)wanted;
    struct pca_rows rows = { .x = examples->in.dense,
                             .columns = examples->in.columns,
                             .weight = examples->weight,
                             .threads = examples->threads };
    if (!pca_fit_rows(arena, &rows, count, pca, why))
        return false;
    if (wanted < 1)
        pca->components = pca->axes.rows = components_for(pca, wanted);
    *fitted = pca;
    return true;
}

static void pca_predict(struct arena *arena, const void *fitted, const struct inputs *in,
                        unsigned threads, double *out)
{
    pca_errors(arena, fitted, in->dense, threads, out);
}

static void save(const void *fitted, struct text *out)
{
    pca_save(fitted, out);
}

static void *load(struct bytes *in, const struct fitted_shape *shape)
{
    struct pca *pca = arena_new(in->arena, struct pca);
    return pca_load(in, shape->columns, pca) ? pca : NULL;
}

static void describe(const void *fitted, const struct feature_names *names, struct json_out *out)
{
    const struct pca *pca = fitted;
    json_add_double(out, "total_variance", pca->total);
    json_open_list(out, "components");
    for (size_t k = 0; k < pca->components; k++) {
        json_open_map(out, NULL);
        json_add_double(out, "explained_variance", pca->variances[k]);
        json_add_double(out, "explained_variance_ratio",
                        pca->total > 0 ? pca->variances[k] / pca->total : 0);
        json_open_list(out, "axis");
        for (size_t j = 0; j < pca->columns; j++) {
            json_open_map(out, NULL);
            json_add_text(out, "feature", names->at[j]);
            json_add_double(out, "value", matrix_row(pca->axes, k)[j]);
            json_close_map(out);
        }
        json_close_list(out);
        json_close_map(out);
    }
    json_close_list(out);
}

static const struct param_spec pca_params[] = {
    { "n_components", "num_components", PARAM_NUMBER, 1e-6, 65535, "0.95", NULL,
      "how many; below 1: as many as explain this share of the variance" },
};

const struct learner learn_pca = {
    .name = "pca",
    .what = "principal components: how far a row is from what they explain (anomalies)",
    .targets = TARGET_NONE,
    .params = pca_params,
    .param_count = sizeof pca_params / sizeof *pca_params,
    .fit_columns = true,
    .check = pca_check,
    .fit = pca_learn,
    .predict = pca_predict,
    .save = save,
    .load = load,
    .describe = describe,
};
