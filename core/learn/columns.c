/* Columns asked for by name. */
#include "core/learn/columns.h"
#include "core/base/complaint.h"
#include "core/data/origin.h"
#include <stdarg.h>
#include <stdio.h>

#define NAMES_MOST 1024 /* that are looked at for the nearest one */

static const char *nearest_column(const struct table *table, struct str name)
{
    const char *names[NAMES_MOST];
    size_t count = table->column_count < NAMES_MOST ? table->column_count : NAMES_MOST;
    for (size_t i = 0; i < count; i++)
        names[i] = table->columns[i].name.at;
    return words_nearest(name, names, count);
}

bool table_fault(const struct table *table, struct fault *why, const char *format, ...)
{
    char text[sizeof why->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const struct origin *origin = table->column_count ? table->columns[0].origin : NULL;
    if (!origin || !origin->count)
        return fault_set(why, BLAME_OPEN, "%s", text);
    return fault_set(why, BLAME_OPEN, "%.*s: %s", STR_ARGS(str_until(origin->paths[0], 80)), text);
}

const struct column *column_needed(const struct table *table, struct str name, const char *of,
                                   struct fault *why)
{
    const struct column *column = table_find(table, name);
    if (column)
        return column;
    const char *nearest = nearest_column(table, name);
    table_fault(table, why, "%s needs the column \"%.*s\", which the data does not have%s%s%s", of,
                STR_ARGS(str_until(name, 60)), nearest ? ", did you mean \"" : "",
                nearest ? nearest : "", nearest ? "\"" : "");
    return NULL;
}

bool columns_lacking(const struct table *table, const struct str *names, size_t count,
                     struct columns_lost *lost)
{
    for (size_t i = 0; i < count; i++) {
        if (table_find(table, names[i]))
            continue;
        char name[48], hint[100] = "";
        snprintf(name, sizeof name, "\"%.*s\"", STR_ARGS(str_until(names[i], 40)));
        if (strstr(lost->text, name))
            continue; /* of another step */
        const char *nearest = nearest_column(table, names[i]);
        if (nearest)
            snprintf(hint, sizeof hint, " (did you mean \"%s\"?)", nearest);
        size_t room = sizeof lost->text - lost->len;
        int len =
            snprintf(lost->text + lost->len, room, "%s%s%s", lost->count++ ? ", " : "", name, hint);
        if (len > 0 && (size_t)len < room)
            lost->len += (size_t)len;
        else
            lost->text[lost->len] = 0; /* no half names: the fault has no room for more */
    }
    return lost->count > 0;
}
