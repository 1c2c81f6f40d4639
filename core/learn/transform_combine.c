/* Transforms of several columns together: products, and principal components. */
#include "core/data/origin.h"
#include "core/learn/features_bind.h"
#include "core/learn/pca.h"
#include <math.h>

/* ---- polynomial: squares and products of two ---- */

struct polynomial {
    uint32_t squares; /* 0 or 1 */
};

static bool polynomial_fit(struct fitting *fitting, const struct params *params, struct node *node,
                           struct fault *why)
{
    struct polynomial *out = node->fitted = arena_new(fitting->arena, struct polynomial);
    out->squares = !param_flag(params, "interaction_only");
    size_t n = node->input_count;
    if (n * (n + 1) / 2 > DENSE_MOST)
        return fault_set(why, BLAME_OPEN,
                         "transform polynomial of %zu columns makes %zu, allowed are %zu", n,
                         n * (n + 1) / 2, DENSE_MOST);
    return true;
}

static void polynomial_outputs(struct made *made, const struct node *node)
{
    const struct polynomial *of = node->fitted;
    for (uint32_t a = 0; a < node->input_count && !made->failed; a++)
        for (uint32_t b = of->squares ? a : a + 1; b < node->input_count && !made->failed; b++) {
            const struct slot *slots = made->features->slots;
            struct str x = slots[node->inputs[a]].name, y = slots[node->inputs[b]].name;
            made_slot(made,
                      str_of(a == b
                                 ? arena_print(made->arena, "%.*s^2", STR_ARGS(x))
                                 : arena_print(made->arena, "%.*s %.*s", STR_ARGS(x), STR_ARGS(y))),
                      SLOT_NUMBER, 1);
        }
}

static void polynomial_apply(const struct node *node, const struct block *block)
{
    const struct polynomial *of = node->fitted;
    size_t o = 0;
    for (uint32_t a = 0; a < node->input_count; a++)
        for (uint32_t b = of->squares ? a : a + 1; b < node->input_count; b++) {
            const double *x = block->in[a], *y = block->in[b];
            double *out = block->out[o++];
            for (size_t i = 0; i < block->rows; i++)
                out[i] = x[i] * y[i];
        }
}

static void polynomial_save(const struct node *node, struct text *out)
{
    bytes_put_u32(out, ((const struct polynomial *)node->fitted)->squares);
}

static void polynomial_load(struct bytes *in, struct node *node)
{
    struct polynomial *out = node->fitted = arena_new(in->arena, struct polynomial);
    out->squares = bytes_u32(in);
    size_t n = node->input_count;
    if (out->squares > 1 || n > DENSE_MOST || n * (n + 1) / 2 > DENSE_MOST)
        in->failed = true;
}

static void polynomial_describe(const struct node *node, struct json_out *out)
{
    json_add_bool(out, "interaction_only", !((const struct polynomial *)node->fitted)->squares);
}

static const struct param_spec polynomial_params[] = {
    { "interaction_only", NULL, PARAM_BOOL, 0, 0, "false", NULL, "products without squares" },
};

const struct transform transform_polynomial = {
    .name = "polynomial",
    .what = "beside the numbers their squares and products of two",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    .flags = TRANSFORM_TOGETHER | TRANSFORM_KEEPS,
    PARAMS_OF(polynomial_params),
    .fit = polynomial_fit,
    .outputs = polynomial_outputs,
    .apply = polynomial_apply,
    .save = polynomial_save,
    .load = polynomial_load,
    .describe = polynomial_describe,
};

/* ---- pca ---- */

struct components {
    struct pca pca;
    bool whiten;
};

static const struct components *components_of(const struct node *node)
{
    return node->fitted;
}

/* All inputs, side by side. */
static struct matrix gather(const struct binding *binding, const struct node *node)
{
    size_t rows = binding->table->rows;
    struct matrix x = matrix_new(binding->arena, rows, node->input_count);
    double *column = arena_array(binding->arena, double, rows);
    for (uint32_t c = 0; c < node->input_count; c++) {
        binding_copy(binding, node->inputs[c], column);
        for (size_t i = 0; i < rows; i++)
            matrix_row(x, i)[c] = column[i];
    }
    return x;
}

