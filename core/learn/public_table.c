/* libholdout: tables. */
#include "core/base/file.h"
#include "core/base/yaml.h"
#include "core/data/schema.h"
#include "core/data/table_load.h"
#include "core/data/time.h"
#include "core/learn/public.h"
#include "core/learn/table_file.h"
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>

struct holdout_table *public_table_new(struct holdout_error *error)
{
    struct holdout_table *table = calloc(1, sizeof *table);
    if (table)
        table->arena = arena_open(&table->out);
    if (table && table->arena)
        return table;
    free(table);
    public_no_memory(error);
    return NULL;
}

void holdout_table_free(struct holdout_table *table)
{
    if (!table)
        return;
    arena_drop(table->arena);
    free(table);
}

/* The columns become changeable ones, with room for one more. */
static void take_columns(struct holdout_table *table)
{
    size_t count = table->table.column_count;
    table->room = count * 2 + 8;
    table->columns = arena_array(table->arena, struct column, table->room);
    if (count)
        memcpy(table->columns, table->table.columns, count * sizeof *table->columns);
    table->table.columns = table->columns;
}

/* All that a table's functions need, for the guard. */
struct table_call {
    struct holdout_table *table;
    const struct holdout_table *from;
    struct arena *scratch;
    const char *name; /* or path */
    const struct holdout_reading *how;
    const double *values;
    const char *const *texts;
    const size_t *at;
    size_t count;
    struct holdout_error *error;
};

/* The schema's columns behind the pins; all mistakes are one line. */
static bool schema_read(struct table_call *call, struct csv_options *how)
{
    struct arena *arena = call->table->arena;
    struct complaints to = { .arena = arena };
    const char *path = call->how->schema;
    struct schema schema;
    struct str bytes;
    struct fault why;
    if (!file_load(arena, AT_FDCWD, path, YAML_BYTES_MOST, &bytes, &why))
        return public_fault(call->error, public_code_of_file(path), &why);
    if (!schema_parse(arena, path, bytes, &schema, &to))
        return public_refuse(call->error, HOLDOUT_BAD_DATA, "%.200s%s", to.lines[0].at,
                             to.count > 1 ? ", and more" : "");
    schema_apply(arena, &schema, how);
    return true;
}

static bool read_body(void *argument)
{
    struct table_call *call = argument;
    struct fault why;
    struct str id = call->how && call->how->id ? str_of(call->how->id) : S("id");
    struct csv_options how = table_pins(call->table->arena, id, NULL);
    how.threads = public_threads(call->how ? call->how->threads : 1);
    if (call->how && call->how->schema && !schema_read(call, &how))
        return false;
    if (!table_file_load(call->table->arena, call->name, &how, &call->table->table, &why))
        return public_fault(call->error, public_code_of_file(call->name), &why);
    take_columns(call->table);
    return true;
}

static struct holdout_table *table_make(struct table_call *call, bool (*body)(void *call))
{
    call->table = public_table_new(call->error);
    if (!call->table)
        return NULL;
    if (public_guard(&call->table->out, body, call, call->error))
        return call->table;
    holdout_table_free(call->table);
    return NULL;
}

struct holdout_table *holdout_table_read(const char *path, struct holdout_error *error)
{
    return holdout_table_read_as(path, NULL, error);
}

struct holdout_table *holdout_table_read_as(const char *path, const struct holdout_reading *how,
                                            struct holdout_error *error)
{
    struct table_call call = { .name = path, .how = how, .error = error };
    if (!public_given(error, path, "path"))
        return NULL;
    if (how && how->size != sizeof *how) {
        public_refuse(error, HOLDOUT_BAD_ARGUMENT,
                      "size of struct holdout_reading was %zu, this library has %zu: set "
                      ".size = sizeof(struct holdout_reading)",
                      how->size, sizeof *how);
        return NULL;
    }
    return table_make(&call, read_body);
}

