/*
 * Lags, rolling windows and differences: what earlier rows of the same group held, in the order of
 * time. A row looks at the rows before it in its table and, before these, at the last rows of
 * training, of which as many are kept as are needed, when they are earlier than the group's first
 * row in the table. Of the target only training rows are looked at: a table to predict may hold it
 * or not.
 */
#include "core/learn/features_past.h"
#include <math.h>

#define LAGS_MOST 64
#define LAG_MOST 100000

enum window_function { WINDOW_MEAN, WINDOW_STD, WINDOW_MIN, WINDOW_MAX, WINDOW_SUM, WINDOW_COUNT };

static const char *const function_names[] = { "mean", "std", "min", "max", "sum" };

struct past {
    uint32_t count;           /* outputs */
    uint32_t lags[LAGS_MOST]; /* of lags: the rows back; of rolling: its functions */
    uint32_t window;          /* of rolling: rows; of differences: the rows back */
    uint32_t shift;           /* of differences: 1 for the target, whose own row is not known */
    size_t group_count;       /* the history: the last rows of each group, rising in time */
    uint32_t *starts;         /* [group_count + 1] */
    double *times, *values;
};

static const struct past *past_of(const struct node *node)
{
    return node->fitted;
}

/* What one group's rows look back on: history, then rows. */
struct sequence {
    const double *values;
    size_t at; /* of the row in question */
};

static double value_back(const struct sequence *in, size_t back)
{
    return back <= in->at ? in->values[in->at - back] : NAN;
}

static double over_window(const struct sequence *in, size_t window, uint32_t function)
{
    double sum = 0, least = INFINITY, most = -INFINITY, squares = 0;
    size_t count = 0, width = window < in->at ? window : in->at;
    for (size_t k = width; k >= 1; k--) { /* oldest first */
        double v = in->values[in->at - k];
        if (isnan(v))
            continue;
        count++;
        sum += v;
        least = fmin(least, v);
        most = fmax(most, v);
    }
    if (!count)
        return NAN;
    double mean = sum / (double)count;
    for (size_t k = width; k >= 1 && function == WINDOW_STD; k--) {
        double v = in->values[in->at - k];
        squares += isnan(v) ? 0 : (v - mean) * (v - mean);
    }
    switch ((enum window_function)function) {
    case WINDOW_STD:
        return count > 1 ? sqrt(squares / (double)(count - 1)) : NAN;
    case WINDOW_MIN:
        return least;
    case WINDOW_MAX:
        return most;
    case WINDOW_SUM:
        return sum;
    default:
        return mean;
    }
}

static double output_of(const struct node *node, const struct sequence *in, uint32_t o)
{
    const struct past *past = past_of(node);
    if (node->transform == &transform_lags)
        return value_back(in, past->lags[o]);
    if (node->transform == &transform_rolling)
        return over_window(in, past->window, past->lags[o]);
    return value_back(in, past->shift) - value_back(in, past->shift + past->window);
}

/* Rows of history that an output can reach. */
static size_t depth_of(const struct node *node, const struct past *past)
{
    size_t depth = (size_t)past->window + past->shift;
    for (uint32_t i = 0; node->transform == &transform_lags && i < past->count; i++)
        if (past->lags[i] > depth)
            depth = past->lags[i];
    return depth;
}

static bool past_bind(struct binding *binding, const struct node *node, struct fault *why)
{
    const struct past *past = past_of(node);
    const struct timeline *line = timeline_of(binding, why);
    size_t rows = binding->table->rows, depth = 0;
    if (!line)
        return false;
    for (size_t k = 0; k < past->group_count; k++)
        if (past->starts[k + 1] - past->starts[k] > depth)
            depth = past->starts[k + 1] - past->starts[k];
    double *in = arena_array(binding->arena, double, rows);
    double *values = arena_array(binding->arena, double, rows + depth);
    double **out = arena_array(binding->arena, double *, past->count);
    struct column *columns = arena_array(binding->arena, struct column, past->count);
    for (uint32_t o = 0; o < past->count; o++) {
        out[o] = arena_array(binding->arena, double, rows);
        columns[o] = (struct column){ .kind = COLUMN_NUMBER, .numbers = out[o] };
        binding->columns[node->first_output + o] = &columns[o];
    }
    binding_copy(binding, node->inputs[0], in);
    for (size_t g = 0; g < line->group_count; g++) {
        size_t from = line->starts[g], end = line->starts[g + 1], count = 0;
        ptrdiff_t known = line->known[g];
        if (from == end)
            continue;
        if (known >= 0 && (size_t)known < past->group_count)
            for (uint32_t h = past->starts[known]; h < past->starts[known + 1]; h++)
                if (past->times[h] < line->time[line->order[from]])
                    values[count++] = past->values[h];
        for (size_t i = from; i < end; i++)
            values[count + i - from] = in[line->order[i]];
        for (size_t i = from; i < end; i++) {
            struct sequence sequence = { values, count + i - from };
            for (uint32_t o = 0; o < past->count; o++)
                out[o][line->order[i]] = output_of(node, &sequence, o);
        }
    }
    return true;
}

