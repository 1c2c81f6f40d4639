/*
 * Schema files: what the columns of a table are, in place of what is found in its cells. YAML:
 *
 *     separator: "^"
 *     columns:
 *     - {name: id, kind: text}
 *     - {name: sold, kind: time, format: "%d.%m.%Y", missing: ["-", "unknown"]}
 *
 * separator: of the cells of CSV, one ASCII character that is no letter, digit, quote, point, sign
 * or line end; without it the separator is found, see core/data/csv_scan.h.
 * kind is one of those of core/data/table.h; format says how times are written (time_parse_as),
 * without it they are ISO 8601; missing are the words that stand for a missing cell, in place of
 * the usual ones. Columns of the table that are not named keep their found kind; named ones that
 * the table does not have are not looked for. At most 64 KiB: about 1000 columns.
 */
#pragma once

#include "core/base/complaint.h"
#include "core/data/csv.h"

struct schema {
    char separator; /* 0: found */
    size_t count;
    struct csv_pin *pins;      /* [count] */
    struct csv_pin_more *more; /* [count] */
};

/* False: all mistakes are in `to`, each with its line. `file` names it there. */
bool schema_parse(struct arena *arena, const char *file, struct str bytes, struct schema *out,
                  struct complaints *to);

/*
 * Put the schema's columns behind the pins that are there; a column that has a pin keeps its kind
 * and takes how times are written and, for numbers and times, what is missing. The options then
 * lean on the schema.
 */
void schema_apply(struct arena *arena, const struct schema *schema, struct csv_options *how);

/* The schema of a table as it is: what schema_parse reads back. */
void schema_print(struct text *out, const struct table *table);
