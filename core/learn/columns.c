/* Columns asked for by name. */
#include "core/learn/columns.h"
#include "core/base/complaint.h"

#define NAMES_MOST 1024 /* that are looked at for the nearest one */

const struct column *column_needed(const struct table *table, struct str name, const char *of,
                                   struct fault *why)
{
    const struct column *column = table_find(table, name);
    if (column)
        return column;
    const char *names[NAMES_MOST];
    size_t count = table->column_count < NAMES_MOST ? table->column_count : NAMES_MOST;
    for (size_t i = 0; i < count; i++)
        names[i] = table->columns[i].name.at;
    const char *nearest = words_nearest(name, names, count);
    fault_set(why, BLAME_OPEN, "%s needs the column \"%.*s\", which the data does not have%s%s%s",
              of, STR_ARGS(str_until(name, 60)), nearest ? ", did you mean \"" : "",
              nearest ? nearest : "", nearest ? "\"" : "");
    return NULL;
}