/* Keep the last rows of each group of training. */
static bool history_fit(struct fitting *fitting, const struct node *node, struct past *past,
                        struct fault *why)
{
    const struct timeline *line = timeline_of(fitting->binding, why);
    size_t depth = depth_of(node, past), rows = fitting->table->rows, count = 0;
    if (!line)
        return false;
    const double *in = fitting_numbers(fitting, node->inputs[0]);
    past->group_count = fitting->features->group.len ? fitting->features->group_count : 1;
    past->starts = arena_array(fitting->arena, uint32_t, past->group_count + 1);
    past->times = arena_array(fitting->arena, double, rows);
    past->values = arena_array(fitting->arena, double, rows);
    size_t *of_known = arena_array(fitting->arena, size_t, past->group_count);
    for (size_t g = 0; g < line->group_count; g++)
        if (line->known[g] >= 0)
            of_known[line->known[g]] = g;
    for (size_t k = 0; k < past->group_count; k++) {
        size_t from = line->starts[of_known[k]], end = line->starts[of_known[k] + 1];
        past->starts[k] = (uint32_t)count;
        for (size_t i = end - from > depth ? end - depth : from; i < end; i++, count++) {
            past->times[count] = line->time[line->order[i]];
            past->values[count] = in[line->order[i]];
        }
    }
    past->starts[past->group_count] = (uint32_t)count;
    return true;
}

static bool read_lags(struct past *out, struct str list, struct fault *why)
{
    struct str word;
    while (str_cut(&list, ',', &word)) {
        int64_t lag;
        if (!str_to_int(str_trim(word), &lag) || lag < 1 || lag > LAG_MOST ||
            out->count == LAGS_MOST)
            return fault_set(why, BLAME_OPEN,
                             "parameter lags of lags held \"%.*s\", allowed are at most %d whole "
                             "numbers from 1 to %d",
                             STR_ARGS(str_until(word, 20)), LAGS_MOST, LAG_MOST);
        out->lags[out->count++] = (uint32_t)lag;
    }
    return true;
}

static bool read_functions(struct past *out, struct str list, struct fault *why)
{
    struct str word;
    while (str_cut(&list, ',', &word)) {
        uint32_t f = 0;
        while (f < WINDOW_COUNT && !str_is(str_trim(word), function_names[f]))
            f++;
        if (f == WINDOW_COUNT || out->count == WINDOW_COUNT)
            return fault_set(why, BLAME_OPEN,
                             "parameter functions of rolling held \"%.*s\", allowed are mean, std, "
                             "min, max, sum",
                             STR_ARGS(str_until(word, 20)));
        out->lags[out->count++] = f;
    }
    return true;
}

static bool past_fit(struct fitting *fitting, const struct params *params, struct node *node,
                     struct fault *why)
{
    struct past *out = node->fitted = arena_new(fitting->arena, struct past);
    if (node->transform == &transform_lags) {
        if (!read_lags(out, param_text(params, "lags"), why))
            return false;
    } else if (node->transform == &transform_rolling) {
        out->window = (uint32_t)param_integer(params, "window");
        if (!read_functions(out, param_text(params, "functions"), why))
            return false;
    } else {
        out->window = (uint32_t)param_integer(params, "periods");
        out->shift = node->past;
        out->count = 1;
    }
    return history_fit(fitting, node, out, why);
}

static void past_outputs(struct made *made, const struct node *node)
{
    const struct past *past = past_of(node);
    struct str slot = made->features->slots[node->inputs[0]].name;
    for (uint32_t o = 0; o < past->count; o++) {
        char *name;
        if (node->transform == &transform_lags)
            name = arena_print(made->arena, "%.*s lag %u", STR_ARGS(slot), past->lags[o]);
        else if (node->transform == &transform_rolling)
            name = arena_print(made->arena, "%.*s %s of %u", STR_ARGS(slot),
                               function_names[past->lags[o]], past->window);
        else
            name = arena_print(made->arena, "%.*s difference %u", STR_ARGS(slot), past->window);
        made_slot(made, str_of(name), SLOT_NUMBER, 1);
    }
}

