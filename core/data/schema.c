/* Schema files. */
#include "core/data/schema.h"
#include "core/base/fields.h"
#include "core/data/time.h"
#include <ctype.h>

#define NAME_BYTES_MOST 256

static const char *const kinds[] = { "number", "category", "integer", "time", "text", NULL };

struct schema_row {
    struct str name, format;
    int kind, line;
    struct str_list missing;
};

#define ROW(member) .offset = offsetof(struct schema_row, member)

static const struct field row_fields[] = {
    { .key = "name", .kind = FIELD_TEXT, ROW(name), .required = true, .high = NAME_BYTES_MOST },
    { .key = "kind", .kind = FIELD_WORD, ROW(kind), .required = true, .words = kinds },
    { .key = "format", .kind = FIELD_TEXT, ROW(format) },
    { .key = "missing", .kind = FIELD_TEXTS, ROW(missing) },
    { .kind = FIELD_LINE, ROW(line) },
};
static const struct field_table row_table = { row_fields, sizeof row_fields / sizeof *row_fields,
                                              sizeof(struct schema_row), NULL };

struct schema_file {
    struct str separator;
    struct field_rows columns;
    int line;
};

#define FILE_AT(member) .offset = offsetof(struct schema_file, member)

static const struct field file_fields[] = {
    { .key = "separator", .kind = FIELD_TEXT, FILE_AT(separator) },
    { .key = "columns", .kind = FIELD_ROWS, .table = &row_table, FILE_AT(columns) },
    { .kind = FIELD_LINE, FILE_AT(line) },
};
static const struct field_table file_table = { file_fields,
                                               sizeof file_fields / sizeof *file_fields,
                                               sizeof(struct schema_file), NULL };

/* No part of a number or a text that stands without quotes, and nothing that CSV knows. */
static bool separates(unsigned char c)
{
    return c < 128 && !isalnum(c) && c && !strchr("\"'.+-\r\n", c);
}

static void row_check(const struct schema_row *row, const char *file, const struct schema *before,
                      struct complaints *to)
{
    for (size_t i = 0; i < before->count; i++)
        if (str_equal(before->pins[i].column, row->name))
            complain(to, file, row->line, "column \"%s\" stands there twice", row->name.at);
    if (row->format.len && before->pins[before->count].kind != COLUMN_TIME)
        complain(to, file, row->line, "format is for kind time, \"%s\" is of kind %s", row->name.at,
                 kinds[row->kind]);
    else if (row->format.len && !time_format_fits(row->format))
        complain(to, file, row->line,
                 "format \"%s\" has no year, month and day, or more than %%Y %%y %%m %%d %%H %%M "
                 "%%S %%f %%z",
                 row->format.at);
}

bool schema_parse(struct arena *arena, const char *file, struct str bytes, struct schema *out,
                  struct complaints *to)
{
    size_t before = to->count;
    struct schema_file read = { 0 };
    const struct yaml *yaml = yaml_parse(arena, file, bytes, to);
    struct field_source from = { arena, file, to };
    *out = (struct schema){ 0 };
    if (!yaml || !fields_read(&from, yaml, &file_table, &read))
        return false;
    struct field_rows rows = read.columns;
    if (read.separator.len == 1 && separates((unsigned char)*read.separator.at))
        out->separator = *read.separator.at;
    else if (read.separator.len)
        complain(to, file, read.line,
                 "separator was \"%.*s\", allowed is one ASCII character that is no letter, digit, "
                 "quote, point, sign or line end",
                 STR_ARGS(str_until(read.separator, 20)));
    if (!read.separator.len && !rows.count)
        complain(to, file, read.line, "neither separator nor columns are there");
    out->pins = arena_array(arena, struct csv_pin, rows.count);
    out->more = arena_array(arena, struct csv_pin_more, rows.count);
    for (const struct schema_row *row = rows.at; out->count < rows.count; row++) {
        out->pins[out->count] = (struct csv_pin){ row->name, kind_find(str_of(kinds[row->kind])) };
        out->more[out->count] = (struct csv_pin_more){ .missing = row->missing.at,
                                                       .missing_count = row->missing.count,
                                                       .format = row->format };
        row_check(row, file, out, to);
        out->count++;
    }
    return to->count == before;
}

/* A pin keeps its kind; the schema may say how its times are written and what is missing. */
static void pin_join(const struct csv_pin *pin, struct csv_pin_more *more,
                     const struct csv_pin *other, const struct csv_pin_more *other_more)
{
    if (pin->kind == COLUMN_TIME && other->kind == COLUMN_TIME)
        more->format = other_more->format;
    if (!kind_is_numeric(pin->kind) || !other_more->missing_count)
        return;
    more->missing = other_more->missing;
    more->missing_count = other_more->missing_count;
}

void schema_apply(struct arena *arena, const struct schema *schema, struct csv_options *how)
{
    size_t had = how->pin_count;
    struct csv_pin *pins = arena_array(arena, struct csv_pin, had + schema->count);
    struct csv_pin_more *more = arena_array(arena, struct csv_pin_more, had + schema->count);
    for (size_t i = 0; i < had; i++) {
        pins[i] = how->pins[i];
        if (how->more)
            more[i] = how->more[i];
    }
    for (size_t i = 0; i < schema->count; i++) {
        bool pinned = false;
        for (size_t k = 0; k < had; k++)
            if (str_equal(pins[k].column, schema->pins[i].column)) {
                pin_join(&pins[k], &more[k], &schema->pins[i], &schema->more[i]);
                pinned = true;
            }
        if (pinned)
            continue;
        pins[how->pin_count] = schema->pins[i];
        more[how->pin_count++] = schema->more[i];
    }
    how->pins = pins;
    how->more = more;
    if (schema->separator)
        how->separator = schema->separator;
}

/* In double quotes; YAML's escapes are JSON's. */
static void text_quoted(struct text *out, struct str text)
{
    text_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c < ' ' || c == 0x7F)
            text_print(out, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            text_print(out, "\\%c", c);
        else
            text_char(out, (char)c);
    }
    text_char(out, '"');
}

void schema_print(struct text *out, const struct table *table)
{
    text_add(out, S("columns:\n"));
    for (size_t i = 0; i < table->column_count; i++) {
        text_add(out, S("- {name: "));
        text_quoted(out, table->columns[i].name);
        text_print(out, ", kind: %s}\n", kind_name(table->columns[i].kind));
    }
}
