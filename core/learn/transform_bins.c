/* Bins of equal frequency or width, as columns of 0 and 1 or as their number. */
#include "core/learn/features_bind.h"
#include "core/learn/quantiles.h"
#include <math.h>

#ifndef __clang__
#pragma GCC optimize("O3")
#endif

#define WIDTH_LEAST 1e-8 /* narrower bins are joined, as scikit-learn does */

enum bins_as { BINS_HOT, BINS_NUMBER, BINS_CODES };

struct bins {
    enum bins_as as;
    size_t count;  /* inner edges: bins are one more */
    double *edges; /* rising; a value on an edge belongs to the bin above */
};

static const struct bins *bins_of(const struct node *node)
{
    return node->fitted;
}

static size_t edges_of(struct fitting *fitting, const double *x, const struct params *params,
                       double *edges)
{
    size_t bins = param_integer(params, "n_bins"), rows = fitting->table->rows;
    double *scratch = fitting_scratch(fitting);
    double *share = arena_array(fitting->arena, double, bins + 1), ends[2];
    static const double both[2] = { 0, 1 };
    for (size_t k = 0; k <= bins; k++)
        share[k] = (double)k / (double)bins;
    if (param_is(params, "strategy", "quantile")) {
        quantiles_of(x, rows, share, bins + 1, scratch, edges);
        return bins + 1;
    }
    quantiles_of(x, rows, both, 2, scratch, ends);
    for (size_t k = 0; k <= bins; k++)
        edges[k] = ends[0] + (double)k * ((ends[1] - ends[0]) / (double)bins);
    return bins + 1;
}

static bool bins_fit(struct fitting *fitting, const struct params *params, struct node *node,
                     struct fault *why)
{
    (void)why;
    const double *x = fitting_numbers(fitting, node->inputs[0]);
    struct bins *out = node->fitted = arena_new(fitting->arena, struct bins);
    double *edges = arena_array(fitting->arena, double, param_integer(params, "n_bins") + 1);
    size_t count = edges_of(fitting, x, params, edges), kept = 1;
    for (size_t k = 1; k < count; k++)
        if (edges[k] - edges[kept - 1] > WIDTH_LEAST)
            edges[kept++] = edges[k];
    out->edges = edges + 1; /* without the least and the greatest value */
    out->count = kept > 2 ? kept - 2 : 0;
    out->as = param_is(params, "encode", "onehot")    ? BINS_HOT
              : param_is(params, "encode", "ordinal") ? BINS_NUMBER
                                                      : BINS_CODES;
    return true;
}

static void bins_outputs(struct made *made, const struct node *node)
{
    static const enum slot_kind kinds[] = { SLOT_HOT, SLOT_NUMBER, SLOT_CODES };
    const struct bins *bins = bins_of(node);
    made_slot(made, made->features->slots[node->inputs[0]].name, kinds[bins->as],
              bins->as == BINS_NUMBER ? 1 : bins->count + 1);
}

#define ABREAST 8 /* values that are looked for at once: their steps do not wait for one another */

/* How many of edges[count] are <= each x: halves without branches. NAN gives 0. */
static void bins_find(const double *edges, size_t count, const double *x, uint32_t *out)
{
    uint32_t at[ABREAST] = { 0 };
    while (count > 1) {
        uint32_t half = (uint32_t)(count / 2);
        for (size_t k = 0; k < ABREAST; k++)
            at[k] += half & -(uint32_t)(edges[at[k] + half - 1] <= x[k]);
        count -= half;
    }
    for (size_t k = 0; k < ABREAST; k++)
        out[k] = at[k] + (count && edges[at[k]] <= x[k]);
}

static void bins_apply(const struct node *node, const struct block *block)
{
    const struct bins *bins = bins_of(node);
    const double *in = block->in[0];
    double *numbers = block->out[0];
    int32_t *codes = block->out[0];
    for (size_t from = 0; from < block->rows; from += ABREAST) {
        size_t count = block->rows - from < ABREAST ? block->rows - from : ABREAST;
        double x[ABREAST] = { 0 };
        uint32_t bin[ABREAST];
        memcpy(x, in + from, count * sizeof *x);
        bins_find(bins->edges, bins->count, x, bin);
        for (size_t k = 0; k < count; k++) {
            if (bins->as == BINS_NUMBER)
                numbers[from + k] = isnan(x[k]) ? NAN : (double)bin[k];
            else
                codes[from + k] = isnan(x[k]) ? -1 : (int32_t)bin[k];
        }
    }
}

static struct str bins_name(struct arena *arena, const struct node *node, struct str slot, size_t k)
{
    const struct bins *bins = bins_of(node);
    if (!bins->count)
        return slot;
    if (k == 0)
        return str_of(arena_print(arena, "%.*s < %g", STR_ARGS(slot), bins->edges[0]));
    if (k == bins->count)
        return str_of(arena_print(arena, "%.*s >= %g", STR_ARGS(slot), bins->edges[k - 1]));
    return str_of(
        arena_print(arena, "%g <= %.*s < %g", bins->edges[k - 1], STR_ARGS(slot), bins->edges[k]));
}

static void bins_save(const struct node *node, struct text *out)
{
    bytes_put_u32(out, bins_of(node)->as);
    bytes_put_u32(out, (uint32_t)bins_of(node)->count);
    bytes_put_doubles(out, bins_of(node)->edges, bins_of(node)->count);
}

static void bins_load(struct bytes *in, struct node *node)
{
    struct bins *out = node->fitted = arena_new(in->arena, struct bins);
    uint32_t as = bytes_u32(in), count = bytes_u32(in);
    if (as > BINS_CODES)
        in->failed = true;
    out->as = (enum bins_as)as;
    out->count = count;
    out->edges = bytes_doubles(in, count);
    for (size_t k = 1; !in->failed && k < count; k++)
        if (!(out->edges[k] > out->edges[k - 1]))
            in->failed = true;
}

static void bins_describe(const struct node *node, struct json_out *out)
{
    json_open_list(out, "edges");
    for (size_t k = 0; k < bins_of(node)->count; k++)
        json_add_double(out, NULL, bins_of(node)->edges[k]);
    json_close_list(out);
}

static const char *const bins_strategies[] = { "quantile", "uniform", NULL };
static const char *const bins_encodes[] = { "onehot", "ordinal", "codes", NULL };

static const struct param_spec bins_params[] = {
    { "n_bins", "bins", PARAM_INTEGER, 2, 65535, "5", NULL, "bins" },
    { "strategy", NULL, PARAM_CHOICE, 0, 0, "quantile", bins_strategies,
      "of equal frequency or of equal width" },
    { "encode", NULL, PARAM_CHOICE, 0, 0, "onehot", bins_encodes,
      "columns of 0 and 1, the bin's number, or a category for learners that take codes" },
};

const struct transform transform_bins = {
    .name = "bins",
    .what = "numbers into bins",
    .on = SLOTS_NUMBERS,
    .takes = SLOTS_NUMBERS,
    PARAMS_OF(bins_params),
    .fit = bins_fit,
    .outputs = bins_outputs,
    .apply = bins_apply,
    .column_name = bins_name,
    .save = bins_save,
    .load = bins_load,
    .describe = bins_describe,
};
