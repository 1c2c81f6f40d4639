/*
 * Target encoding: a level becomes the mean target of its rows, drawn towards the mean of all.
 * Training rows get the means of the other folds: a row never sees its own target.
 * Smoothing "auto" is the empirical Bayes estimate of scikit-learn's TargetEncoder: the weight of a
 * level's own mean is n / (n + its variance / the variance of all) (Micci-Barreca 2001).
 */
#include "core/learn/levels.h"
#include "core/math/random.h"
#include "core/math/sum.h"
#include <math.h>

/* What is known of one level, or of all rows, in one column of the target. */
struct tally {
    double count, sum, squares; /* of y minus the mean of all */
};

struct target_encoding {
    struct levels levels;
    size_t width;    /* columns: 1, or one a class */
    size_t codes;    /* levels_width + 1: the last one is for rows without a code */
    double *values;  /* [codes * width] */
    size_t folds;    /* the rest is of the training rows and not stored */
    double **others; /* [folds]: as values, without the fold's rows */
    const uint16_t *fold_of;
};

static const struct target_encoding *encoding_of(const struct node *node)
{
    return node->fitted;
}

/* What row i counts in column k of the target. */
static double target_value(const struct target *target, size_t width, size_t i, size_t k)
{
    return width > 1 ? (double)(target->y[i] == (double)k) : target->y[i];
}

/* Folds of nearly equal size, of rows in an order that the seed shuffles. */
static const uint16_t *folds_of(struct arena *arena, size_t rows, size_t folds, uint64_t seed)
{
    uint16_t *fold = arena_array(arena, uint16_t, rows);
    size_t *order = arena_array(arena, size_t, rows);
    struct random random = random_stream(seed, 0x7461726765740000u);
    for (size_t i = 0; i < rows; i++)
        order[i] = i;
    random_shuffle(&random, order, rows);
    for (size_t i = 0; i < rows; i++)
        fold[order[i]] = (uint16_t)(i * folds / rows);
    return fold;
}

static double smoothed(const struct tally *level, const struct tally *all, double mean,
                       const struct params *params)
{
    if (level->count == 0)
        return mean;
    double own = level->sum / level->count;
    if (param_is_set(params, "smooth")) {
        double smooth = param_number(params, "smooth");
        double centre = all->sum / all->count;
        return mean + (level->sum + smooth * centre) / (level->count + smooth);
    }
    double centre = all->sum / all->count;
    double of_all = all->squares / all->count - centre * centre;
    double of_level = level->squares / level->count - own * own;
    of_level = of_level > 0 ? of_level : 0;
    if (!(of_all > 0))
        return mean + centre;
    double share = level->count / (level->count + of_level / of_all);
    return mean + share * own + (1 - share) * centre;
}

struct counting {
    const struct target *target;
    const int32_t *code; /* [rows] */
    const uint16_t *fold_of;
    size_t rows, width, codes;
    const struct params *params;
};

/* Of a column of the target, without a fold: sums are about it, so that squares do not cancel. */
static double mean_without(const struct counting *in, size_t k, size_t without)
{
    struct sum sum = { 0 };
    double count = 0;
    for (size_t i = 0; i < in->rows; i++) {
        if (in->fold_of[i] == without)
            continue;
        sum_add(&sum, target_value(in->target, in->width, i, k));
        count++;
    }
    return count > 0 ? sum_value(&sum) / count : 0;
}

/* values[codes * width], column k, from all rows but those of fold `without` (SIZE_MAX: all). */
static void column_fit(const struct counting *in, size_t k, size_t without, struct tally *tallies,
                       double *values)
{
    struct tally all = { 0, 0, 0 };
    double mean = mean_without(in, k, without);
    memset(tallies, 0, in->codes * sizeof *tallies);
    for (size_t i = 0; i < in->rows; i++) {
        if (in->fold_of[i] == without)
            continue;
        double y = target_value(in->target, in->width, i, k) - mean;
        struct tally *tally = &tallies[in->code[i]];
        tally->count++, tally->sum += y, tally->squares += y * y;
        all.count++, all.sum += y, all.squares += y * y;
    }
    double centre = all.count > 0 ? mean + all.sum / all.count : mean;
    for (size_t c = 0; c < in->codes; c++)
        values[c * in->width + k] =
            tallies[c].count > 0 ? smoothed(&tallies[c], &all, mean, in->params) : centre;
    values[(in->codes - 1) * in->width + k] = centre;
}

static void encoding_fit(struct arena *arena, struct counting *in, struct target_encoding *out)
{
    struct tally *tallies = arena_array(arena, struct tally, in->codes);
    out->values = arena_array(arena, double, in->codes * in->width);
    out->others = arena_array(arena, double *, out->folds);
    for (size_t f = 0; f < out->folds; f++)
        out->others[f] = arena_array(arena, double, in->codes * in->width);
    for (size_t k = 0; k < in->width; k++) {
        column_fit(in, k, SIZE_MAX, tallies, out->values);
        for (size_t f = 0; f < out->folds; f++)
            column_fit(in, k, f, tallies, out->others[f]);
    }
}

