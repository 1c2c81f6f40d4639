/* Held-out rows with drawn ids in drawn order. */
#include "grader/heldout.h"
#include "core/base/digest.h"
#include <stdio.h>
#include <stdlib.h>

#define ID_LEAST 100000000u
#define ID_RANGE 900000000u
#define DRAW_NUMBERS 1024

/* A stream of numbers that nobody without the key can tell from chance. */
struct draw {
    struct str key;
    uint64_t block;
    size_t at; /* of numbers */
    uint64_t numbers[DRAW_NUMBERS];
};

static uint64_t draw_below(struct draw *draw, uint64_t range)
{
    if (draw->at == DRAW_NUMBERS) {
        char counter[24], hex[SHA256_HEX];
        int len = snprintf(counter, sizeof counter, "%llu", (unsigned long long)draw->block++);
        hmac_sha256(draw->key, (struct str){ counter, (size_t)len }, hex);
        keyed_bytes(hex, draw->numbers, sizeof draw->numbers);
        draw->at = 0;
    }
    return (uint64_t)(((__uint128_t)draw->numbers[draw->at++] * range) >> 64);
}

/* Cut one record off *rest, quotes respected; its line end is not part of it. */
static bool record_cut(struct str *rest, struct str *record)
{
    if (!rest->len)
        return false;
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->len; i++) {
        char c = rest->at[i];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '\n' || c == '\r'))
            break;
    }
    *record = str_until(*rest, i);
    if (i + 1 < rest->len && rest->at[i] == '\r' && rest->at[i + 1] == '\n')
        i++;
    *rest = str_from(*rest, i + 1);
    return true;
}

/*
 * The cell at position `wanted` of a record: where it begins and how long it is, quotes included.
 */
static bool cell_find(struct str record, size_t wanted, size_t *from, size_t *len)
{
    bool quoted = false;
    size_t cell = 0, start = 0;
    for (size_t i = 0; i <= record.len; i++) {
        char c = i < record.len ? record.at[i] : ',';
        if (c == '"')
            quoted = !quoted;
        if (c != ',' || (quoted && i < record.len))
            continue;
        if (cell++ == wanted) {
            *from = start;
            *len = i - start;
            return true;
        }
        start = i + 1;
    }
    return false;
}

static struct str unquoted(struct str cell)
{
    cell = str_trim(cell);
    if (cell.len >= 2 && cell.at[0] == '"' && cell.at[cell.len - 1] == '"')
        return str_until(str_from(cell, 1), cell.len - 2);
    return cell;
}

static bool column_find(struct str header, const char *name, size_t *at, struct fault *why)
{
    size_t from, len;
    for (*at = 0; cell_find(header, *at, &from, &len); (*at)++)
        if (str_is(unquoted(str_until(str_from(header, from), len)), name))
            return true;
    return fault_set(why, BLAME_COURSE, "heldout.csv has no column \"%s\"", name);
}

static int order_of(const void *a, const void *b)
{
    return str_order(*(const struct str *)a, *(const struct str *)b);
}

static bool all_distinct(struct arena *arena, const struct str *ids, size_t count)
{
    struct str *sorted = arena_array(arena, struct str, count);
    if (count)
        memcpy(sorted, ids, count * sizeof *ids);
    qsort(sorted, count, sizeof *sorted, order_of);
    for (size_t i = 1; i < count; i++)
        if (str_equal(sorted[i - 1], sorted[i]))
            return false;
    return true;
}

static void ids_draw(struct arena *arena, struct draw *draw, struct heldout *out)
{
    do {
        for (size_t i = 0; i < out->row_count; i++)
            out->new_ids[i] =
                str_of(arena_print(arena, "%u", ID_LEAST + (unsigned)draw_below(draw, ID_RANGE)));
    } while (!all_distinct(arena, out->new_ids, out->row_count));
}

static struct str *records_read(struct arena *arena, struct str rest, size_t *count)
{
    size_t room = 1024;
    struct str *records = arena_array(arena, struct str, room), record;
    *count = 0;
    while (record_cut(&rest, &record)) {
        if (!record.len)
            continue;
        if (*count == room) {
            records =
                arena_grow(arena, records, room * sizeof *records, 2 * room * sizeof *records);
            room *= 2;
        }
        records[(*count)++] = record;
    }
    return records;
}

/* The record with another id, quotes or not. */
static void record_add(struct text *csv, struct str record, size_t column, struct str id)
{
    size_t from = 0, len = 0;
    cell_find(record, column, &from, &len);
    text_add(csv, str_until(record, from));
    text_add(csv, id);
    text_add(csv, str_from(record, from + len));
    text_char(csv, '\n');
}

bool heldout_draw(struct arena *arena, struct str bytes, const char *id_column, struct str key,
                  struct heldout *out, struct fault *why)
{
    if (str_starts(bytes, S("\xef\xbb\xbf")))
        bytes = str_from(bytes, 3);
    size_t count, column, from, len;
    struct str *records = records_read(arena, bytes, &count);
    if (count < 1)
        return fault_set(why, BLAME_COURSE, "heldout.csv is empty");
    if (!column_find(records[0], id_column, &column, why))
        return false;
    out->row_count = count - 1;
    out->ids = arena_array(arena, struct str, out->row_count);
    out->new_ids = arena_array(arena, struct str, out->row_count);
    for (size_t i = 0; i < out->row_count; i++) {
        if (!cell_find(records[i + 1], column, &from, &len))
            return fault_set(why, BLAME_COURSE, "heldout.csv: record %zu has no id", i + 1);
        out->ids[i] = unquoted(str_until(str_from(records[i + 1], from), len));
    }
    if (!all_distinct(arena, out->ids, out->row_count))
        return fault_set(why, BLAME_COURSE, "heldout.csv has the same id twice");
    struct draw draw = { .key = key, .at = DRAW_NUMBERS };
    ids_draw(arena, &draw, out);
    size_t *order = arena_array(arena, size_t, out->row_count);
    for (size_t i = 0; i < out->row_count; i++) {
        size_t j = (size_t)draw_below(&draw, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    struct text csv = { .arena = arena };
    text_add(&csv, records[0]);
    text_char(&csv, '\n');
    for (size_t i = 0; i < out->row_count; i++)
        record_add(&csv, records[order[i] + 1], column, out->new_ids[order[i]]);
    out->csv = text_str(&csv);
    return true;
}