static bool new_body(void *argument)
{
    struct table_call *call = argument;
    call->table->table.rows = call->count;
    take_columns(call->table);
    return true;
}

struct holdout_table *holdout_table_new(size_t rows, struct holdout_error *error)
{
    struct table_call call = { .count = rows, .error = error };
    return table_make(&call, new_body);
}

/* Nothing of the new table may lie in the old one's arena. */
static void own_texts(struct holdout_table *table)
{
    take_columns(table);
    for (size_t i = 0; i < table->table.column_count; i++) {
        struct column *column = &table->columns[i];
        column->name = str_keep(table->arena, column->name);
        struct str *levels = arena_array(table->arena, struct str, column->level_count);
        for (size_t k = 0; k < column->level_count; k++)
            levels[k] = str_keep(table->arena, column->levels[k]);
        column->levels = levels;
    }
}

static bool select_body(void *argument)
{
    struct table_call *call = argument;
    size_t rows = call->from->table.rows;
    for (size_t i = 0; i < call->count; i++)
        if (call->at[i] >= rows)
            return public_refuse(call->error, HOLDOUT_BAD_ARGUMENT,
                                 "row %zu does not exist, the table has %zu", call->at[i], rows);
    table_select(call->table->arena, &call->from->table, call->at, call->count,
                 &call->table->table);
    own_texts(call->table);
    return true;
}

struct holdout_table *holdout_table_select(const struct holdout_table *table, const size_t *at,
                                           size_t count, struct holdout_error *error)
{
    struct table_call call = { .from = table, .at = at, .count = count, .error = error };
    if (!public_given(error, table, "table") || (count && !public_given(error, at, "row")))
        return NULL;
    return table_make(&call, select_body);
}

size_t holdout_table_rows(const struct holdout_table *table)
{
    return table ? table->table.rows : 0;
}

size_t holdout_table_columns(const struct holdout_table *table)
{
    return table ? table->table.column_count : 0;
}

static const struct column *column_at(const struct holdout_table *table, size_t column,
                                      bool numeric)
{
    if (column >= holdout_table_columns(table))
        return NULL;
    const struct column *found = &table->table.columns[column];
    return column_is_numeric(found) == numeric ? found : NULL;
}

const char *holdout_table_name(const struct holdout_table *table, size_t column)
{
    return column < holdout_table_columns(table) ? table->table.columns[column].name.at : NULL;
}

ptrdiff_t holdout_table_find(const struct holdout_table *table, const char *name)
{
    const struct column *column = table && name ? table_find(&table->table, str_of(name)) : NULL;
    return column ? column - table->table.columns : -1;
}

enum holdout_kind holdout_table_kind(const struct holdout_table *table, size_t column)
{
    if (column_at(table, column, true))
        return HOLDOUT_NUMBER;
    return column_at(table, column, false) ? HOLDOUT_CATEGORY : HOLDOUT_NO_COLUMN;
}

static const struct column *column_any(const struct holdout_table *table, size_t column)
{
    return column < holdout_table_columns(table) ? &table->table.columns[column] : NULL;
}

enum holdout_meaning holdout_table_meaning(const struct holdout_table *table, size_t column)
{
    const struct column *found = column_any(table, column);
    return found ? (enum holdout_meaning)found->kind : HOLDOUT_MEANS_NOTHING;
}

static bool number_fits(double value, enum column_kind kind)
{
    char text[TIME_BYTES];
    if (isnan(value) || kind == COLUMN_NUMBER)
        return true;
    if (kind == COLUMN_INTEGER)
        return value == trunc(value) && fabs(value) < 0x1p53;
    return time_print(value, TIME_CLOCK, text) > 3; /* else "nan" */
}

