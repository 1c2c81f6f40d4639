/* JSON written as a stream: escaping, commas, the shortest number that reads back. */
#include "core/base/clock.h"
#include "core/base/json.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void escaped(struct text *text, struct str value)
{
    text_char(text, '"');
    bool valid = str_is_utf8(value);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c == '"' || c == '\\')
            text_print(text, "\\%c", c);
        else if (c == '\n')
            text_add(text, S("\\n"));
        else if (c < 0x20 || c == 0x7f)
            text_print(text, "\\u%04x", c);
        else if (c >= 0x80 && !valid)
            text_add(text, S("\\ufffd"));
        else
            text_char(text, (char)c);
    }
    text_char(text, '"');
}

static void before(struct json_out *out, const char *key)
{
    if (out->comma)
        text_char(out->text, ',');
    out->comma = true;
    if (key) {
        escaped(out->text, str_of(key));
        text_char(out->text, ':');
    }
}

void json_open_map(struct json_out *out, const char *key)
{
    before(out, key);
    text_char(out->text, '{');
    out->comma = false;
}

void json_close_map(struct json_out *out)
{
    text_char(out->text, '}');
    out->comma = true;
}

void json_open_list(struct json_out *out, const char *key)
{
    before(out, key);
    text_char(out->text, '[');
    out->comma = false;
}

void json_close_list(struct json_out *out)
{
    text_char(out->text, ']');
    out->comma = true;
}

void json_add_text(struct json_out *out, const char *key, struct str value)
{
    before(out, key);
    escaped(out->text, value);
}

void json_add_zero(struct json_out *out, const char *key, const char *value)
{
    if (value)
        json_add_text(out, key, str_of(value));
    else
        json_add_null(out, key);
}

void json_add_int(struct json_out *out, const char *key, int64_t value)
{
    before(out, key);
    text_print(out->text, "%lld", (long long)value);
}

void json_add_double(struct json_out *out, const char *key, double value)
{
    before(out, key);
    if (!isfinite(value)) {
        text_add(out->text, S("null"));
        return;
    }
    char number[40];
    for (int digits = 15; digits <= 17; digits++) { /* most need no more than 15 */
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value) /* programs never leave the C locale */
            break;
    }
    text_add(out->text, str_of(number));
}

void json_add_bool(struct json_out *out, const char *key, bool value)
{
    before(out, key);
    text_add(out->text, value ? S("true") : S("false"));
}

void json_add_null(struct json_out *out, const char *key)
{
    before(out, key);
    text_add(out->text, S("null"));
}

void json_add_raw(struct json_out *out, const char *key, struct str json)
{
    before(out, key);
    text_add(out->text, json);
}

void json_add_text_or_null(struct json_out *out, const char *key, struct str value)
{
    if (value.len)
        json_add_text(out, key, value);
    else
        json_add_null(out, key);
}

void json_add_time(struct json_out *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT];
    if (ms)
        clock_print(ms, text);
    json_add_zero(out, key, ms ? text : NULL);
}