static void past_save(const struct node *node, struct text *out)
{
    const struct past *past = past_of(node);
    size_t kept = past->starts[past->group_count];
    bytes_put_u32s(out, past->lags, past->count);
    bytes_put_u32(out, past->window);
    bytes_put_u32(out, past->shift);
    bytes_put_u32s(out, past->starts, past->group_count + 1);
    bytes_put_u32(out, (uint32_t)kept);
    for (size_t i = 0; i < kept; i++) {
        bytes_put_double(out, past->times[i]);
        bytes_put_double(out, past->values[i]);
    }
}

static void history_load(struct bytes *in, struct past *out)
{
    struct bytes ahead = *in;
    size_t count = bytes_count(&ahead, 4);
    if (!count)
        in->failed = true;
    out->starts = bytes_u32s(in, count);
    uint32_t kept = (uint32_t)bytes_count(in, 16);
    if (in->failed)
        return;
    out->group_count = count - 1;
    for (size_t g = 0; g < out->group_count; g++)
        if (out->starts[g] > out->starts[g + 1])
            in->failed = true;
    if (out->starts[0] != 0 || out->starts[out->group_count] != kept)
        in->failed = true;
    out->times = arena_array(in->arena, double, kept);
    out->values = arena_array(in->arena, double, kept);
    for (uint32_t i = 0; i < kept; i++) {
        out->times[i] = bytes_finite(in);
        out->values[i] = bytes_double(in);
        if (isinf(out->values[i]))
            in->failed = true;
    }
}

static void past_load(struct bytes *in, struct node *node)
{
    struct past *out = node->fitted = arena_new(in->arena, struct past);
    bool lags = node->transform == &transform_lags;
    out->count = (uint32_t)bytes_count(in, 4);
    if (out->count > LAGS_MOST || (node->transform == &transform_differences && out->count != 1))
        in->failed = true;
    for (uint32_t i = 0; !in->failed && i < out->count; i++) {
        out->lags[i] = bytes_u32(in);
        if (lags ? out->lags[i] > LAG_MOST : out->lags[i] >= WINDOW_COUNT)
            in->failed = true;
    }
    out->window = bytes_u32(in);
    out->shift = bytes_u32(in);
    if (out->window > LAG_MOST || out->shift > 1)
        in->failed = true;
    history_load(in, out);
}

static void past_describe(const struct node *node, struct json_out *out)
{
    json_add_int(out, "history_rows", past_of(node)->starts[past_of(node)->group_count]);
}

static const struct param_spec lags_params[] = {
    { "lags", NULL, PARAM_TEXT, 1, 400, "1", NULL, "rows back, such as 1,7,28" },
};
static const struct param_spec rolling_params[] = {
    { "window", NULL, PARAM_INTEGER, 1, LAG_MOST, "7", NULL, "rows before this one" },
    { "functions", NULL, PARAM_TEXT, 1, 40, "mean", NULL, "of mean, std, min, max, sum" },
};
static const struct param_spec differences_params[] = {
    { "periods", NULL, PARAM_INTEGER, 1, LAG_MOST, "1", NULL,
      "rows back that are subtracted; of the target from the row before" },
};

#define PAST_FUNCTIONS                                                                             \
    .takes = SLOTS_NUMBERS, .flags = TRANSFORM_KEEPS | TRANSFORM_PAST, .fit = past_fit,            \
    .outputs = past_outputs, .bind = past_bind, .save = past_save, .load = past_load,              \
    .describe = past_describe

const struct transform transform_lags = {
    .name = "lags",
    .what = "values of earlier rows of the same group, by time",
    PARAMS_OF(lags_params),
    PAST_FUNCTIONS,
};

const struct transform transform_rolling = {
    .name = "rolling",
    .what = "the mean and the like of the rows before, of the same group, by time",
    PARAMS_OF(rolling_params),
    PAST_FUNCTIONS,
};

const struct transform transform_differences = {
    .name = "differences",
    .what = "by how much a value changed since an earlier row of the same group, by time",
    PARAMS_OF(differences_params),
    PAST_FUNCTIONS,
};