bool holdout_table_set_meaning(struct holdout_table *table, size_t column,
                               enum holdout_meaning meaning, struct holdout_error *error)
{
    enum column_kind kind = (enum column_kind)meaning;
    if (!public_given(error, table, "table"))
        return false;
    const struct column *found = column_any(table, column);
    if (!found)
        return public_refuse(error, HOLDOUT_BAD_ARGUMENT, "there is no column %zu", column);
    if (kind < COLUMN_NUMBER || kind > COLUMN_TEXT ||
        kind_is_numeric(kind) != column_is_numeric(found))
        return public_refuse(
            error, HOLDOUT_BAD_ARGUMENT, "column \"%.60s\" holds %s, which cannot mean %s",
            found->name.at, column_is_numeric(found) ? "numbers" : "texts",
            kind >= COLUMN_NUMBER && kind <= COLUMN_TEXT ? kind_name(kind) : "this");
    for (size_t i = 0; column_is_numeric(found) && i < table->table.rows; i++)
        if (!number_fits(found->numbers[i], kind))
            return public_refuse(error, HOLDOUT_BAD_DATA,
                                 "column \"%.60s\" was %g in row %zu, which is no %s",
                                 found->name.at, found->numbers[i], i, kind_name(kind));
    if (kind == COLUMN_TIME && found->kind != kind)
        table->columns[column].time_form = TIME_CLOCK | TIME_T | TIME_ZONE;
    table->columns[column].kind = kind;
    if (error)
        *error = (struct holdout_error){ .code = HOLDOUT_OK };
    return true;
}

const double *holdout_table_numbers(const struct holdout_table *table, size_t column)
{
    const struct column *found = column_at(table, column, true);
    return found ? found->numbers : NULL;
}

const char *holdout_table_text(const struct holdout_table *table, size_t column, size_t row)
{
    const struct column *found = column_at(table, column, false);
    if (!found || row >= table->table.rows || found->codes[row] < 0)
        return NULL;
    return found->levels[found->codes[row]].at;
}

const int32_t *holdout_table_codes(const struct holdout_table *table, size_t column, size_t *count)
{
    const struct column *found = column_at(table, column, false);
    if (count)
        *count = found ? found->level_count : 0;
    return found ? found->codes : NULL;
}

const char *holdout_table_level(const struct holdout_table *table, size_t column, size_t level)
{
    const struct column *found = column_at(table, column, false);
    return found && level < found->level_count ? found->levels[level].at : NULL;
}

/* Where the name is in names, or the free place where it would be. FNV-1a, linear probing. */
static uint32_t *name_place(const struct holdout_table *table, struct str name)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (uint8_t)name.at[i]) * 0x100000001b3;
    for (size_t at = (size_t)(hash ^ hash >> 32);; at++) {
        uint32_t *place = &table->names[at & (table->names_room - 1)];
        if (!*place || str_equal(table->table.columns[*place - 1].name, name))
            return place;
    }
}

/* Is there a column of this name? The list of names is brought up to date, at most half full. */
static bool named_already(struct holdout_table *table, struct str name)
{
    size_t count = table->table.column_count;
    if (2 * (count + 1) > table->names_room) {
        for (table->names_room = 64; table->names_room < 4 * (count + 1);)
            table->names_room *= 2;
        table->names = arena_array(table->arena, uint32_t, table->names_room);
        table->named = 0;
    }
    if (table->named > count) /* some were dropped */
        table->named = 0;
    if (!table->named)
        memset(table->names, 0, table->names_room * sizeof *table->names);
    for (; table->named < count; table->named++)
        *name_place(table, table->table.columns[table->named].name) = (uint32_t)table->named + 1;
    return *name_place(table, name) != 0;
}

/* Room for one more column of this name. */
static bool make_room(struct table_call *call, struct str *name)
{
    struct holdout_table *table = call->table;
    struct str given = str_of(call->name);
    if (!given.len || !str_is_utf8(given))
        return public_refuse(call->error, HOLDOUT_BAD_ARGUMENT,
                             "the name of a column was empty or not UTF-8");
    if (named_already(table, given))
        return public_refuse(call->error, HOLDOUT_BAD_ARGUMENT,
                             "the table has a column \"%.60s\" already", call->name);
    if (table->table.column_count == table->room)
        take_columns(table);
    *name = str_keep(table->arena, given);
    return true;
}

