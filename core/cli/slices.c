/* holdout-ml slices: where a model does worse, and what it does to groups of people. */
#include "core/eval/slices.h"
#include "core/cli/inputs.h"
#include "core/data/dictionary.h"
#include "core/eval/fairness.h"
#include "core/eval/predictions.h"
#include "core/learn/evaluation.h"
#include <math.h>
#include <stdio.h>

#define SHOWN_MOST 20

struct slicing {
    const struct metric *metric;
    struct truth truth;
    struct scored rows;
    struct table columns; /* in the order of the truth's rows, without the id */
    struct slices slices;
    const struct column *attribute; /* or NULL */
    struct group_rates *groups;     /* [attribute levels] */
};

static int read_metric(const struct call *call, struct slicing *out)
{
    struct fault why;
    out->metric = metric_needed(call->arena, str_of(call_get(call, "--metric")), &why);
    if (!out->metric)
        return call_fail(call, EX_USAGE, "--metric: %s", why.text);
    if (!out->metric->losses || out->metric->kinds & TRUTH_SPECIAL)
        return call_fail(call, EX_USAGE,
                         "--metric: %s is no mean over rows; log_loss, brier, accuracy, rmse and "
                         "mae are",
                         out->metric->name);
    return 0;
}

static int read_rows(const struct call *call, struct slicing *out)
{
    struct str truth, said;
    struct fault why;
    struct predictions predictions;
    struct str id = str_of(call_get(call, "--id"));
    struct truth_form form = { .file = str_of(call_get(call, "--truth")),
                               .id_column = id,
                               .target = str_of(call_get(call, "--target")),
                               .kinds = out->metric->kinds };
    struct prediction_form wanted = { .file = str_of(call_get(call, "--pred")),
                                      .id_column = id,
                                      .in_unit = out->metric->in_unit,
                                      .each_class = out->metric->each_class };
    int code = input_text(call, form.file.at, TRUTH_BYTES_MOST, &truth);
    if (!code)
        code = input_text(call, wanted.file.at, PREDICTION_BYTES_MOST, &said);
    if (code)
        return code;
    if (!truth_parse(call->arena, truth, &form, &out->truth, &why) ||
        !predictions_parse(call->arena, said, &out->truth, &wanted, &predictions, NULL, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    scored_rows(call->arena, &out->truth, &predictions, USAGE_ALL, &out->rows);
    return 0;
}

/* The table's row of each row of the truth. */
static int match(const struct call *call, const struct slicing *at, const struct table *table,
                 const struct column *id, size_t *from)
{
    size_t found = 0;
    for (size_t i = 0; i < at->truth.row_count; i++)
        from[i] = SIZE_MAX;
    for (size_t i = 0; i < table->rows; i++) {
        int32_t row = dictionary_find(&at->truth.index, column_text(call->arena, id, i));
        if (row < 0)
            continue;
        if (from[row] != SIZE_MAX)
            return call_fail(call, EX_DATAERR, "%s: id \"%s\" was there twice",
                             call_get(call, "--data"), at->truth.ids[row].at);
        from[row] = i;
        found++;
    }
    for (size_t i = 0; i < at->truth.row_count; i++)
        if (from[i] == SIZE_MAX)
            return call_fail(call, EX_DATAERR, "%s: no row for %zu ids (the first is \"%.*s\")",
                             call_get(call, "--data"), at->truth.row_count - found,
                             STR_ARGS(at->truth.ids[i]));
    return 0;
}

static struct column picked(struct arena *arena, const struct column *column, const size_t *from,
                            size_t rows)
{
    struct column out = *column;
    double *numbers = arena_array(arena, double, rows);
    int32_t *codes = arena_array(arena, int32_t, rows);
    out.missing_count = 0;
    for (size_t i = 0; i < rows; i++) {
        if (column_is_numeric(column))
            numbers[i] = column->numbers[from[i]];
        else
            codes[i] = column->codes[from[i]];
        out.missing_count += column_is_missing(column, from[i]);
    }
    if (column_is_numeric(column))
        out.numbers = numbers;
    else
        out.codes = codes;
    return out;
}

static int read_columns(const struct call *call, struct slicing *out)
{
    const char *path = call_get(call, "--data"), *name = call_get(call, "--id");
    struct table table;
    struct str id = name ? str_of(name) : S("id");
    int code = input_table(call, path, id, NULL, &table);
    if (code)
        return code;
    const struct column *ids = table_find(&table, id);
    if (!ids)
        return call_fail(call, EX_DATAERR, "%s: no column \"%.*s\"", path, STR_ARGS(id));
    size_t *from = arena_array(call->arena, size_t, out->truth.row_count);
    struct column *columns = arena_array(call->arena, struct column, table.column_count);
    code = match(call, out, &table, ids, from);
    if (code)
        return code;
    out->columns = (struct table){ .rows = out->truth.row_count, .columns = columns };
    for (size_t c = 0; c < table.column_count; c++)
        if (&table.columns[c] != ids && !str_equal(table.columns[c].name, out->truth.target_name))
            columns[out->columns.column_count++] =
                picked(call->arena, &table.columns[c], from, out->truth.row_count);
    return 0;
}

/* The groups of an attribute, as rows and metrics see them. */
static int read_attribute(const struct call *call, struct slicing *out)
{
    const char *name = call_get(call, "--attribute");
    if (!name)
        return 0;
    out->attribute = table_find(&out->columns, str_of(name));
    if (!out->attribute || column_is_numeric(out->attribute))
        return call_fail(call, EX_DATAERR, "%s: no column \"%s\" of categories",
                         call_get(call, "--data"), name);
    if (out->rows.kind != TRUTH_BINARY)
        return call_fail(call, EX_USAGE, "--attribute: fairness is measured of two classes");
    if (out->attribute->missing_count)
        return call_fail(call, EX_DATAERR, "%s: column \"%s\" is missing in %zu rows",
                         call_get(call, "--data"), name, out->attribute->missing_count);
    uint32_t *level = arena_array(call->arena, uint32_t, out->rows.n);
    for (size_t i = 0; i < out->rows.n; i++)
        level[i] = (uint32_t)out->attribute->codes[i];
    out->rows.attribute = level;
    out->rows.attribute_count = out->attribute->level_count;
    out->groups = arena_array(call->arena, struct group_rates, out->rows.attribute_count);
    fairness_groups(call->arena, &out->rows, NULL, out->groups);
    return 0;
}

static void print_slices(const struct slicing *at)
{
    const struct slices *found = &at->slices;
    printf("%zu row%s, mean loss %.6g (%s); %zu slices of at least %zu rows tested, %zu worse\n",
           found->rows, PLURAL(found->rows), found->loss, at->metric->name, found->tested,
           found->rows_least, found->count);
    for (size_t i = 0; i < found->count && i < SHOWN_MOST; i++) {
        const struct slice *slice = &found->at[i];
        printf("%-48s %7zu rows  loss %-10.6g rest %-10.6g effect %-6.3g p %.2g\n",
               slice->part_count == 2 ? "" : slice->parts[0].at, slice->n, slice->loss, slice->rest,
               slice->effect, slice->adjusted);
        if (slice->part_count == 2)
            printf("  %s and %s\n", slice->parts[0].at, slice->parts[1].at);
    }
}

static void each_gap(struct call *call, const struct slicing *at, struct json_out *out)
{
    const struct metric_family *family;
    for (size_t f = 0; (family = metric_family_at(f)); f++)
        for (size_t i = 0; i < family->count && strcmp(family->name, "fairness") == 0; i++) {
            const struct metric *metric = &family->metrics[i];
            struct metric_value value = metric_measure(call->arena, metric, &at->rows, NULL);
            if (!out) {
                printf("%-36s %-10.6g [%.6g, %.6g]%s%s\n", metric->name, value.value, value.low,
                       value.high, *value.note ? " " : "", value.note);
                continue;
            }
            json_open_map(out, metric->name);
            json_add_double(out, "value", value.value);
            json_add_double(out, "low", value.low);
            json_add_double(out, "high", value.high);
            json_close_map(out);
        }
}

static int print_words(struct call *call, const struct slicing *at)
{
    print_slices(at);
    for (size_t g = 0; g < at->rows.attribute_count; g++) {
        printf("%s%s = %s, %zu rows:", g ? "" : "\n", at->attribute->name.at,
               at->attribute->levels[g].at, at->groups[g].n);
        for (enum group_rate r = 0; r < GROUP_RATES; r++)
            printf(" %s %.4g", group_rate_name(r), at->groups[g].rate[r]);
        printf("\n");
    }
    if (at->attribute)
        each_gap(call, at, NULL);
    return fflush(stdout) == 0 ? 0 : call_fail(call, EX_IOERR, "stdout could not be written");
}

static void add_slice(struct json_out *out, const struct slice *slice)
{
    json_open_map(out, NULL);
    json_open_list(out, "parts");
    for (size_t k = 0; k < slice->part_count; k++)
        json_add_text(out, NULL, slice->parts[k]);
    json_close_list(out);
    json_add_int(out, "rows", (int64_t)slice->n);
    json_add_double(out, "loss", slice->loss);
    json_add_double(out, "rest", slice->rest);
    json_add_double(out, "effect", slice->effect);
    json_add_double(out, "p", slice->p);
    json_add_double(out, "adjusted_p", slice->adjusted);
    json_close_map(out);
}

static void add_groups(struct call *call, struct json_out *out, const struct slicing *at)
{
    json_open_map(out, "groups");
    for (size_t g = 0; g < at->rows.attribute_count; g++) {
        json_open_map(out, at->attribute->levels[g].at);
        json_add_int(out, "rows", (int64_t)at->groups[g].n);
        for (enum group_rate r = 0; r < GROUP_RATES; r++) {
            json_open_map(out, group_rate_name(r));
            json_add_double(out, "value", at->groups[g].rate[r]);
            json_add_double(out, "low", at->groups[g].within[r].low);
            json_add_double(out, "high", at->groups[g].within[r].high);
            json_close_map(out);
        }
        json_close_map(out);
    }
    json_close_map(out);
    json_open_map(out, "gaps");
    each_gap(call, at, out);
    json_close_map(out);
}

static int print_json(struct call *call, const struct slicing *at)
{
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "metric", at->metric->name);
    json_add_int(&out, "rows", (int64_t)at->slices.rows);
    json_add_double(&out, "loss", at->slices.loss);
    json_add_int(&out, "tested", (int64_t)at->slices.tested);
    json_add_int(&out, "rows_least", (int64_t)at->slices.rows_least);
    json_open_list(&out, "slices");
    for (size_t i = 0; i < at->slices.count; i++)
        add_slice(&out, &at->slices.at[i]);
    json_close_list(&out);
    if (at->attribute)
        add_groups(call, &out, at);
    json_close_map(&out);
    return call_print(call, &text);
}

static int run(struct call *call)
{
    struct slicing at = { 0 };
    struct metric_options options = { 0 };
    int (*const steps[])(const struct call *, struct slicing *) = { read_metric, read_rows,
                                                                    read_columns, read_attribute };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int code = steps[i](call, &at);
        if (code)
            return code;
    }
    double *loss = arena_array(call->arena, double, at.rows.n);
    struct metric_value value = metric_measure(call->arena, at.metric, &at.rows, NULL);
    if (isnan(value.value))
        return call_fail(call, EX_DATAERR, "%s: %s", at.metric->name, value.note);
    metric_options_fill(&options);
    at.metric->losses(&at.rows, &options, loss);
    slices_find(call->arena, &at.columns, loss, &at.slices);
    return call_get(call, "--json") ? print_json(call, &at) : print_words(call, &at);
}

static const struct option options[] = {
    { "--truth", "FILE", "id, target and perhaps Usage", OPTION_REQUIRED },
    { "--pred", "FILE", "id and prediction, or a column a class", OPTION_REQUIRED },
    { "--data", "FILE", "id and the columns to slice by", OPTION_REQUIRED },
    { "--metric", "NAME", "whose losses are compared: log_loss, brier, accuracy, rmse, mae, ...",
      OPTION_REQUIRED },
    { "--attribute", "COLUMN", "of the data: groups whose rates are compared; two classes", 0 },
    { "--id", "COLUMN", "the identifier in all files; default id", 0 },
    { "--target", "COLUMN", "the truth; default: the column that is no other", 0 },
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_slices = {
    .name = "slices",
    .what = "find groups of rows on which a model does worse",
    .example = "slices --truth truth.csv --pred predictions.csv --data test.csv --metric log_loss",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
