/*
 * JSON: reading through jansson into plain arena nodes, writing by a streaming writer. The door to
 * jansson. Reading refuses duplicate keys, depth over 32, bytes over the caller's limit, invalid
 * UTF-8; numbers beyond int64 are doubles.
 */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

enum json_kind { JSON_NOTHING, JSON_BOOL, JSON_INT, JSON_DOUBLE, JSON_TEXT, JSON_LIST, JSON_MAP };

struct json {
    enum json_kind kind;
    struct str key;  /* of a map's member */
    struct str text; /* JSON_TEXT, zero-ended */
    int64_t integer; /* JSON_INT, JSON_BOOL (0 or 1) */
    double number;   /* JSON_DOUBLE and JSON_INT */
    size_t count;    /* members */
    const struct json *members;
};

bool json_parse(struct arena *arena, struct str bytes, const struct json **out, struct fault *why);
/* Member of a map; NULL when absent or not a map. */
const struct json *json_get(const struct json *map, const char *key);
/* Typed members with a default when absent or of another kind. */
struct str json_get_text(const struct json *map, const char *key, const char *otherwise);
int64_t json_get_int(const struct json *map, const char *key, int64_t otherwise);
double json_get_double(const struct json *map, const char *key, double otherwise);
bool json_get_bool(const struct json *map, const char *key, bool otherwise);

/* Writer: commas are its business. A NULL key inside lists. NaN and infinities become null. */
struct json_out {
    struct text *text;
    bool comma;
};
void json_open_map(struct json_out *out, const char *key);
void json_close_map(struct json_out *out);
void json_open_list(struct json_out *out, const char *key);
void json_close_list(struct json_out *out);
void json_add_text(struct json_out *out, const char *key, struct str value);
void json_add_zero(struct json_out *out, const char *key, const char *value); /* NULL gives null */
void json_add_int(struct json_out *out, const char *key, int64_t value);
/* shortest that reads back */
void json_add_double(struct json_out *out, const char *key, double value);
void json_add_bool(struct json_out *out, const char *key, bool value);
void json_add_null(struct json_out *out, const char *key);
void json_add_text_or_null(struct json_out *out, const char *key,
                           struct str value); /* empty: null */
/* UTC milliseconds as clock_print writes them; 0 gives null */
void json_add_time(struct json_out *out, const char *key, int64_t ms);
void json_add_raw(struct json_out *out, const char *key, struct str json); /* already JSON */