static bool target_fit(struct fitting *fitting, const struct params *params, struct node *node,
                       struct fault *why)
{
    const struct target *target = fitting->target;
    size_t rows = fitting->table->rows;
    struct target_encoding *out = node->fitted = arena_new(fitting->arena, struct target_encoding);
    const struct column *column = binding_texts(fitting->binding, node->inputs[0]);
    const int32_t *map;
    bool rare;
    if (!target || target->kind == TARGET_NONE)
        return fault_set(why, BLAME_OPEN, "transform target_encode needs a target");
    levels_fit(fitting->arena, column, rows, param_integer(params, "min_frequency"), SIZE_MAX / 2,
               &out->levels, &rare);
    out->levels.missing = column->missing_count > 0;
    out->width = target_width(target->kind, target->class_count);
    out->codes = levels_width(&out->levels) + 1;
    out->folds = param_integer(params, "cv") < rows ? param_integer(params, "cv") : rows;
    out->fold_of = folds_of(fitting->arena, rows, out->folds, fitting->recipe->seed);
    if (!levels_bind(fitting->arena, &out->levels, column, rows, &map, why))
        return false;
    int32_t *code = arena_array(fitting->arena, int32_t, rows);
    levels_apply(map, column->codes, code, rows);
    for (size_t i = 0; i < rows; i++)
        code[i] = code[i] < 0 ? (int32_t)out->codes - 1 : code[i];
    struct counting in = { .target = target,
                           .code = code,
                           .fold_of = out->fold_of,
                           .rows = rows,
                           .width = out->width,
                           .codes = out->codes,
                           .params = params };
    encoding_fit(fitting->arena, &in, out);
    for (size_t i = 0; i < out->codes * out->width; i++)
        if (!isfinite(out->values[i]))
            return fault_set(why, BLAME_OPEN,
                             "transform target_encode of column \"%.*s\" went beyond the range of "
                             "numbers",
                             STR_ARGS(str_until(column->name, 60)));
    return true;
}

static void target_outputs(struct made *made, const struct node *node)
{
    struct str name = made->features->slots[node->inputs[0]].name;
    size_t width = encoding_of(node)->width;
    for (size_t k = 0; k < width; k++)
        made_slot(made,
                  str_of(width == 1
                             ? arena_print(made->arena, "%.*s's target", STR_ARGS(name))
                             : arena_print(made->arena, "%.*s's class %zu", STR_ARGS(name), k)),
                  SLOT_NUMBER, 1);
}

struct target_bound {
    const int32_t *map;
    bool training;
};

static bool target_bind(struct binding *binding, const struct node *node, struct fault *why)
{
    struct target_bound *bound = arena_new(binding->arena, struct target_bound);
    bound->training = binding->training;
    binding->bound[node - binding->features->nodes] = bound;
    return levels_bind(binding->arena, &encoding_of(node)->levels,
                       binding_texts(binding, node->inputs[0]), binding->table->rows, &bound->map,
                       why);
}

static void target_apply(const struct node *node, const struct block *block)
{
    const struct target_encoding *encoding = encoding_of(node);
    const struct target_bound *bound = block->bound;
    const int32_t *codes = block->in[0];
    for (size_t i = 0; i < block->rows; i++) {
        int32_t code = bound->map[codes[i] + 1];
        size_t row = code < 0 ? encoding->codes - 1 : (size_t)code;
        const double *values = encoding->values;
        if (bound->training && encoding->fold_of)
            values = encoding->others[encoding->fold_of[block->from + i]];
        for (size_t k = 0; k < encoding->width; k++)
            ((double *)block->out[k])[i] = values[row * encoding->width + k];
    }
}

static void target_save(const struct node *node, struct text *out)
{
    const struct target_encoding *encoding = encoding_of(node);
    levels_save(&encoding->levels, out);
    bytes_put_u32(out, (uint32_t)encoding->width);
    bytes_put_doubles(out, encoding->values, encoding->codes * encoding->width);
}

static void target_load(struct bytes *in, struct node *node)
{
    struct target_encoding *out = node->fitted = arena_new(in->arena, struct target_encoding);
    levels_load(in, &out->levels);
    out->width = bytes_u32(in);
    out->codes = levels_width(&out->levels) + 1;
    if (!out->width || out->width > TARGET_CLASSES_MOST)
        in->failed = true;
    if (!in->failed)
        out->values = bytes_doubles(in, out->codes * out->width);
}

static void target_describe(const struct node *node, struct json_out *out)
{
    const struct target_encoding *encoding = encoding_of(node);
    levels_print(&encoding->levels, out);
    json_open_list(out, "values");
    for (size_t i = 0; i < encoding->codes * encoding->width; i++)
        json_add_double(out, NULL, encoding->values[i]);
    json_close_list(out);
}

static const struct param_spec target_params[] = {
    { "smooth", NULL, PARAM_NUMBER, 0, 1e9, NULL, NULL,
      "rows of the mean of all that are added to each level; not set: from the variances" },
    { "cv", NULL, PARAM_INTEGER, 2, 100, "5", NULL, "folds that training rows are encoded from" },
    { "min_frequency", "min_count", PARAM_INTEGER, 1, 1e9, "1", NULL,
      "rarer levels get the mean of all" },
};

const struct transform transform_target = {
    .name = "target_encode",
    .what = "the mean target of a level's rows, out of fold for the training rows",
    .on = SLOT_CATEGORY,
    .takes = SLOTS_TEXTS | SLOTS_NUMBERS,
    .reads = SLOTS_TEXTS,
    PARAMS_OF(target_params),
    .fit = target_fit,
    .outputs = target_outputs,
    .bind = target_bind,
    .apply = target_apply,
    .save = target_save,
    .load = target_load,
    .describe = target_describe,
};
