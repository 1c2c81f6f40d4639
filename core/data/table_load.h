/*
 * Tables from wherever they lie: CSV or JSON lines, packed by gzip or zstd or not, one file or a
 * directory of them. JSON lines begin with { or have a name that ends in .jsonl or .ndjson, perhaps
 * with .gz or .zst behind; packed is what its first bytes say.
 */
#pragma once

#include "core/data/csv.h"

#define TABLE_FILES_MOST 1000

/*
 * Load. A directory stands for the files in it whose names end in .csv, .jsonl or .ndjson, also
 * with .gz or .zst behind, one below the other in the order of their names, as SageMaker's channels
 * hold them; hidden files are not looked at. how may be NULL; how->file is not used: faults name
 * the path.
 */
bool table_load(struct arena *arena, int dir, const char *path, const struct csv_options *how,
                struct table *out, struct fault *why);

/* The same for one file's bytes, which must live on until it returns. how->file is its name. */
bool table_parse(struct arena *arena, struct str bytes, const struct csv_options *how,
                 struct table *out, struct fault *why);

bool table_is_json_lines(struct str name, struct str bytes);

/* Save as JSON lines where the name ends in .jsonl or .ndjson, else as CSV. */
bool table_write(struct arena *arena, int dir, const char *path, const struct table *table,
                 unsigned threads, struct fault *why);