static bool refuse_gaps(const struct binding *binding, const struct node *node, struct matrix x,
                        struct fault *why)
{
    for (size_t i = 0; i < x.rows; i++)
        for (size_t c = 0; c < x.columns; c++)
            if (!isfinite(matrix_row(x, i)[c]))
                return row_fault(
                    binding->arena, binding->table, i, why,
                    "column \"%.*s\" was empty, transform pca needs \"impute\" before",
                    STR_ARGS(str_until(binding->features->slots[node->inputs[c]].name, 60)));
    return true;
}

static bool pca_node_fit(struct fitting *fitting, const struct params *params, struct node *node,
                         struct fault *why)
{
    struct components *out = node->fitted = arena_new(fitting->arena, struct components);
    struct matrix x = gather(fitting->binding, node);
    size_t count = param_is_set(params, "n_components") ? param_integer(params, "n_components") : 0;
    out->whiten = param_flag(params, "whiten");
    return refuse_gaps(fitting->binding, node, x, why) &&
           pca_fit(fitting->arena, x, count, fitting->recipe->threads, &out->pca, why);
}

static void pca_outputs(struct made *made, const struct node *node)
{
    for (size_t k = 0; k < components_of(node)->pca.components; k++)
        made_slot(made, str_of(arena_print(made->arena, "pca %zu", k + 1)), SLOT_NUMBER, 1);
}

static bool pca_bind(struct binding *binding, const struct node *node, struct fault *why)
{
    const struct components *of = components_of(node);
    struct matrix x = gather(binding, node);
    if (!refuse_gaps(binding, node, x, why))
        return false;
    struct matrix y = matrix_new(binding->arena, x.rows, of->pca.components);
    pca_apply(binding->arena, &of->pca, x, binding->threads, y);
    struct column *columns = arena_array(binding->arena, struct column, of->pca.components);
    for (size_t k = 0; k < of->pca.components; k++) {
        double *numbers = arena_array(binding->arena, double, x.rows);
        double scale = of->whiten && of->pca.variances[k] > 0 ? sqrt(of->pca.variances[k]) : 1;
        for (size_t i = 0; i < x.rows; i++)
            numbers[i] = matrix_row(y, i)[k] / scale;
        columns[k] = (struct column){ .kind = COLUMN_NUMBER, .numbers = numbers };
        binding->columns[node->first_output + k] = &columns[k];
    }
    return true;
}

static void pca_node_save(const struct node *node, struct text *out)
{
    bytes_put_u32(out, components_of(node)->whiten);
    pca_save(&components_of(node)->pca, out);
}

static void pca_node_load(struct bytes *in, struct node *node)
{
    struct components *out = node->fitted = arena_new(in->arena, struct components);
    uint32_t whiten = bytes_u32(in);
    out->whiten = whiten == 1;
    if (whiten > 1 || !pca_load(in, node->input_count, &out->pca))
        in->failed = true;
}

static void pca_describe(const struct node *node, struct json_out *out)
{
    const struct pca *pca = &components_of(node)->pca;
    json_open_list(out, "explained_variance_ratio");
    for (size_t k = 0; k < pca->components; k++)
        json_add_double(out, NULL, pca->total > 0 ? pca->variances[k] / pca->total : 0);
    json_close_list(out);
}

static const struct param_spec pca_params[] = {
    { "n_components", "num_components", PARAM_INTEGER, 1, 65536, NULL, NULL,
      "columns to make; not set: as many as can be" },
    { "whiten", NULL, PARAM_BOOL, 0, 0, "false", NULL, "deviation 1 each" },
};

const struct transform transform_pca = {
    .name = "pca",
    .what = "principal components in place of the numbers",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    .flags = TRANSFORM_TOGETHER,
    PARAMS_OF(pca_params),
    .fit = pca_node_fit,
    .outputs = pca_outputs,
    .bind = pca_bind,
    .save = pca_node_save,
    .load = pca_node_load,
    .describe = pca_describe,
};
