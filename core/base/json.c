/* JSON: the only file that includes jansson.h. */
#include "core/base/json.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#define DEPTH_MOST 32

static bool node_copy(struct arena *arena, json_t *from, int depth, struct json *to);

static bool members_copy(struct arena *arena, json_t *from, int depth, struct json *to)
{
    bool map = json_is_object(from);
    to->kind = map ? JSON_MAP : JSON_LIST;
    to->count = map ? json_object_size(from) : json_array_size(from);
    struct json *members = arena_array(arena, struct json, to->count);
    to->members = members;
    if (map) {
        size_t i = 0;
        for (void *it = json_object_iter(from); it; it = json_object_iter_next(from, it), i++) {
            members[i].key = str_keep(arena, str_of(json_object_iter_key(it)));
            if (!node_copy(arena, json_object_iter_value(it), depth + 1, &members[i]))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < to->count; i++)
        if (!node_copy(arena, json_array_get(from, i), depth + 1, &members[i]))
            return false;
    return true;
}

static bool node_copy(struct arena *arena, json_t *from, int depth, struct json *to)
{
    if (depth > DEPTH_MOST)
        return false;
    switch (json_typeof(from)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return members_copy(arena, from, depth, to);
    case JSON_STRING:
        to->kind = JSON_TEXT;
        to->text =
            str_keep(arena, (struct str){ json_string_value(from), json_string_length(from) });
        return true;
    case JSON_INTEGER:
        to->kind = JSON_INT;
        to->integer = json_integer_value(from);
        to->number = (double)to->integer;
        return true;
    case JSON_REAL:
        to->kind = JSON_DOUBLE;
        to->number = json_real_value(from);
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        to->kind = JSON_BOOL;
        to->integer = json_is_true(from);
        return true;
    default:
        to->kind = JSON_NOTHING;
        return true;
    }
}

/* jansson itself recurses: bound the nesting before it sees the bytes. */
static bool depth_fits(struct str bytes)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.at[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > DEPTH_MOST)
                return false;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return true;
}

bool json_parse(struct arena *arena, struct str bytes, const struct json **out, struct fault *why)
{
    json_error_t error;
    if (!depth_fits(bytes))
        return fault_set(why, BLAME_OPEN, "JSON was nested deeper than %d", DEPTH_MOST);
    json_t *root = json_loadb(bytes.at, bytes.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!root)
        return fault_set(why, BLAME_OPEN, "JSON line %d column %d: %.120s", error.line,
                         error.column, error.text);
    struct json *node = arena_new(arena, struct json);
    bool ok = node_copy(arena, root, 1, node);
    json_decref(root);
    *out = node;
    return ok || fault_set(why, BLAME_OPEN, "JSON was nested deeper than %d", DEPTH_MOST);
}

const struct json *json_get(const struct json *map, const char *key)
{
    if (!map || map->kind != JSON_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_is(map->members[i].key, key))
            return &map->members[i];
    return NULL;
}

struct str json_get_text(const struct json *map, const char *key, const char *otherwise)
{
    const struct json *node = json_get(map, key);
    return node && node->kind == JSON_TEXT ? node->text : str_of(otherwise);
}

int64_t json_get_int(const struct json *map, const char *key, int64_t otherwise)
{
    const struct json *node = json_get(map, key);
    return node && node->kind == JSON_INT ? node->integer : otherwise;
}

double json_get_double(const struct json *map, const char *key, double otherwise)
{
    const struct json *node = json_get(map, key);
    return node && (node->kind == JSON_INT || node->kind == JSON_DOUBLE) ? node->number : otherwise;
}

bool json_get_bool(const struct json *map, const char *key, bool otherwise)
{
    const struct json *node = json_get(map, key);
    return node && node->kind == JSON_BOOL ? node->integer != 0 : otherwise;
}
