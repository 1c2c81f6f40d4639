/* JSON lines to tables: looked at once to know the columns and their kinds, then read. */
#include "core/data/jsonl.h"
#include "core/data/csv_columns.h"
#include "core/data/csv_survey.h"
#include "core/data/dictionary.h"
#include "core/data/jsonl_scan.h"
#include "core/data/number.h"
#include "core/data/time.h"
#include <math.h>

#define KEY_BYTES_MOST 256
#define CELLS_A_BYTE 16

struct field {
    const struct csv_pin *pin; /* NULL: the kind is found */
    struct csv_pin_more more;
    size_t row;                        /* + 1: of its last cell */
    bool number, fraction, time, text; /* what was found; text: also true and false */
    unsigned time_form;
    size_t filled;
    enum column_kind kind;
    double *numbers;
    int32_t *codes;
    struct dictionary levels;
};

struct reading {
    struct arena *arena;
    const struct csv_options *how;
    struct str bytes;
    struct jsonl_scan scan;
    struct dictionary keys;
    struct field *fields; /* [keys.count] */
    size_t room, row;
    struct text copy; /* of a text with escapes */
};

typedef bool cell_visit(struct reading *r, struct field *field, const struct json_cell *cell,
                        struct fault *why);

/* The text without its escapes, until the next call. */
static bool unescape(struct reading *r, struct str raw, bool escaped, struct str *out,
                     struct fault *why)
{
    *out = raw;
    if (!escaped)
        return true;
    if (r->copy.room < raw.len) {
        r->copy.at = arena_take(r->arena, raw.len * 2);
        r->copy.room = raw.len * 2;
    }
    out->at = r->copy.at;
    return json_text_copy(raw, r->copy.at, &out->len) ||
           jsonl_fault(&r->scan, why, "an escape \\u that stands for no character");
}

static void field_add(struct reading *r, struct str key)
{
    size_t at = r->keys.count;
    dictionary_add(&r->keys, key);
    if (at == r->room) {
        size_t room = r->room ? r->room * 2 : 32;
        r->fields =
            arena_grow(r->arena, r->fields, at * sizeof *r->fields, room * sizeof *r->fields);
        r->room = room;
    }
    struct field *field = &r->fields[at];
    *field = (struct field){ .levels = { .arena = r->arena } };
    for (size_t k = 0; k < r->how->pin_count; k++)
        if (str_equal(key, r->how->pins[k].column)) {
            field->pin = &r->how->pins[k];
            if (r->how->more)
                field->more = r->how->more[k];
        }
}

/* The key's field, most likely the `guess`th; NULL: a fault. */
static struct field *field_find(struct reading *r, const struct json_cell *cell, size_t guess,
                                struct fault *why)
{
    struct str key;
    if (!unescape(r, cell->key, cell->key_escaped, &key, why))
        return NULL;
    size_t columns_most = r->how->columns_most ? r->how->columns_most : CSV_COLUMNS_MOST;
    size_t at = guess;
    if (at >= r->keys.count || !str_equal(r->keys.texts[at], key)) {
        int32_t found = dictionary_find(&r->keys, key);
        at = found < 0 ? r->keys.count : (size_t)found;
    }
    if (at < r->keys.count && r->fields[at].row != r->row + 1) {
        r->fields[at].row = r->row + 1;
        return &r->fields[at];
    }
    if (at < r->keys.count)
        jsonl_fault(&r->scan, why, "key \"%.*s\" stands there twice", STR_ARGS(str_until(key, 60)));
    else if (key.len == 0 || key.len > KEY_BYTES_MOST)
        jsonl_fault(&r->scan, why, "a key of %zu bytes, allowed are 1 to %d", key.len,
                    KEY_BYTES_MOST);
    else if (r->keys.count == columns_most)
        jsonl_fault(&r->scan, why, "more than %zu columns", columns_most);
    else {
        field_add(r, key);
        r->fields[at].row = r->row + 1;
        return &r->fields[at];
    }
    return NULL;
}

static bool line_read(struct reading *r, cell_visit *visit, struct fault *why)
{
    struct json_cell cell;
    if (!jsonl_open(&r->scan, why))
        return false;
    for (size_t at = 0;; at++) {
        enum jsonl_step step = jsonl_cell(&r->scan, &cell, why);
        if (step != JSONL_CELL)
            return step == JSONL_END;
        struct field *field = field_find(r, &cell, at, why);
        if (!field || !visit(r, field, &cell, why))
            return false;
    }
}

