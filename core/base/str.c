/* Text: borrowed pieces, numbers in text, a growing buffer. */
#include "core/base/str.h"
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct str str_of(const char *zero_ended)
{
    return zero_ended ? (struct str){ zero_ended, strlen(zero_ended) } : (struct str){ "", 0 };
}

bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_is(struct str a, const char *zero_ended)
{
    return str_equal(a, str_of(zero_ended));
}

int str_order(struct str a, struct str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str text, struct str with)
{
    return text.len >= with.len && memcmp(text.at, with.at, with.len) == 0;
}

bool str_ends(struct str text, struct str with)
{
    return text.len >= with.len && memcmp(text.at + text.len - with.len, with.at, with.len) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str text)
{
    while (text.len && is_blank(text.at[0]))
        text = str_from(text, 1);
    while (text.len && is_blank(text.at[text.len - 1]))
        text.len--;
    return text;
}

struct str str_from(struct str text, size_t at)
{
    if (at > text.len)
        at = text.len;
    return (struct str){ at ? text.at + at : text.at, text.len - at };
}

struct str str_until(struct str text, size_t len)
{
    return (struct str){ text.at, len < text.len ? len : text.len };
}

bool str_find(struct str text, char wanted, size_t *at)
{
    const char *found = text.len ? memchr(text.at, wanted, text.len) : NULL;
    if (found)
        *at = (size_t)(found - text.at);
    return found != NULL;
}

bool str_cut(struct str *rest, char separator, struct str *part)
{
    if (!rest->at)
        return false;
    size_t at;
    if (str_find(*rest, separator, &at)) {
        *part = str_until(*rest, at);
        *rest = str_from(*rest, at + 1);
        return true;
    }
    *part = *rest;
    *rest = (struct str){ NULL, 0 };
    return true;
}

char *str_zero(struct arena *arena, struct str text)
{
    char *at = arena_take(arena, text.len + 1);
    if (text.len)
        memcpy(at, text.at, text.len);
    return at;
}

struct str str_keep(struct arena *arena, struct str text)
{
    return (struct str){ str_zero(arena, text), text.len };
}

/* Length of the well-formed UTF-8 sequence at `at`, 0 when it is not one. */
static size_t utf8_step(const unsigned char *at, size_t left)
{
    unsigned char c = at[0];
    if (c < 0x80)
        return 1;
    size_t need = c >= 0xC2 && c <= 0xDF   ? 2
                  : (c & 0xF0) == 0xE0     ? 3
                  : c >= 0xF0 && c <= 0xF4 ? 4
                                           : 0;
    if (!need || left < need)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((c == 0xE0 && at[1] < 0xA0) || (c == 0xED && at[1] > 0x9F) || (c == 0xF0 && at[1] < 0x90) ||
        (c == 0xF4 && at[1] > 0x8F))
        return 0;
    return need;
}

bool str_is_utf8(struct str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t step = utf8_step((const unsigned char *)text.at + i, text.len - i);
        if (!step)
            return false;
        i += step;
    }
    return true;
}

bool str_to_int(struct str text, int64_t *out)
{
    bool minus = text.len && text.at[0] == '-';
    size_t i = minus || (text.len && text.at[0] == '+') ? 1 : 0;
    if (i == text.len)
        return false;
    int64_t value = 0;
    for (; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        int digit = text.at[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, minus ? -digit : digit, &value))
            return false;
    }
    *out = value;
    return true;
}

static bool looks_decimal(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("0123456789+-.eE", text.at[i]) || !text.at[i])
            return false;
    return text.len > 0 && text.len < 400;
}

/* Made once, by whoever comes first; others wait for nobody. */
static locale_t c_locale(void)
{
    static locale_t made;
    locale_t none = (locale_t)0, locale = __atomic_load_n(&made, __ATOMIC_ACQUIRE);
    if (locale)
        return locale;
    locale = newlocale(LC_ALL_MASK, "C", NULL);
    if (__atomic_compare_exchange_n(&made, &none, locale, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return locale;
    freelocale(locale);
    return none; /* the other one */
}

bool str_to_double(struct str text, double *out)
{
    if (!looks_decimal(text))
        return false;
    char zero[401];
    memcpy(zero, text.at, text.len);
    zero[text.len] = 0;
    char *end;
    double value = strtod_l(zero, &end, c_locale());
    if (*end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static void text_room(struct text *text, size_t more)
{
    if (text->len + more + 1 <= text->room)
        return;
    size_t room = text->room ? text->room : 256;
    while (room < text->len + more + 1)
        room *= 2;
    text->at = arena_grow(text->arena, text->at, text->room, room);
    text->room = room;
}

void text_add(struct text *text, struct str more)
{
    text_room(text, more.len);
    if (more.len)
        memcpy(text->at + text->len, more.at, more.len);
    text->len += more.len;
    text->at[text->len] = 0;
}

void text_char(struct text *text, char c)
{
    text_add(text, (struct str){ &c, 1 });
}

void text_print(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        text_room(text, (size_t)len);
        vsnprintf(text->at + text->len, (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
}

struct str text_str(const struct text *text)
{
    return (struct str){ text->at ? text->at : "", text->len };
}
