/* Any bytes as JSON lines: a table or a fault; what was read prints and reads back equal. */
#include "core/data/jsonl.h"
#include <math.h>
#include <stdlib.h>

static void same(const struct column *a, const struct column *b, size_t rows)
{
    if (!str_equal(a->name, b->name) || a->missing_count != b->missing_count)
        abort();
    if (column_is_numeric(a) != column_is_numeric(b)) /* pinned numbers read as texts */
        return;
    for (size_t i = 0; i < rows; i++)
        if (column_is_numeric(a)
                ? a->numbers[i] != b->numbers[i] && !(isnan(a->numbers[i]) && isnan(b->numbers[i]))
                : (a->codes[i] < 0) != (b->codes[i] < 0) ||
                      (a->codes[i] >= 0 &&
                       !str_equal(a->levels[a->codes[i]], b->levels[b->codes[i]])))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_pin pins[] = { { S("id"), COLUMN_CATEGORY }, { S("n"), COLUMN_NUMBER } };
    struct csv_options how = { .file = S("f.jsonl"), .pins = pins, .pin_count = size % 3 };
    scoped_arena arena = arena_open(NULL);
    struct table table, back;
    struct fault why = { 0 };
    if (!jsonl_parse(arena, (struct str){ (const char *)data, size }, &how, &table, &why)) {
        if (!why.text[0])
            abort();
        return 0;
    }
    struct text text = { .arena = arena };
    how.pin_count = 0;
    jsonl_print(&text, &table);
    if (!jsonl_parse(arena, text_str(&text), &how, &back, &why) || back.rows != table.rows ||
        back.column_count != table.column_count)
        abort();
    for (size_t i = 0; i < table.column_count; i++)
        same(&table.columns[i], &back.columns[i], table.rows);
    return 0;
}