static bool add_numbers_body(void *argument)
{
    struct table_call *call = argument;
    struct table *table = &call->table->table;
    struct str name;
    struct fault why;
    if (!make_room(call, &name))
        return false;
    if (!column_of_numbers(call->table->arena, name, call->values, table->rows,
                           &call->table->columns[table->column_count], &why))
        return public_fault(call->error, HOLDOUT_BAD_DATA, &why);
    table->column_count++;
    return true;
}

bool holdout_table_add_numbers(struct holdout_table *table, const char *name, const double *values,
                               struct holdout_error *error)
{
    struct table_call call = { .table = table, .name = name, .values = values, .error = error };
    return public_given(error, table, "table") &&
           (!table->table.rows || public_given(error, values, "values")) &&
           public_guard(&table->out, add_numbers_body, &call, error);
}

static bool add_texts_body(void *argument)
{
    struct table_call *call = argument;
    struct holdout_table *table = call->table;
    struct str name, *texts = arena_array(table->arena, struct str, table->table.rows);
    if (!make_room(call, &name))
        return false;
    for (size_t i = 0; i < table->table.rows; i++) {
        if (call->texts[i])
            texts[i] = str_of(call->texts[i]);
        if (!str_is_utf8(texts[i]))
            return public_refuse(call->error, HOLDOUT_BAD_DATA,
                                 "the text for row %zu of \"%.60s\" was not UTF-8", i, call->name);
    }
    column_of_texts(table->arena, name, texts, table->table.rows,
                    &table->columns[table->table.column_count]);
    table->table.column_count++;
    return true;
}

bool holdout_table_add_texts(struct holdout_table *table, const char *name,
                             const char *const *texts, struct holdout_error *error)
{
    struct table_call call = { .table = table, .name = name, .texts = texts, .error = error };
    return public_given(error, table, "table") &&
           (!table->table.rows || public_given(error, texts, "texts")) &&
           public_guard(&table->out, add_texts_body, &call, error);
}

bool holdout_table_drop(struct holdout_table *table, const char *name, struct holdout_error *error)
{
    if (!public_given(error, table, "table") || !public_given(error, name, "name"))
        return false;
    ptrdiff_t at = holdout_table_find(table, name);
    if (error)
        *error = (struct holdout_error){ .code = HOLDOUT_OK };
    if (at < 0)
        return public_refuse(error, HOLDOUT_BAD_ARGUMENT, "the table has no column \"%.60s\"",
                             name);
    size_t count = --table->table.column_count;
    memmove(table->columns + at, table->columns + at + 1,
            (count - (size_t)at) * sizeof *table->columns);
    table->named = 0;
    return true;
}

static bool write_body(void *argument)
{
    struct table_call *call = argument;
    struct fault why;
    return table_write(call->scratch, AT_FDCWD, call->name, &call->from->table, 1, &why) ||
           public_fault(call->error, HOLDOUT_SYSTEM, &why);
}

bool holdout_table_write(const struct holdout_table *table, const char *path,
                         struct holdout_error *error)
{
    struct table_call call = { .from = table, .name = path, .error = error };
    return public_given(error, table, "table") && public_given(error, path, "path") &&
           public_scratch(&call.scratch, write_body, &call, error);
}

/* The public meanings are the kinds within. */
_Static_assert((int)HOLDOUT_MEANS_NUMBER == (int)COLUMN_NUMBER &&
                   (int)HOLDOUT_MEANS_CATEGORY == (int)COLUMN_CATEGORY &&
                   (int)HOLDOUT_MEANS_INTEGER == (int)COLUMN_INTEGER &&
                   (int)HOLDOUT_MEANS_TIME == (int)COLUMN_TIME &&
                   (int)HOLDOUT_MEANS_TEXT == (int)COLUMN_TEXT,
               "kinds");