static bool is_blank(struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] != ' ' && line.at[i] != '\t' && line.at[i] != '\r')
            return false;
    return true;
}

/* Gives each cell of each line to `visit`; r->row becomes the number of rows. */
static bool lines_read(struct reading *r, cell_visit *visit, struct fault *why)
{
    size_t rows_most = r->how->rows_most ? r->how->rows_most : CSV_ROWS_MOST;
    struct str rest = r->bytes, line;
    r->scan.line = 0;
    for (size_t i = 0; i < r->keys.count; i++)
        r->fields[i].row = 0;
    for (r->row = 0; rest.len && str_cut(&rest, '\n', &line);) {
        r->scan.line++;
        if (is_blank(line))
            continue;
        if (line.len > JSONL_LINE_BYTES_MOST)
            return jsonl_fault(&r->scan, why, "a line of more than %zu bytes",
                               JSONL_LINE_BYTES_MOST);
        if (r->row == rows_most)
            return jsonl_fault(&r->scan, why, "more than %zu rows", rows_most);
        r->scan.at = line.at;
        r->scan.end = line.at + line.len;
        if (!line_read(r, visit, why))
            return false;
        r->row++;
    }
    return true;
}

static bool is_missing(const struct field *field, const struct json_cell *cell)
{
    if (cell->token == TOKEN_NULL || (cell->token == TOKEN_TEXT && cell->raw.len == 0))
        return true;
    for (size_t i = 0; i < field->more.missing_count; i++)
        if (str_equal(cell->raw, field->more.missing[i]))
            return true;
    return false;
}

static bool time_read(const struct field *field, struct str text, double *value, unsigned *form)
{
    return field->more.format.len ? time_parse_as(text, field->more.format, value, form)
                                  : time_parse(text, value, form);
}

static bool cell_refuse(const struct reading *r, const struct json_cell *cell, const char *wanted,
                        struct fault *why)
{
    return jsonl_fault(&r->scan, why, "key \"%.*s\" held \"%.*s\", %s is needed",
                       STR_ARGS(str_until(cell->key, 40)), STR_ARGS(str_until(cell->raw, 40)),
                       wanted);
}

/* Is the cell of a pinned column as it must be? */
static bool pin_holds(struct reading *r, const struct field *field, const struct json_cell *cell,
                      bool is_time, struct fault *why)
{
    switch (field->pin->kind) {
    case COLUMN_NUMBER:
        return cell->token == TOKEN_NUMBER || cell_refuse(r, cell, "a number", why);
    case COLUMN_INTEGER:
        return (cell->token == TOKEN_NUMBER && !field->fraction) ||
               cell_refuse(r, cell, "a whole number", why);
    case COLUMN_TIME:
        return is_time || cell_refuse(r, cell, "a time", why);
    default:
        return true;
    }
}

/* The first time: what is there. */
static bool cell_note(struct reading *r, struct field *field, const struct json_cell *cell,
                      struct fault *why)
{
    double value;
    unsigned form = 0;
    struct str text;
    bool is_time = false;
    if (is_missing(field, cell))
        return true;
    field->filled++;
    if (cell->token == TOKEN_NUMBER) {
        field->number = true;
        if (number_parse(cell->raw, &value) != NUMBER_FINE)
            return jsonl_fault(&r->scan, why, "key \"%.*s\" held a number that is not finite",
                               STR_ARGS(str_until(cell->key, 60)));
        for (size_t i = 0; i < cell->raw.len; i++)
            field->fraction |= memchr(".eE", cell->raw.at[i], 3) != NULL;
        field->fraction |= fabs(value) >= 0x1p53;
    } else {
        if (!unescape(r, cell->raw, cell->escaped, &text, why))
            return false;
        is_time = cell->token == TOKEN_TEXT && time_read(field, text, &value, &form);
        field->time |= is_time;
        field->text |= !is_time;
        field->time_form |= form;
    }
    return !field->pin || pin_holds(r, field, cell, is_time, why);
}

static enum column_kind kind_found(const struct field *field, bool two_kinds)
{
    if (field->pin)
        return field->pin->kind;
    if (field->text || (field->time && (field->number || two_kinds)))
        return COLUMN_CATEGORY;
    if (field->time)
        return COLUMN_TIME;
    return field->number && !field->fraction && !two_kinds ? COLUMN_INTEGER : COLUMN_NUMBER;
}

