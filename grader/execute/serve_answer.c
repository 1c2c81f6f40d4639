/* Answers of a team's server: read, bounded by their bytes. */
#include "grader/execute/serve_answer.h"
#include <stdlib.h>

struct reading {
    struct arena *arena;
    const struct serve_beside *beside;
    struct serve_answer *out;
    size_t room;
    bool named;
};

/* Room for a row; its values are empty. */
static struct str *row_add(struct reading *at, struct str key)
{
    struct serve_answer *out = at->out;
    size_t width = at->beside->value_count * sizeof *out->values;
    if (out->row_count == at->room) {
        size_t room = at->room ? at->room * 2 : 64;
        out->values = arena_grow(at->arena, out->values, at->room * width, room * width);
        out->keys = arena_grow(at->arena, out->keys, at->room * sizeof *out->keys,
                               room * sizeof *out->keys);
        at->room = room;
    }
    out->keys[out->row_count] = key;
    return out->values + out->row_count++ * at->beside->value_count;
}

static struct str pair(struct arena *arena, struct str id, struct str item)
{
    struct text key = { .arena = arena };
    text_add(&key, id);
    text_char(&key, 0);
    text_add(&key, item);
    return text_str(&key);
}

/* ---- CSV ---- */

/* Where the columns of predictions.csv are in the answer. */
struct columns {
    size_t id_at, item_at, *values, count;
};

static size_t column_of(const struct serve_record *header, struct str name)
{
    for (size_t i = 0; i < header->count; i++)
        if (str_equal(header->cells[i], name))
            return i;
    return SIZE_MAX;
}

static bool header_find(const struct reading *at, const struct serve_record *header,
                        struct columns *out, struct fault *why)
{
    const struct serve_beside *beside = at->beside;
    const struct str *names = beside->table.columns;
    out->count = header->count;
    out->id_at = column_of(header, names[beside->id_at]);
    out->item_at =
        beside->item_at == SIZE_MAX ? SIZE_MAX : column_of(header, names[beside->item_at]);
    for (size_t i = 0; i < beside->value_count; i++) {
        struct str name = names[beside->values[i]];
        out->values[i] = column_of(header, name);
        if (out->values[i] == SIZE_MAX)
            return fault_set(why, BLAME_OPEN, "the header had no column %.*s",
                             STR_ARGS(str_until(name, 60)));
    }
    return beside->item_at == SIZE_MAX || out->item_at != SIZE_MAX ||
           fault_set(why, BLAME_OPEN, "the header had no column %.*s",
                     STR_ARGS(str_until(names[beside->item_at], 60)));
}

/* Without a header: the values alone, or all columns as predictions.csv has them. */
static bool order_take(const struct reading *at, size_t count, struct columns *out,
                       struct fault *why)
{
    const struct serve_beside *beside = at->beside;
    bool whole = count == beside->table.width;
    out->count = count;
    out->id_at = whole ? beside->id_at : SIZE_MAX;
    out->item_at = whole ? beside->item_at : SIZE_MAX;
    for (size_t i = 0; i < beside->value_count; i++)
        out->values[i] = whole ? beside->values[i] : i;
    return whole || count == beside->value_count ||
           fault_set(why, BLAME_OPEN, "a line had %zu cells, wanted were %zu or, with the id, %zu",
                     count, beside->value_count, beside->table.width);
}

static bool record_take(struct reading *at, const struct serve_record *record,
                        const struct columns *columns, struct fault *why)
{
    if (record->count != columns->count)
        return fault_set(why, BLAME_OPEN, "a line had %zu cells, the first one %zu", record->count,
                         columns->count);
    struct str key = columns->id_at == SIZE_MAX ? S("") : record->cells[columns->id_at];
    if (columns->item_at != SIZE_MAX)
        key = pair(at->arena, key, record->cells[columns->item_at]);
    struct str *values = row_add(at, key);
    for (size_t i = 0; i < at->beside->value_count; i++)
        values[i] = record->cells[columns->values[i]];
    return true;
}

static bool csv_take(struct reading *at, struct str body, struct fault *why)
{
    struct serve_reader reader = { .arena = at->arena, .rest = body };
    struct serve_record *record = arena_new(at->arena, struct serve_record);
    const struct serve_beside *beside = at->beside;
    struct columns columns = { .values = arena_array(at->arena, size_t, beside->value_count) };
    if (!serve_record_read(&reader, record, why))
        return !why->text[0];
    bool header = column_of(record, beside->table.columns[beside->id_at]) != SIZE_MAX;
    if (header ? !header_find(at, record, &columns, why)
               : !order_take(at, record->count, &columns, why))
        return false;
    at->named = columns.id_at != SIZE_MAX;
    bool more = !header || serve_record_read(&reader, record, why);
    while (more) {
        if (!record_take(at, record, &columns, why))
            return false;
        more = serve_record_read(&reader, record, why);
    }
    return !why->text[0];
}

