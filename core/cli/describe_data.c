/* holdout-ml describe of a table: rows, columns, their kinds and what is in them. */
#include "core/cli/describe_data.h"
#include "core/cli/inputs.h"
#include "core/data/schema.h"
#include "core/data/summary.h"
#include "core/data/time.h"
#include <math.h>

#define TEXT_SHOWN 30 /* bytes of a level that words show */

/* A value of the column: a number with `digits`, or a time. */
static const char *value_text(struct arena *arena, const struct column *column, double value,
                              int digits)
{
    if (column->kind != COLUMN_TIME)
        return arena_print(arena, "%.*g", digits, value);
    char *text = arena_take(arena, TIME_BYTES);
    time_print(round(value), column->time_form, text);
    return text;
}

static void numbers_print(struct arena *arena, const struct column *column, const struct summary *s,
                          struct text *out)
{
    const double values[] = { s->least, s->quantiles[2], s->quantiles[3], s->quantiles[4],
                              s->most };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        text_print(out, "%s%s", i ? " | " : "", value_text(arena, column, values[i], 6));
    if (column->kind != COLUMN_TIME)
        text_print(out, "   mean %.6g, deviation %.6g", s->mean, s->deviation);
}

/* A level on one line, cut where a character begins. */
static void level_print(struct text *out, struct str level)
{
    size_t len = level.len > TEXT_SHOWN ? TEXT_SHOWN : level.len;
    while (len > 0 && len < level.len && (level.at[len] & 0xC0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        text_char(out, (unsigned char)level.at[i] < ' ' ? ' ' : level.at[i]);
    if (len < level.len)
        text_add(out, S("..."));
}

static void texts_print(const struct column *column, const struct summary *s, struct text *out)
{
    for (size_t i = 0; i < s->top_count && column->kind == COLUMN_CATEGORY; i++) {
        text_add(out, i ? S(", ") : S(""));
        level_print(out, column->levels[s->top[i]]);
        text_print(out, " %.3g %%", 100 * (double)s->top_rows[i] / (double)s->count);
    }
    if (column->kind == COLUMN_TEXT)
        text_print(out, "%.4g bytes on average, %zu at most", s->bytes_mean, s->bytes_most);
}

static void words_print(struct arena *arena, const struct table *table, struct text *out)
{
    text_print(out, "%zu row%s, %zu column%s\n", table->rows, PLURAL(table->rows),
               table->column_count, PLURAL(table->column_count));
    text_print(out, "%-24s %-9s %9s %9s  %s", "column", "kind", "missing", "distinct",
               "least | 25 % | middle | 75 % | most, or the commonest");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        struct summary s;
        column_summary(arena, column, table->rows, &s);
        text_print(out, "\n%-24.*s %-9s %9zu %9zu  ", STR_ARGS(column->name),
                   kind_name(column->kind), column->missing_count, s.distinct);
        if (s.count && column_is_numeric(column))
            numbers_print(arena, column, &s, out);
        else if (s.count)
            texts_print(column, &s, out);
    }
}

/* Numbers as they are; times as text. */
static void value_add(struct arena *arena, const struct column *column, struct json_out *out,
                      const char *key, double value)
{
    if (column->kind == COLUMN_TIME && isfinite(value))
        json_add_zero(out, key, value_text(arena, column, value, 0));
    else
        json_add_double(out, key, value);
}

static void numbers_json(struct arena *arena, const struct column *column, const struct summary *s,
                         struct json_out *out)
{
    value_add(arena, column, out, "min", s->least);
    value_add(arena, column, out, "max", s->most);
    value_add(arena, column, out, "mean", s->mean);
    json_add_double(out, "deviation", s->deviation); /* of times in seconds */
    json_open_map(out, "quantiles");
    for (size_t q = 0; q < SUMMARY_QUANTILES; q++)
        value_add(arena, column, out, arena_print(arena, "%g", summary_shares[q]), s->quantiles[q]);
    json_close_map(out);
}

static void texts_json(const struct column *column, const struct summary *s, struct json_out *out)
{
    json_add_double(out, "bytes_mean", s->bytes_mean);
    json_add_int(out, "bytes_max", (int64_t)s->bytes_most);
    json_open_list(out, "top");
    for (size_t i = 0; i < s->top_count; i++) {
        json_open_map(out, NULL);
        json_add_text(out, "text", column->levels[s->top[i]]);
        json_add_int(out, "rows", (int64_t)s->top_rows[i]);
        json_close_map(out);
    }
    json_close_list(out);
}

static void json_print(struct arena *arena, const struct table *table, struct text *text)
{
    struct json_out out = { .text = text };
    json_open_map(&out, NULL);
    json_add_int(&out, "rows", (int64_t)table->rows);
    json_open_list(&out, "columns");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        struct summary s;
        column_summary(arena, column, table->rows, &s);
        json_open_map(&out, NULL);
        json_add_text(&out, "name", column->name);
        json_add_zero(&out, "kind", kind_name(column->kind));
        json_add_int(&out, "missing", (int64_t)column->missing_count);
        json_add_int(&out, "distinct", (int64_t)s.distinct);
        if (column_is_numeric(column))
            numbers_json(arena, column, &s, &out);
        else
            texts_json(column, &s, &out);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
}

int describe_data(struct call *call, const char *path)
{
    struct table table;
    struct text text = { .arena = call->arena };
    struct str id = call_get(call, "--id") ? str_of(call_get(call, "--id")) : S("id");
    int code = input_table(call, path, id, NULL, &table);
    if (code)
        return code;
    if (call_get(call, "--schema-out")) {
        schema_print(&text, &table);
        text.len--; /* call_print ends the line */
    } else if (call_get(call, "--json")) {
        json_print(call->arena, &table, &text);
    } else {
        words_print(call->arena, &table, &text);
    }
    return call_print(call, &text);
}
