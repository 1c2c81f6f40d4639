/* Any bytes as gzip or zstd, alone and as a table's file: unpacked within the bound, or refused. */
#include "core/base/unpack.h"
#include "core/data/table_load.h"
#include <stdlib.h>

#define BYTES_MOST ((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_arena arena = arena_open(NULL);
    struct str bytes = { (const char *)data, size }, out;
    struct csv_options how = { .file = S("f.gz") };
    struct table table;
    struct fault why = { 0 };
    if (!bytes_unpack(arena, bytes, BYTES_MOST, &out, &why)) {
        if (!why.text[0])
            abort();
        return 0;
    }
    if (!bytes_are_packed(bytes) || out.len > BYTES_MOST)
        abort();
    if (!table_parse(arena, bytes, &how, &table, &why) && !why.text[0])
        abort();
    return 0;
}