/* ---- JSON ---- */

static bool scalar(struct arena *arena, const struct json *from, struct str *out)
{
    switch (from->kind) {
    case JSON_TEXT:
        *out = from->text;
        return true;
    case JSON_BOOL:
        *out = from->integer ? S("true") : S("false");
        return true;
    case JSON_INT:
        *out = str_of(arena_print(arena, "%lld", (long long)from->integer));
        return true;
    case JSON_DOUBLE:
        *out = str_of(arena_print(arena, "%.17g", from->number));
        return true;
    case JSON_NOTHING:
        *out = S("");
        return true;
    case JSON_LIST:
    case JSON_MAP:
        break;
    }
    return false;
}

static const struct json *member_of(const struct json *map, struct str name)
{
    for (size_t i = 0; i < map->count; i++)
        if (str_equal(map->members[i].key, name))
            return &map->members[i];
    return NULL;
}

static bool key_take(struct reading *at, const struct json *map, struct str *key, struct fault *why)
{
    const struct serve_beside *beside = at->beside;
    const struct json *id = member_of(map, beside->table.columns[beside->id_at]), *item;
    struct str of_item;
    at->named = id != NULL;
    if (!id)
        return true;
    if (!scalar(at->arena, id, key))
        return fault_set(why, BLAME_OPEN, "an id was neither a number nor a text");
    if (beside->item_at == SIZE_MAX)
        return true;
    item = member_of(map, beside->table.columns[beside->item_at]);
    if (!item || !scalar(at->arena, item, &of_item))
        return fault_set(why, BLAME_OPEN, "a member with an id had no %.*s",
                         STR_ARGS(str_until(beside->table.columns[beside->item_at], 60)));
    *key = pair(at->arena, *key, of_item);
    return true;
}

static bool member_take(struct reading *at, const struct json *from, struct fault *why)
{
    const struct serve_beside *beside = at->beside;
    bool map = from->kind == JSON_MAP, list = from->kind == JSON_LIST, before = at->named;
    size_t count = beside->value_count;
    struct str key = S("");
    if (map && !key_take(at, from, &key, why))
        return false;
    if (at->out->row_count && before != at->named)
        return fault_set(why, BLAME_OPEN, "some members had an id, some had none");
    if (list ? from->count != count : !map && count != 1)
        return fault_set(why, BLAME_OPEN, "a member had %zu values, a row has %zu",
                         list ? from->count : 1, count);
    struct str *values = row_add(at, key);
    for (size_t i = 0; i < count; i++) {
        struct str name = beside->table.columns[beside->values[i]];
        const struct json *value = map ? member_of(from, name) : list ? &from->members[i] : from;
        if (!value || !scalar(at->arena, value, &values[i]))
            return fault_set(why, BLAME_OPEN, "a member had no plain value for %.*s",
                             STR_ARGS(str_until(name, 60)));
    }
    return true;
}

static bool json_take(struct reading *at, struct str body, struct fault *why)
{
    const struct json *root;
    if (!json_parse(at->arena, body, &root, why))
        return false;
    const struct json *list = root->kind == JSON_MAP ? json_get(root, "predictions") : root;
    if (!list || list->kind != JSON_LIST)
        return fault_set(why, BLAME_OPEN, "there was no list of \"predictions\"");
    for (size_t i = 0; i < list->count; i++)
        if (!member_take(at, &list->members[i], why))
            return false;
    return true;
}

static bool jsonlines_take(struct reading *at, struct str body, struct fault *why)
{
    struct str line;
    const struct json *root;
    while (str_cut(&body, '\n', &line)) {
        line = str_trim(line);
        if (line.len && (!json_parse(at->arena, line, &root, why) || !member_take(at, root, why)))
            return false;
    }
    return true;
}

bool serve_answer_parse(struct arena *arena, struct str body, enum job_serve_type type,
                        const struct serve_beside *beside, struct serve_answer *out,
                        struct fault *why)
{
    static bool (*const take[SERVE_TYPES])(
        struct reading *, struct str, struct fault *) = { csv_take, json_take, jsonlines_take };
    struct reading at = { .arena = arena, .beside = beside, .out = out };
    *out = (struct serve_answer){ .row_count = 0 };
    why->text[0] = 0;
    if (!take[type](&at, body, why))
        return false;
    if (!at.named)
        out->keys = NULL;
    return true;
}
