/* Truth files: which columns are read how, ids and usage. */
#include "core/eval/truth_parts.h"
#include <stdio.h>

/* The line of a row: faults are rare, so it is looked up by reading once more. */
static size_t line_of(const struct reading *r, size_t row)
{
    struct csv_scan scan;
    struct csv_cell cell;
    if (!csv_scan_open(&scan, r->bytes, r->file, 0, NULL))
        return 0;
    for (size_t records = 0; csv_record(&scan); records++) {
        if (records == row + 1)
            return scan.record_line;
        for (enum csv_step step = CSV_MORE; step == CSV_MORE;)
            step = csv_cell(&scan, &cell, NULL);
    }
    return 0;
}

static bool refuse(const struct reading *r, size_t line, struct fault *why, const char *format,
                   va_list args)
{
    char text[160];
    vsnprintf(text, sizeof text, format, args);
    return fault_set(why, BLAME_OPEN, "%.*s:%zu: %s", STR_ARGS(str_until(r->file, 70)), line, text);
}

bool reading_refuse(const struct reading *r, size_t row, struct fault *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(r, line_of(r, row), why, format, args);
    va_end(args);
    return false;
}

bool reading_refuse_header(const struct reading *r, struct fault *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(r, 1, why, format, args);
    va_end(args);
    return false;
}

const struct column *reading_column(struct reading *r, struct str name, bool needed,
                                    struct fault *why)
{
    const struct column *column = table_find(&r->table, name);
    if (column)
        r->known[r->known_count++] = column;
    else if (needed)
        reading_refuse_header(r, why, "no column \"%.*s\"", STR_ARGS(str_until(name, 60)));
    return column;
}

bool reading_is_known(const struct reading *r, const struct column *column)
{
    for (size_t i = 0; i < r->known_count; i++)
        if (r->known[i] == column)
            return true;
    return false;
}

bool reading_missing(const struct column *column, size_t row)
{
    return column_is_missing(column, row);
}

bool truth_take_ids(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    for (size_t row = 0; row < r->table.rows; row++) {
        int32_t code = r->id->codes[row];
        if (code < 0)
            return reading_refuse(r, row, why, "no id");
        if ((size_t)code != row)
            return reading_refuse(r, row, why, "id \"%.*s\" is there twice",
                                  STR_ARGS(str_until(r->id->levels[code], 60)));
        dictionary_add(&out->index, r->id->levels[code]);
    }
    out->ids = out->index.texts;
    return true;
}

bool truth_usage_at(const struct reading *r, size_t row, enum usage *out, struct fault *why)
{
    int32_t code = r->usage ? r->usage->codes[row] : -1;
    struct str word = code < 0 ? S("") : r->usage->levels[code];
    if (r->usage && !str_is(word, "Public") && !str_is(word, "Private"))
        return reading_refuse(r, row, why, "Usage \"%.*s\", allowed are Public and Private",
                              STR_ARGS(str_until(word, 40)));
    *out = str_is(word, "Private") ? USAGE_PRIVATE : USAGE_PUBLIC;
    return true;
}

bool truth_take_usage(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    enum usage *usage = arena_array(r->arena, enum usage, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++) {
        if (!truth_usage_at(r, row, &usage[row], why))
            return false;
        out->private_count += usage[row] == USAGE_PRIVATE;
    }
    out->usage = usage;
    out->public_count = r->table.rows - out->private_count;
    return true;
}

const struct truth_word truth_words[] = {
    { "binary", TRUTH_BINARY, false },
    { "multiclass", TRUTH_CLASSES | TRUTH_BINARY, false },
    { "text", TRUTH_CLASSES | TRUTH_BINARY, false },
    { "regression", TRUTH_NUMBER, false },
    { "forecast", TRUTH_NUMBER, true },
    { "multilabel", TRUTH_LABELS, false },
    { "ranking", TRUTH_RANKING, false },
    { "clustering", TRUTH_CLUSTERS, false },
    { "detection", TRUTH_BOXES, false },
    { 0 },
};

/* The kinds whose columns are not id and one target. */
static const struct layout {
    unsigned kinds;
    const char *id; /* NULL: as the form says */
    const char *categories[3], *numbers[6];
    bool (*take)(struct reading *r, struct fault *why);
} layouts[] = {
    { TRUTH_LABELS, NULL, { 0 }, { 0 }, truth_take_labels },
    { TRUTH_RANKING, "query", { "item" }, { 0 }, truth_take_ranking },
    { TRUTH_BOXES, NULL, { "class" }, { "x1", "y1", "x2", "y2", "iscrowd" }, truth_take_boxes },
    { 0, NULL, { "series" }, { 0 }, truth_take_plain }, /* all others */
};

static const struct layout *layout_of(const struct truth_form *form)
{
    const struct layout *at = layouts;
    while (at->kinds && at->kinds != form->kinds)
        at++;
    return at;
}

static size_t pins_make(const struct layout *layout, const struct truth_form *form,
                        struct str id_column, struct csv_pin pins[16])
{
    size_t count = 0;
    pins[count++] = (struct csv_pin){ id_column, COLUMN_CATEGORY };
    pins[count++] = (struct csv_pin){ S("Usage"), COLUMN_CATEGORY };
    if (form->group.len && !layout->kinds)
        pins[count++] = (struct csv_pin){ form->group, COLUMN_CATEGORY };
    if (form->attribute.len && !layout->kinds)
        pins[count++] = (struct csv_pin){ form->attribute, COLUMN_CATEGORY };
    bool all = layout->kinds || form->is_forecast;
    for (size_t i = 0; all && i < 3 && layout->categories[i]; i++)
        pins[count++] = (struct csv_pin){ str_of(layout->categories[i]), COLUMN_CATEGORY };
    for (size_t i = 0; all && i < 6 && layout->numbers[i]; i++)
        pins[count++] = (struct csv_pin){ str_of(layout->numbers[i]), COLUMN_NUMBER };
    return count;
}

bool truth_parse(struct arena *arena, struct str bytes, const struct truth_form *form,
                 struct truth *out, struct fault *why)
{
    struct reading r = { .arena = arena,
                         .bytes = bytes,
                         .file = form->file.len ? form->file : S("truth"),
                         .form = form,
                         .out = out };
    const struct layout *layout = layout_of(form);
    struct str id = layout->id            ? str_of(layout->id)
                    : form->id_column.len ? form->id_column
                                          : S("id");
    struct csv_pin pins[16];
    struct csv_options how = { .file = r.file,
                               .pins = pins,
                               .pin_count = pins_make(layout, form, id, pins),
                               .two_kinds = true,
                               .bytes_most = TRUTH_BYTES_MOST };
    *out = (struct truth){ .index = { .arena = arena } };
    if (!csv_parse(arena, bytes, &how, &r.table, why))
        return false;
    r.id = reading_column(&r, id, true, why);
    r.usage = reading_column(&r, S("Usage"), false, NULL);
    if (!r.id)
        return false;
    if (r.table.rows == 0)
        return fault_set(why, BLAME_OPEN, "%.*s: a header and no rows",
                         STR_ARGS(str_until(r.file, 70)));
    out->row_count = r.table.rows;
    out->has_usage = r.usage != NULL;
    return layout->take(&r, why);
}
