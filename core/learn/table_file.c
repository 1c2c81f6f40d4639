/* Tables from a file or a directory, and prediction files. */
#include "core/learn/table_file.h"
#include "core/learn/columns.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

struct csv_options table_pins(struct arena *arena, struct str id, const struct model *model)
{
    size_t count = model ? model->features.count : 0;
    struct csv_pin *pins = arena_array(arena, struct csv_pin, count + 1);
    struct csv_options how = { .pins = pins };
    pins[how.pin_count++] = (struct csv_pin){ id, COLUMN_CATEGORY };
    for (size_t i = 0; i < count; i++)
        if (model->features.at[i].kind == FEATURE_NUMBER &&
            !str_equal(model->features.at[i].name, id))
            pins[how.pin_count++] = (struct csv_pin){ model->features.at[i].name, COLUMN_NUMBER };
    return how;
}

static bool load_one(struct arena *arena, const char *path, const struct csv_options *how,
                     struct table *out, struct fault *why)
{
    struct csv_options named = *how;
    named.file = str_of(path);
    return csv_load(arena, AT_FDCWD, path, &named, out, why);
}

static int by_text(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* The paths of dir's *.csv files, sorted by name; hidden files are not looked at. */
static bool list_files(struct arena *arena, const char *dir, struct str *paths, size_t *count,
                       struct fault *why)
{
    DIR *open = opendir(dir);
    if (!open)
        return fault_errno(why, "%s", dir);
    bool fits = true;
    *count = 0;
    for (struct dirent *one; fits && (one = readdir(open));) {
        if (one->d_name[0] == '.' || !str_ends(str_of(one->d_name), S(".csv")))
            continue;
        fits = *count < TABLE_FILES_MOST;
        if (fits)
            paths[(*count)++] = str_of(arena_print(arena, "%s/%s", dir, one->d_name));
    }
    closedir(open);
    if (!fits)
        return fault_set(why, BLAME_OPEN, "%s: more than %d *.csv files", dir, TABLE_FILES_MOST);
    if (!*count)
        return fault_set(why, BLAME_OPEN, "%s: no *.csv file was found", dir);
    qsort(paths, *count, sizeof *paths, by_text);
    return true;
}

static bool directory_load(struct arena *arena, const char *dir, const struct csv_options *how,
                           struct table *out, struct fault *why)
{
    struct str *paths = arena_array(arena, struct str, TABLE_FILES_MOST);
    size_t count = 0;
    if (!list_files(arena, dir, paths, &count, why))
        return false;
    struct table *tables = arena_array(arena, struct table, count);
    for (size_t i = 0; i < count; i++)
        if (!load_one(arena, paths[i].at, how, &tables[i], why))
            return false;
    if (count > 1)
        return table_stack(arena, tables, paths, count, out, why);
    *out = tables[0];
    return true;
}

bool table_file_load(struct arena *arena, const char *path, const struct csv_options *how,
                     struct table *out, struct fault *why)
{
    struct stat stat_of;
    if (stat(path, &stat_of) != 0)
        return fault_errno(why, "%s", path);
    return S_ISDIR(stat_of.st_mode) ? directory_load(arena, path, how, out, why)
                                    : load_one(arena, path, how, out, why);
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
