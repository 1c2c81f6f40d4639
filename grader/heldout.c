/* Held-out rows with drawn ids in drawn order. */
#include "grader/heldout.h"
#include "core/base/digest.h"
#include "core/data/dictionary.h"
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

/* The text of a cell; doubled quotes become one in a copy. */
static struct str unquoted(struct arena *arena, struct str cell)
{
    size_t at, count = 0;
    cell = str_trim(cell);
    if (cell.len < 2 || cell.at[0] != '"' || cell.at[cell.len - 1] != '"')
        return cell;
    cell = str_until(str_from(cell, 1), cell.len - 2);
    if (!str_find(cell, '"', &at))
        return cell;
    char *copy = arena_take(arena, cell.len);
    for (size_t i = 0; i < cell.len; i++) {
        i += cell.at[i] == '"' && i + 1 < cell.len && cell.at[i + 1] == '"';
        copy[count++] = cell.at[i];
    }
    return (struct str){ copy, count };
}

static bool column_find(struct arena *arena, struct str header, const char *name, size_t *at,
                        struct fault *why)
{
    size_t from, len;
    for (*at = 0; cell_find(header, *at, &from, &len); (*at)++)
        if (str_is(unquoted(arena, str_until(str_from(header, from), len)), name))
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

/* One for each unit: a row, a query, an image. */
static struct str *units_draw(struct arena *arena, struct draw *draw, size_t count)
{
    struct str *units = arena_array(arena, struct str, count);
    do {
        for (size_t i = 0; i < count; i++)
            units[i] =
                str_of(arena_print(arena, "%u", ID_LEAST + (unsigned)draw_below(draw, ID_RANGE)));
    } while (!all_distinct(arena, units, count));
    return units;
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

/* The file's records and where their ids stand. */
struct records {
    struct arena *arena;
    const struct heldout_form *form;
    struct str *at;         /* [count + 1] the header first */
    size_t count, id, item; /* columns */
    uint32_t *unit;         /* [count] which of the distinct ids a record has */
    struct dictionary units;
};

static bool cell_take(const struct records *r, size_t record, size_t column, struct str *out,
                      struct fault *why)
{
    size_t from, len;
    if (!cell_find(r->at[record], column, &from, &len))
        return fault_set(why, BLAME_COURSE, "heldout.csv: record %zu has no id", record);
    *out = unquoted(r->arena, str_until(str_from(r->at[record], from), len));
    return true;
}

static bool header_take(struct records *r, struct fault *why)
{
    const struct heldout_form *form = r->form;
    return column_find(r->arena, r->at[0], form->id_column, &r->id, why) &&
           (!form->item_column ||
            column_find(r->arena, r->at[0], form->item_column, &r->item, why));
}

/* As in struct truth: NUL between them. */
static struct str pair_of(struct arena *arena, struct str unit, struct str item)
{
    char *pair = arena_take(arena, unit.len + 1 + item.len);
    memcpy(pair, unit.at, unit.len);
    pair[unit.len] = 0;
    memcpy(pair + unit.len + 1, item.at, item.len);
    return (struct str){ pair, unit.len + 1 + item.len };
}

/* The ids in the order of the file. */
static bool ids_take(struct records *r, struct heldout *out, struct fault *why)
{
    struct dictionary pairs = { .arena = r->arena };
    bool by_pair = r->form->item_column != NULL;
    struct dictionary *rows = by_pair ? &pairs : &r->units;
    for (size_t i = 0; i < r->count; i++) {
        struct str id, item;
        size_t before = rows->count;
        if (!cell_take(r, i + 1, r->id, &id, why) ||
            (by_pair && !cell_take(r, i + 1, r->item, &item, why)))
            return false;
        r->unit[i] = (uint32_t)dictionary_add(&r->units, id);
        if (by_pair)
            dictionary_add(&pairs, pair_of(r->arena, id, item));
        if (rows->count == before && !r->form->repeats)
            return fault_set(why, BLAME_COURSE, "heldout.csv has the same %s twice",
                             by_pair ? "item of a query" : "id");
    }
    out->row_count = rows->count;
    out->ids = rows->texts;
    return true;
}

/* The drawn ones beside them. */
static void new_ids_make(const struct records *r, const struct str *units, struct heldout *out)
{
    out->new_ids = arena_array(r->arena, struct str, out->row_count);
    for (size_t i = 0; i < out->row_count; i++) {
        struct str item = out->ids[i], unit;
        if (!r->form->item_column) {
            out->new_ids[i] = units[i];
            continue;
        }
        str_cut(&item, '\0', &unit);
        out->new_ids[i] = pair_of(r->arena, units[r->unit[i]], item);
    }
}

static size_t *order_draw(struct arena *arena, struct draw *draw, size_t count)
{
    size_t *order = arena_array(arena, size_t, count);
    for (size_t i = 0; i < count; i++) {
        size_t j = (size_t)draw_below(draw, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

/* Records in drawn order; those of an image stay together, as they were. */
static size_t *records_order(const struct records *r, struct draw *draw)
{
    size_t units = r->units.count;
    if (!r->form->repeats)
        return order_draw(r->arena, draw, r->count);
    size_t *drawn = order_draw(r->arena, draw, units);
    size_t *from = arena_array(r->arena, size_t, units),
           *count = arena_array(r->arena, size_t, units);
    size_t *order = arena_array(r->arena, size_t, r->count), next = 0;
    for (size_t i = 0; i < r->count; i++)
        count[r->unit[i]]++;
    for (size_t i = 0; i < units; i++) {
        from[drawn[i]] = next;
        next += count[drawn[i]];
    }
    for (size_t i = 0; i < r->count; i++)
        order[from[r->unit[i]]++] = i;
    return order;
}

bool heldout_draw(struct arena *arena, struct str bytes, const struct heldout_form *form,
                  struct heldout *out, struct fault *why)
{
    if (str_starts(bytes, S("\xef\xbb\xbf")))
        bytes = str_from(bytes, 3);
    struct records r = { .arena = arena, .form = form, .units = { .arena = arena } };
    r.at = records_read(arena, bytes, &r.count);
    if (r.count-- < 1)
        return fault_set(why, BLAME_COURSE, "heldout.csv is empty");
    r.unit = arena_array(arena, uint32_t, r.count);
    if (!header_take(&r, why) || !ids_take(&r, out, why))
        return false;
    struct draw draw = { .key = form->key, .at = DRAW_NUMBERS };
    struct str *units = units_draw(arena, &draw, r.units.count);
    new_ids_make(&r, units, out);
    size_t *order = records_order(&r, &draw);
    struct text csv = { .arena = arena };
    text_add(&csv, r.at[0]);
    text_char(&csv, '\n');
    for (size_t i = 0; i < r.count; i++)
        record_add(&csv, r.at[order[i] + 1], r.id, units[r.unit[order[i]]]);
    out->csv = text_str(&csv);
    return true;
}
