/* Humane units: durations, bytes, scores, instants. */
#include "core/base/clock.h"
#include "web/words.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MINUS "\xe2\x88\x92"
#define NARROW "\xe2\x80\xaf"

/* "%.*f" without the zeros at the end. */
static void trimmed(struct text *out, double value, int digits)
{
    char text[64];
    snprintf(text, sizeof text, "%.*f", digits, value);
    if (strchr(text, '.')) {
        size_t len = strlen(text);
        while (text[len - 1] == '0')
            text[--len] = 0;
        if (text[len - 1] == '.')
            text[--len] = 0;
    }
    text_add(out, str_of(text));
}

static int digits_for(double value, int significant)
{
    int before = value > 0 ? (int)floor(log10(value)) + 1 : 1;
    return before >= significant ? 0 : significant - before;
}

void say_duration(struct text *out, int64_t us)
{
    double s = (double)us / 1e6;
    if (us < 1000)
        text_print(out, "%lld µs", (long long)us);
    else if (us < 999500)
        trimmed(out, s * 1000, us < 9950 ? 1 : 0), text_add(out, S(" ms"));
    else if (s < 59.95)
        trimmed(out, s, s < 9.995 ? 2 : 1), text_add(out, S(" s"));
    else if (s < 3599.5)
        text_print(out, "%lld min %02lld s", (long long)(s + .5) / 60, (long long)(s + .5) % 60);
    else
        text_print(out, "%lld h %02lld min", (long long)(s + 30) / 3600,
                   (long long)(s + 30) / 60 % 60);
}

void say_bytes(struct text *out, int64_t bytes)
{
    static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1023.5 && unit < 4) {
        value /= 1024;
        unit++;
    }
    trimmed(out, value, unit && value < 9.95 ? 1 : 0);
    text_print(out, " %s", units[unit]);
}

void say_score(struct text *out, double value, int digits)
{
    char text[64];
    if (!isfinite(value)) {
        text_add(out, S("–"));
        return;
    }
    int len =
        snprintf(text, sizeof text, "%.*f", digits < 0 || digits > 9 ? 3 : digits, fabs(value));
    if (len < 0 || (size_t)len >= sizeof text) {
        text_print(out, "%.6g", value);
        return;
    }
    if (value < 0)
        text_add(out, S(MINUS));
    const char *point = strchrnul(text, '.');
    for (const char *c = text; *c; c++) {
        ptrdiff_t left = point - c;
        if (point - text > 4 && c > text && left > 0 && left % 3 == 0)
            text_add(out, S(NARROW));
        text_char(out, *c);
    }
}

void say_number(struct text *out, double value)
{
    double size = fabs(value);
    if (!isfinite(value)) {
        text_add(out, S("–"));
        return;
    }
    if (size >= 1e9 || (size > 0 && size < 1e-4)) {
        text_print(out, "%.4g", value);
        return;
    }
    if (value < 0)
        text_add(out, S(MINUS));
    if (size >= 10000)
        say_score(out, size, 0);
    else
        trimmed(out, size, digits_for(size, 4));
}

/* "1 min", "3 days": the largest fitting unit. */
static void say_span(struct text *out, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *one;
        const char *many;
    } units[] = { { 86400000, "day", "days" }, { 3600000, "h", "h" }, { 60000, "min", "min" } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms >= units[i].ms) {
            long long count = ms / units[i].ms;
            text_print(out, "%lld %s", count, count == 1 ? units[i].one : units[i].many);
            return;
        }
    text_print(out, "%lld s", (long long)(ms / 1000));
}

static void open_time(struct text *out, int64_t at_ms)
{
    char text[TIME_TEXT];
    clock_print(at_ms, text);
    text_print(out, "<time datetime=\"%s\"", text);
}

static void exact(struct text *out, int64_t at_ms)
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm utc;
    char text[64];
    gmtime_r(&at, &utc);
    if (strftime(text, sizeof text, "%b %Y, %H:%M", &utc))
        text_print(out, "%d %s UTC", utc.tm_mday, text);
}

void say_ago(struct text *out, int64_t now_ms, int64_t at_ms)
{
    if (!at_ms)
        return;
    open_time(out, at_ms);
    text_add(out, S(" title=\""));
    exact(out, at_ms);
    text_add(out, S("\">"));
    int64_t ms = now_ms - at_ms;
    if (llabs(ms) < 2000) {
        text_add(out, S("now"));
    } else if (llabs(ms) > 3650ll * 86400000) {
        exact(out, at_ms);
    } else {
        if (ms < 0)
            text_add(out, S("in "));
        say_span(out, llabs(ms));
        if (ms > 0)
            text_add(out, S(" ago"));
    }
    text_add(out, S("</time>"));
}

void say_when(struct text *out, int64_t at_ms)
{
    if (!at_ms)
        return;
    open_time(out, at_ms);
    text_add(out, S(" class=\"when\">"));
    exact(out, at_ms);
    text_add(out, S("</time>"));
}

void say_ordinal(struct text *out, int64_t n)
{
    static const char *const ends[] = { "th", "st", "nd", "rd" };
    int64_t last = n % 10;
    bool teen = n % 100 >= 11 && n % 100 <= 13;
    text_print(out, "%lld%s", (long long)n, ends[!teen && last >= 1 && last <= 3 ? last : 0]);
}
