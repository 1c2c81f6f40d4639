/* Strict reading of JSON maps by a table. */
#include "grader/execute/form.h"

static bool wrong(struct fault *why, const char *key, const char *allowed)
{
    return fault_set(why, BLAME_OPEN, "\"%s\" was not %s", key, allowed);
}

const char *form_text(const struct json *text, const char *name, size_t most, struct fault *why)
{
    if (text->kind != JSON_TEXT || strlen(text->text.at) != text->text.len ||
        text->text.len > most) {
        fault_set(why, BLAME_OPEN, "\"%s\" was not a text of at most %zu bytes", name, most);
        return NULL;
    }
    return text->text.at;
}

static bool is_key(struct str text, int64_t most)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return text.len > 0 && text.len <= (size_t)most;
}

static bool read_text(const struct json *value, const struct form_field *field, void *at,
                      struct fault *why)
{
    const char *text = form_text(value, field->key, (size_t)field->high, why);
    if (!text)
        return false;
    if ((int64_t)value->text.len < field->low)
        return wrong(why, field->key, "there");
    *(const char **)at = text;
    return true;
}

static bool read_int(const struct json *value, const struct form_field *field, void *at,
                     struct fault *why)
{
    if (value->kind != JSON_INT || value->integer < field->low || value->integer > field->high)
        return fault_set(why, BLAME_OPEN, "\"%s\" was not a whole number from %lld to %lld",
                         field->key, (long long)field->low, (long long)field->high);
    *(int64_t *)at = value->integer;
    return true;
}

static bool read_members(const struct json *value, const struct form_field *field, void *at,
                         struct fault *why)
{
    enum json_kind wanted = field->kind == FORM_LIST ? JSON_LIST : JSON_MAP;
    if (value->kind != wanted || (int64_t)value->count < field->low ||
        (int64_t)value->count > field->high)
        return fault_set(why, BLAME_OPEN, "\"%s\" was not a %s of %lld to %lld members", field->key,
                         wanted == JSON_LIST ? "list" : "map", (long long)field->low,
                         (long long)field->high);
    *(const struct json **)at = value;
    return true;
}

static bool read_mode(const struct json *value, const struct form_field *field, void *at,
                      struct fault *why)
{
    bool text = value->kind == JSON_TEXT;
    if (text && str_is(value->text, "0644"))
        *(unsigned *)at = 0644;
    else if (text && str_is(value->text, "0755"))
        *(unsigned *)at = 0755;
    else
        return wrong(why, field->key, "\"0644\" or \"0755\"");
    return true;
}

static bool read_value(const struct json *value, const struct form_field *field, void *at,
                       struct fault *why)
{
    bool text = value->kind == JSON_TEXT;
    switch (field->kind) {
    case FORM_TEXT:
        return read_text(value, field, at, why);
    case FORM_KEY:
        if (!text || !is_key(value->text, field->high))
            return wrong(why, field->key, "a short word of a-z, 0-9, - and _");
        *(const char **)at = value->text.at;
        return true;
    case FORM_INT:
        return read_int(value, field, at, why);
    case FORM_BOOL:
        if (value->kind != JSON_BOOL)
            return wrong(why, field->key, "true or false");
        *(bool *)at = value->integer != 0;
        return true;
    case FORM_SHA256:
    case FORM_DIGEST:
        if (!text || !sha256_is_hex(value->text))
            return wrong(why, field->key, "a SHA-256 in hex");
        if (field->kind == FORM_DIGEST)
            *(const char **)at = value->text.at;
        else
            memcpy(at, value->text.at, SHA256_HEX);
        return true;
    case FORM_MODE:
        return read_mode(value, field, at, why);
    case FORM_LIST:
    case FORM_MAP:
        return read_members(value, field, at, why);
    }
    return false;
}

static const struct form_field *field_find(const struct form_field *fields, size_t count,
                                           struct str key)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(key, fields[i].key))
            return &fields[i];
    return NULL;
}

bool form_read(const struct json *map, const struct form_field *fields, size_t count, void *out,
               struct fault *why)
{
    if (!map || map->kind != JSON_MAP)
        return fault_set(why, BLAME_OPEN, "was not a map");
    for (size_t i = 0; i < map->count; i++) {
        const struct json *member = &map->members[i];
        const struct form_field *field = field_find(fields, count, member->key);
        if (!field)
            return fault_set(why, BLAME_OPEN, "unknown key \"%.*s\"",
                             (int)(member->key.len < 40 ? member->key.len : 40), member->key.at);
        if (!read_value(member, field, (char *)out + field->offset, why))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!fields[i].optional && !json_get(map, fields[i].key))
            return fault_set(why, BLAME_OPEN, "\"%s\" was missing", fields[i].key);
    return true;
}
