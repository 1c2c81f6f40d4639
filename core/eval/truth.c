/* Truth files: ids, targets, usage. */
#include "core/data/csv.h"
#include "core/data/number.h"
#include "core/eval/predictions.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
    struct arena *arena;
    struct str bytes, file;
    const struct truth_form *form;
    struct table table;
    const struct column *id, *target, *usage;
    struct truth *out;
};

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

static bool refuse(const struct reading *r, size_t row, struct fault *why, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool refuse(const struct reading *r, size_t row, struct fault *why, const char *format, ...)
{
    va_list args;
    char text[160];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fault_set(why, BLAME_OPEN, "%.*s:%zu: %s", STR_ARGS(str_until(r->file, 70)),
                     line_of(r, row), text);
}

static bool target_find(struct reading *r, struct fault *why)
{
    struct str wanted = r->form->target;
    for (size_t i = 0; i < r->table.column_count; i++) {
        const struct column *column = &r->table.columns[i];
        if (column == r->id || column == r->usage ||
            (wanted.len && !str_equal(column->name, wanted)))
            continue;
        if (r->target)
            return fault_set(
                why, BLAME_OPEN, "%.*s:1: columns \"%.*s\" and \"%.*s\" could both be the target",
                STR_ARGS(str_until(r->file, 70)), STR_ARGS(str_until(r->target->name, 40)),
                STR_ARGS(str_until(column->name, 40)));
        r->target = column;
    }
    if (r->target)
        return true;
    return fault_set(why, BLAME_OPEN, "%.*s:1: no column %s%.*s%s",
                     STR_ARGS(str_until(r->file, 70)), wanted.len ? "\"" : "for the target",
                     STR_ARGS(str_until(wanted, 60)), wanted.len ? "\"" : "");
}

static bool columns_find(struct reading *r, struct str id_column, struct fault *why)
{
    r->id = table_find(&r->table, id_column);
    r->usage = table_find(&r->table, S("Usage"));
    if (!r->id)
        return fault_set(why, BLAME_OPEN, "%.*s:1: no column \"%.*s\"",
                         STR_ARGS(str_until(r->file, 70)), STR_ARGS(str_until(id_column, 60)));
    if (r->table.rows == 0)
        return fault_set(why, BLAME_OPEN, "%.*s: a header and no rows",
                         STR_ARGS(str_until(r->file, 70)));
    return target_find(r, why);
}

static bool ids_take(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    out->index = (struct dictionary){ .arena = r->arena };
    for (size_t row = 0; row < r->table.rows; row++) {
        int32_t code = r->id->codes[row];
        if (code < 0)
            return refuse(r, row, why, "no id");
        if ((size_t)code != row)
            return refuse(r, row, why, "id \"%.*s\" is there twice",
                          STR_ARGS(str_until(r->id->levels[code], 60)));
        dictionary_add(&out->index, r->id->levels[code]);
    }
    out->ids = out->index.texts;
    return true;
}

static bool usage_take(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    enum usage *usage = arena_array(r->arena, enum usage, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++) {
        int32_t code = r->usage ? r->usage->codes[row] : -1;
        struct str word = code < 0 ? S("") : r->usage->levels[code];
        if (r->usage && !str_is(word, "Public") && !str_is(word, "Private"))
            return refuse(r, row, why, "Usage \"%.*s\", allowed are Public and Private",
                          STR_ARGS(str_until(word, 40)));
        usage[row] = str_is(word, "Private") ? USAGE_PRIVATE : USAGE_PUBLIC;
        out->private_count += usage[row] == USAGE_PRIVATE;
    }
    out->usage = usage;
    out->has_usage = r->usage != NULL;
    out->public_count = r->table.rows - out->private_count;
    return true;
}

static int number_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The distinct values rising, as far as TRUTH_CLASSES_MOST + 1; gives their number. */
static size_t distinct(const double *values, size_t n, double out[TRUTH_CLASSES_MOST + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < n && count <= TRUTH_CLASSES_MOST; i++) {
        double value = values[i] + 0.0;
        if (bsearch(&value, out, count, sizeof *out, number_order))
            continue;
        size_t at = count++;
        for (; at > 0 && out[at - 1] > value; at--)
            out[at] = out[at - 1];
        out[at] = value;
    }
    return count;
}

static bool classes_count_check(struct reading *r, size_t count, struct fault *why)
{
    unsigned kinds = r->form->kinds ? r->form->kinds : ~0u;
    r->out->class_count = count;
    r->out->kind = count == 2 && (kinds & TRUTH_BINARY) ? TRUTH_BINARY : TRUTH_CLASSES;
    if (count < 2)
        return fault_set(why, BLAME_OPEN, "%.*s: all rows are of one class",
                         STR_ARGS(str_until(r->file, 70)));
    if (!(kinds & r->out->kind))
        return fault_set(why, BLAME_OPEN, "%.*s: column \"%.*s\" has %zu classes, two are needed",
                         STR_ARGS(str_until(r->file, 70)), STR_ARGS(str_until(r->target->name, 60)),
                         count);
    return count <= TRUTH_CLASSES_MOST ||
           fault_set(why, BLAME_OPEN, "%.*s: column \"%.*s\" has more than %d classes",
                     STR_ARGS(str_until(r->file, 70)), STR_ARGS(str_until(r->target->name, 60)),
                     TRUTH_CLASSES_MOST);
}

static bool number_target(struct reading *r, struct fault *why)
{
    struct truth *out = r->out;
    unsigned kinds = r->form->kinds ? r->form->kinds : ~0u;
    double found[TRUTH_CLASSES_MOST + 1] = { 0 };
    size_t count = distinct(r->target->numbers, r->table.rows, found);
    bool zero_one = count <= 2;
    for (size_t i = 0; i < count && zero_one; i++)
        zero_one &= found[i] == 0 || found[i] == 1;
    if ((kinds & TRUTH_NUMBER) && !(zero_one && (kinds & TRUTH_BINARY))) {
        out->kind = TRUTH_NUMBER;
        out->target = r->target->numbers;
        return true;
    }
    if (zero_one) { /* also when only one of them occurs */
        found[0] = 0;
        found[1] = 1;
        count = 2;
    }
    if (!classes_count_check(r, count, why))
        return false;
    struct str *classes = arena_array(r->arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        char text[NUMBER_BYTES];
        classes[i] = str_keep(r->arena, (struct str){ text, number_print(found[i], text) });
    }
    double *target = arena_array(r->arena, double, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++) {
        const double *at =
            bsearch(&r->target->numbers[row], found, count, sizeof *found, number_order);
        target[row] = (double)(at - found);
    }
    out->classes = classes;
    out->target = target;
    return true;
}

static int text_order(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

static bool text_target(struct reading *r, struct fault *why)
{
    size_t count = r->target->level_count;
    if (!classes_count_check(r, count, why))
        return false;
    struct str *classes = arena_array(r->arena, struct str, count);
    memcpy(classes, r->target->levels, count * sizeof *classes);
    qsort(classes, count, sizeof *classes, text_order);
    double *place = arena_array(r->arena, double, count);
    for (size_t i = 0; i < count; i++) {
        struct str *at =
            bsearch(&r->target->levels[i], classes, count, sizeof *classes, text_order);
        place[i] = (double)(at - classes);
    }
    double *target = arena_array(r->arena, double, r->table.rows);
    for (size_t row = 0; row < r->table.rows; row++)
        target[row] = place[r->target->codes[row]];
    r->out->classes = classes;
    r->out->target = target;
    return true;
}

static bool target_take(struct reading *r, struct fault *why)
{
    const struct column *target = r->target;
    bool is_number = column_is_numeric(target);
    for (size_t row = 0; target->missing_count && row < r->table.rows; row++)
        if (is_number ? isnan(target->numbers[row]) : target->codes[row] < 0)
            return refuse(r, row, why, "no value in column \"%.*s\"",
                          STR_ARGS(str_until(target->name, 60)));
    if (is_number)
        return number_target(r, why);
    if (r->form->kinds == TRUTH_NUMBER)
        for (size_t row = 0; row < r->table.rows; row++) {
            double value;
            struct str text = target->levels[target->codes[row]];
            if (number_parse(text, &value) != NUMBER_FINE)
                return refuse(r, row, why, "column \"%.*s\" held \"%.*s\", a number is needed",
                              STR_ARGS(str_until(target->name, 40)), STR_ARGS(str_until(text, 40)));
        }
    return text_target(r, why);
}

bool truth_parse(struct arena *arena, struct str bytes, const struct truth_form *form,
                 struct truth *out, struct fault *why)
{
    struct reading r = { .arena = arena,
                         .bytes = bytes,
                         .file = form->file.len ? form->file : S("truth"),
                         .form = form,
                         .out = out };
    struct str id_column = form->id_column.len ? form->id_column : S("id");
    struct csv_pin pins[] = { { id_column, COLUMN_CATEGORY }, { S("Usage"), COLUMN_CATEGORY } };
    struct csv_options how = {
        .file = r.file, .pins = pins, .pin_count = 2, .bytes_most = TRUTH_BYTES_MOST
    };
    *out = (struct truth){ 0 };
    if (!csv_parse(arena, bytes, &how, &r.table, why) || !columns_find(&r, id_column, why))
        return false;
    out->row_count = r.table.rows;
    return ids_take(&r, why) && usage_take(&r, why) && target_take(&r, why);
}
