/* Members of a line of JSON. */
#include "core/data/jsonl_scan.h"
#include <stdarg.h>
#include <stdio.h>

bool jsonl_fault(const struct jsonl_scan *scan, struct fault *why, const char *format, ...)
{
    char text[sizeof why->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fault_set(why, BLAME_OPEN, "%.*s:%zu: %s", STR_ARGS(str_until(scan->file, 100)),
                     scan->line, text);
}

static bool unexpected(const struct jsonl_scan *scan, const char *wanted, struct fault *why)
{
    return jsonl_fault(scan, why, "%s was expected at byte %zu", wanted,
                       (size_t)(scan->at - scan->first) + 1);
}

static void blanks_skip(struct jsonl_scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

static bool take(struct jsonl_scan *scan, char c)
{
    blanks_skip(scan);
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static bool escape_fits(const char *at, const char *end)
{
    if (at + 1 >= end)
        return false;
    if (at[1] != 'u')
        return strchr("\"\\/bfnrt", at[1]) && at[1];
    if (end - at < 6)
        return false;
    for (int i = 2; i < 6; i++)
        if (!((at[i] >= '0' && at[i] <= '9') || ((at[i] | 32) >= 'a' && (at[i] | 32) <= 'f')))
            return false;
    return true;
}

/* Behind the opening quote. */
static bool text_cut(struct jsonl_scan *scan, struct str *raw, bool *escaped, struct fault *why)
{
    const char *first = scan->at;
    *escaped = false;
    for (; scan->at < scan->end && *scan->at != '"'; scan->at++) {
        if ((unsigned char)*scan->at < ' ')
            return jsonl_fault(scan, why, "a control character in a text at byte %zu",
                               (size_t)(scan->at - scan->first) + 1);
        if (*scan->at != '\\')
            continue;
        if (!escape_fits(scan->at, scan->end))
            return unexpected(scan, "an escape such as \\n", why);
        *escaped = true;
        scan->at++;
    }
    if (scan->at == scan->end)
        return jsonl_fault(scan, why, "a quote was opened and never closed");
    *raw = (struct str){ first, (size_t)(scan->at - first) };
    scan->at++;
    return true;
}

static size_t digits_skip(struct jsonl_scan *scan)
{
    const char *first = scan->at;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return (size_t)(scan->at - first);
}

static bool is_at(const struct jsonl_scan *scan, const char *any)
{
    return scan->at < scan->end && *scan->at && strchr(any, *scan->at);
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool number_skip(struct jsonl_scan *scan)
{
    scan->at += is_at(scan, "-");
    bool zero = is_at(scan, "0");
    size_t count = digits_skip(scan);
    if (count == 0 || (zero && count > 1))
        return false;
    if (is_at(scan, ".")) {
        scan->at++;
        if (digits_skip(scan) == 0)
            return false;
    }
    if (is_at(scan, "eE")) {
        scan->at++;
        scan->at += is_at(scan, "+-");
        return digits_skip(scan) > 0;
    }
    return true;
}

static bool word_cut(struct jsonl_scan *scan, struct json_cell *cell, struct fault *why)
{
    static const struct {
        const char *word;
        enum json_token token;
    } words[] = { { "null", TOKEN_NULL }, { "true", TOKEN_BOOL }, { "false", TOKEN_BOOL } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, words[i].word, len) != 0)
            continue;
        cell->token = words[i].token;
        cell->raw = (struct str){ scan->at, len };
        scan->at += len;
        return true;
    }
    return unexpected(scan, "a value", why);
}

static bool value_cut(struct jsonl_scan *scan, struct json_cell *cell, struct fault *why)
{
    blanks_skip(scan);
    cell->escaped = false;
    if (is_at(scan, "{["))
        return jsonl_fault(scan, why, "key \"%.*s\" held a nested value",
                           STR_ARGS(str_until(cell->key, 60)));
    if (is_at(scan, "\"")) {
        scan->at++;
        cell->token = TOKEN_TEXT;
        return text_cut(scan, &cell->raw, &cell->escaped, why);
    }
    if (!is_at(scan, "-0123456789"))
        return word_cut(scan, cell, why);
    const char *first = scan->at;
    if (!number_skip(scan))
        return unexpected(scan, "a digit", why);
    cell->token = TOKEN_NUMBER;
    cell->raw = (struct str){ first, (size_t)(scan->at - first) };
    return true;
}

bool jsonl_open(struct jsonl_scan *scan, struct fault *why)
{
    scan->first = scan->at;
    scan->any = false;
    return take(scan, '{') || unexpected(scan, "an object such as {\"age\": 7}", why);
}

static enum jsonl_step line_end(struct jsonl_scan *scan, struct fault *why)
{
    blanks_skip(scan);
    if (scan->at == scan->end)
        return JSONL_END;
    unexpected(scan, "the end of the line", why);
    return JSONL_BROKEN;
}

enum jsonl_step jsonl_cell(struct jsonl_scan *scan, struct json_cell *cell, struct fault *why)
{
    if (take(scan, '}'))
        return line_end(scan, why);
    bool fits = (!scan->any || take(scan, ',') || unexpected(scan, "a comma or }", why)) &&
                (take(scan, '"') || unexpected(scan, "a key in quotes", why)) &&
                text_cut(scan, &cell->key, &cell->key_escaped, why) &&
                (take(scan, ':') || unexpected(scan, "a colon", why)) && value_cut(scan, cell, why);
    scan->any = true;
    return fits ? JSONL_CELL : JSONL_BROKEN;
}

static unsigned hex4(const char *at)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++)
        value = value * 16 + (unsigned)(at[i] <= '9' ? at[i] - '0' : (at[i] | 32) - 'a' + 10);
    return value;
}

static size_t utf8_put(unsigned c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t count = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = count - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00 >> count & 0xF0) | c);
    return count;
}

/* \uXXXX or a pair of them at `at`; gives the bytes read, 0: half a pair or NUL. */
static size_t unicode_read(struct str raw, size_t at, unsigned *out)
{
    *out = hex4(raw.at + at + 2);
    if (*out == 0 || (*out >= 0xDC00 && *out < 0xE000))
        return 0;
    if (*out < 0xD800 || *out >= 0xE000)
        return 6;
    if (raw.len - at < 12 || raw.at[at + 6] != '\\' || raw.at[at + 7] != 'u')
        return 0;
    unsigned low = hex4(raw.at + at + 8);
    if (low < 0xDC00 || low >= 0xE000)
        return 0;
    *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

bool json_text_copy(struct str raw, char *out, size_t *len)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    *len = 0;
    for (size_t i = 0; i < raw.len;) {
        if (raw.at[i] != '\\') {
            out[(*len)++] = raw.at[i++];
            continue;
        }
        char c = raw.at[i + 1];
        if (c == 'u') {
            unsigned code;
            size_t used = unicode_read(raw, i, &code);
            if (!used)
                return false;
            *len += utf8_put(code, out + *len);
            i += used;
            continue;
        }
        const char *special = strchr(from, c);
        out[(*len)++] = special ? to[special - from] : c;
        i += 2;
    }
    return true;
}
