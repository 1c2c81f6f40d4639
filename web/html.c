/* HTML written as a stream, escaped by default. */
#include "web/html.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the well-formed UTF-8 character at the start; 0 when there is none. */
static size_t utf8_length(struct str text)
{
    unsigned char c = (unsigned char)text.at[0];
    size_t len = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (len > text.len)
        return 0;
    return str_is_utf8(str_until(text, len)) ? len : 0;
}

/* U+202A…U+202E and U+2066…U+2069 turn the order of what follows them. */
static bool turns(struct str c)
{
    if (c.len != 3 || (unsigned char)c.at[0] != 0xe2)
        return false;
    unsigned char second = (unsigned char)c.at[1], third = (unsigned char)c.at[2];
    return (second == 0x80 && third >= 0xaa && third <= 0xae) ||
           (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

static void put_ascii(struct text *out, char c)
{
    switch (c) {
    case '&':
        text_add(out, S("&amp;"));
        return;
    case '<':
        text_add(out, S("&lt;"));
        return;
    case '>':
        text_add(out, S("&gt;"));
        return;
    case '"':
        text_add(out, S("&quot;"));
        return;
    case '\'':
        text_add(out, S("&#39;"));
        return;
    case '\n':
    case '\t':
        text_char(out, c);
        return;
    default:
        break;
    }
    if ((unsigned char)c >= ' ' && c != 0x7f) {
        text_char(out, c);
        return;
    }
    text_add(out, S("\xe2\x90")); /* the pictures stand at U+2400 + c, that of DEL at U+2421 */
    text_char(out, (char)(c == 0x7f ? 0xa1 : 0x80 + c));
}

/* Plain characters are copied in runs. */
static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

void html_text(struct text *out, struct str foreign)
{
    while (foreign.len) {
        size_t run = 0;
        while (run < foreign.len && is_plain(foreign.at[run]))
            run++;
        text_add(out, str_until(foreign, run));
        foreign = str_from(foreign, run);
        if (!foreign.len)
            return;
        size_t len = utf8_length(foreign);
        struct str c = str_until(foreign, len);
        if (len == 1)
            put_ascii(out, foreign.at[0]);
        else
            text_add(out, len == 0 || turns(c) ? S(REPLACEMENT) : c);
        foreign = str_from(foreign, len ? len : 1);
    }
}

void html_segment(struct text *out, struct str foreign)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < foreign.len; i++) {
        char c = foreign.at[i];
        if (c && strchr(plain, c))
            text_char(out, c);
        else
            text_print(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

/* Length of the terminal sequence at the start: ESC [ … letter, or ESC ] … BEL. */
static size_t terminal_length(struct str text)
{
    if (text.len < 2 || text.at[0] != 0x1b)
        return 0;
    size_t i = 2;
    if (text.at[1] == '[') {
        while (i < text.len && (unsigned char)text.at[i] >= 0x20 &&
               (unsigned char)text.at[i] < 0x40)
            i++;
        return i < text.len ? i + 1 : i;
    }
    if (text.at[1] != ']')
        return 0;
    while (i < text.len && text.at[i] != '\a' && text.at[i] != '\n')
        i++;
    return i < text.len && text.at[i] == '\a' ? i + 1 : 0;
}

static void put_line(struct text *out, struct str line)
{
    while (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    const char *again = line.len ? memrchr(line.at, '\r', line.len) : NULL;
    if (again)
        line = str_from(line, (size_t)(again - line.at) + 1);
    size_t from = 0;
    for (size_t i = 0; i < line.len;) {
        size_t skip = terminal_length(str_from(line, i));
        if (!skip) {
            i++;
            continue;
        }
        html_text(out, (struct str){ line.at + from, i - from });
        i += skip;
        from = i;
    }
    html_text(out, str_from(line, from));
}

void html_log(struct text *out, struct str foreign)
{
    struct str line;
    for (bool first = true; str_cut(&foreign, '\n', &line); first = false) {
        if (!first)
            text_char(out, '\n');
        put_line(out, line);
    }
}

/* Two decimals of a number of drawing size; printf would take most of the time of a board. */
static void put_fixed(struct text *out, double value)
{
    char digits[32];
    size_t at = sizeof digits;
    if (!(value > -1e12 && value < 1e12))
        value = 0;
    int64_t cents = (int64_t)(value * 100 + (value < 0 ? -.5 : .5));
    uint64_t left = (uint64_t)(cents < 0 ? -cents : cents);
    for (int place = 0; place < 3 || left; place++, left /= 10) {
        if (place == 2)
            digits[--at] = '.';
        digits[--at] = (char)('0' + left % 10);
    }
    if (cents < 0)
        digits[--at] = '-';
    text_add(out, (struct str){ digits + at, sizeof digits - at });
}

static void put_one(struct text *out, char kind, va_list *args)
{
    switch (kind) {
    case 't':
        html_text(out, va_arg(*args, struct str));
        return;
    case 'z':
        html_text(out, str_of(va_arg(*args, const char *)));
        return;
    case 'u':
        html_segment(out, va_arg(*args, struct str));
        return;
    case 'i':
        text_print(out, "%lld", (long long)va_arg(*args, int64_t));
        return;
    case 'f':
        put_fixed(out, va_arg(*args, double));
        return;
    default:
        assert(kind == '%');
        text_char(out, '%');
    }
}

void html_put_(struct text *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (const char *at = format; *at;) {
        const char *next = strchrnul(at, '%');
        text_add(out, (struct str){ at, (size_t)(next - at) });
        if (!*next)
            break;
        put_one(out, next[1], &args);
        at = next + 2;
    }
    va_end(args);
}
