/* Any bytes as a schema file, or as one with a table behind it: a word for each mistake. */
#include "core/data/schema.h"
#include <stdlib.h>

/* libfyaml 0.7.12 loses the buffer of a quoted text that it refuses: 64 KiB a file at most. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena arena = arena_open(NULL);
    struct str bytes = { (const char *)data, size }, csv = S("");
    struct complaints to = { .arena = arena };
    struct csv_options how = { .file = S("f.csv") };
    struct schema schema;
    struct table table;
    struct fault why = { 0 };
    for (size_t i = 0; i + 1 < size; i++) /* behind a NUL there is a table */
        if (data[i] == 0) {
            csv = str_from(bytes, i + 1);
            bytes = str_until(bytes, i);
            break;
        }
    if (!schema_parse(arena, "f.yaml", bytes, &schema, &to)) {
        if (!to.count)
            abort();
        return 0;
    }
    schema_apply(arena, &schema, &how);
    if (!csv_parse(arena, csv, &how, &table, &why))
        return 0;
    for (size_t i = 0; i < table.column_count; i++)
        for (size_t k = 0; k < schema.count; k++)
            if (str_equal(table.columns[i].name, schema.pins[k].column) &&
                table.columns[i].kind != schema.pins[k].kind)
                abort();
    return 0;
}