static bool fields_settle(struct reading *r, struct fault *why)
{
    size_t rows = r->row, count = r->keys.count;
    r->scan.line += r->scan.line == 0;
    if (rows == 0 || count == 0)
        return jsonl_fault(&r->scan, why, "no row with a value");
    if (rows > (JSONL_CELLS_MOST + CELLS_A_BYTE * r->bytes.len) / count)
        return jsonl_fault(&r->scan, why, "%zu rows of %zu columns: too sparse for a table", rows,
                           count);
    for (size_t i = 0; i < count; i++) {
        struct field *field = &r->fields[i];
        field->kind = kind_found(field, r->how->two_kinds);
        if (kind_is_numeric(field->kind))
            field->numbers = arena_array(r->arena, double, rows);
        else
            field->codes = arena_array(r->arena, int32_t, rows);
        for (size_t row = 0; row < rows; row++)
            if (field->numbers)
                field->numbers[row] = NAN;
            else
                field->codes[row] = -1;
    }
    return true;
}

/* The second time. */
static bool cell_put(struct reading *r, struct field *field, const struct json_cell *cell,
                     struct fault *why)
{
    struct str text;
    unsigned form;
    if (is_missing(field, cell))
        return true;
    if (!unescape(r, cell->raw, cell->escaped, &text, why))
        return false;
    if (field->codes)
        field->codes[r->row] = dictionary_add(&field->levels, text);
    else if (field->kind == COLUMN_TIME)
        return time_read(field, text, &field->numbers[r->row], &form) ||
               cell_refuse(r, cell, "a time", why);
    else
        number_parse(cell->raw, &field->numbers[r->row]);
    return true;
}

static void table_take(struct reading *r, struct table *out)
{
    struct column *columns = arena_array(r->arena, struct column, r->keys.count);
    for (size_t i = 0; i < r->keys.count; i++) {
        struct field *field = &r->fields[i];
        columns[i] = (struct column){ .name = r->keys.texts[i],
                                      .kind = field->kind,
                                      .missing_count = r->row - field->filled,
                                      .numbers = field->numbers,
                                      .codes = field->codes,
                                      .levels = field->levels.texts,
                                      .level_count = field->levels.count };
        if (field->kind == COLUMN_TIME)
            columns[i].time_form = field->time_form;
        if (field->kind == COLUMN_CATEGORY && !field->pin && !r->how->two_kinds)
            columns[i].kind = csv_texts_kind(&columns[i], r->row);
    }
    *out = (struct table){ .rows = r->row, .column_count = r->keys.count, .columns = columns };
}

static bool text_check(struct reading *r, struct fault *why)
{
    size_t count;
    const struct csv_block *blocks = csv_survey(r->arena, r->bytes, r->how->threads, &count);
    r->scan.line = 1;
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].stranger)
            for (const char *at = r->bytes.at; at < blocks[i].stranger; at++)
                r->scan.line += *at == '\n';
        if (blocks[i].stranger)
            return jsonl_fault(&r->scan, why,
                               *blocks[i].stranger ? "text that is not UTF-8"
                                                   : "a NUL byte: this is not text");
    }
    return true;
}

bool jsonl_line(struct str bytes, size_t row, size_t *line)
{
    struct str text;
    for (*line = 1; bytes.len && str_cut(&bytes, '\n', &text); ++*line)
        if (!is_blank(text) && row-- == 0)
            return true;
    return false;
}

bool jsonl_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
                 struct table *out, struct fault *why)
{
    static const struct csv_options plain;
    struct reading r = { .arena = arena, .how = how ? how : &plain, .keys = { .arena = arena } };
    r.scan.file = r.how->file.len ? r.how->file : S("json lines");
    r.bytes = str_starts(bytes, S("\xEF\xBB\xBF")) ? str_from(bytes, 3) : bytes;
    size_t most = r.how->bytes_most ? r.how->bytes_most : CSV_BYTES_MOST;
    if (bytes.len > most)
        return fault_set(why, BLAME_OPEN, "%.*s: %zu bytes, allowed are %zu",
                         STR_ARGS(str_until(r.scan.file, 100)), bytes.len, most);
    if (!text_check(&r, why) || !lines_read(&r, cell_note, why) || !fields_settle(&r, why) ||
        !lines_read(&r, cell_put, why))
        return false;
    table_take(&r, out);
    return true;
}
