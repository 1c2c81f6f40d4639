/* Tables from a file or a directory, and prediction files. */
#include "core/learn/table_file.h"
#include "core/data/table_load.h"
#include "core/learn/columns.h"
#include <fcntl.h>
#include <math.h>

struct csv_options table_pins(struct arena *arena, struct str id, const struct model *model)
{
    size_t count = model ? model->features.source_count : 0;
    struct csv_pin *pins = arena_array(arena, struct csv_pin, count + 1);
    struct csv_options how = { .pins = pins };
    pins[how.pin_count++] = (struct csv_pin){ id, COLUMN_CATEGORY };
    for (size_t i = 0; i < count; i++) {
        enum slot_kind kind = model->features.sources[i].kind;
        if ((kind == SLOT_NUMBER || kind == SLOT_TIME) &&
            !str_equal(model->features.sources[i].name, id))
            pins[how.pin_count++] =
                (struct csv_pin){ model->features.sources[i].name,
                                  kind == SLOT_TIME ? COLUMN_TIME : COLUMN_NUMBER };
    }
    return how;
}

bool table_file_load(struct arena *arena, const char *path, const struct csv_options *how,
                     struct table *out, struct fault *why)
{
    return table_load(arena, AT_FDCWD, path, how, out, why);
}

/* Columns of the table to write: the id's copy, then one a number. */
static bool columns_make(struct arena *arena, const struct prediction_columns *prediction,
                         size_t rows, struct column *out, struct fault *why)
{
    double *values = arena_array(arena, double, rows);
    for (size_t k = 0; k < prediction->width; k++) {
        for (size_t i = 0; i < rows; i++) {
            values[i] = prediction->values[i * prediction->width + k];
            if (!isfinite(values[i]))
                return fault_set(why, BLAME_OPEN,
                                 "the prediction for row %zu was not a finite number", i + 1);
        }
        struct str name = prediction->width > 1 ? prediction->classes[k] : S("prediction");
        if (!column_of_numbers(arena, name, values, rows, &out[k], why))
            return false;
    }
    return true;
}

bool predictions_print(struct arena *arena, const struct table *table, struct str id,
                       const struct prediction_columns *prediction, struct str *out,
                       struct fault *why)
{
    const struct column *column = column_needed(table, id, "the prediction file", why);
    if (!column)
        return false;
    if (column->missing_count)
        return fault_set(why, BLAME_OPEN, "the id column \"%.*s\" has %zu empty cells",
                         STR_ARGS(str_until(id, 60)), column->missing_count);
    struct column *columns = arena_array(arena, struct column, prediction->width + 1);
    columns[0] = *column;
    if (!columns_make(arena, prediction, table->rows, columns + 1, why))
        return false;
    struct table all = { .rows = table->rows,
                         .column_count = prediction->width + 1,
                         .columns = columns };
    struct text text = { .arena = arena };
    csv_print(&text, &all);
    *out = text_str(&text);
    return true;
}
