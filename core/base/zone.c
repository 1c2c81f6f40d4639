/* Time zones: zone files read, days found. */
#include "core/base/zone.h"
#include "core/base/file.h"
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#define FOLDER "/usr/share/zoneinfo/"
#define FILE_BYTES_MOST (256U << 10)
#define DAY_S 86400
#define YEARS_MOST 400

/* ---- a rule such as CET-1CEST,M3.5.0,M10.5.0/3: what holds behind the last written change ---- */

struct moment { /* of a year */
    char kind; /* 'M': month, week, weekday; 'J': day 1..365 without 29 February; 'D': day 0..365 */
    int64_t a, b, c;
    int64_t at_s; /* local time */
};
struct rule {
    int64_t offset_s[2]; /* standard, summer */
    bool has_summer;
    struct moment starts, ends;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to 1 January of the year. */
static int64_t year_day(int64_t year)
{
    int64_t before = year - 1;
    return 365 * (year - 1970) + floor_div(before, 4) - floor_div(before, 100) +
           floor_div(before, 400) - 477;
}

static bool number_cut(struct str *rest, int64_t *out)
{
    size_t len = 0;
    while (len < rest->len && len < 9 && rest->at[len] >= '0' && rest->at[len] <= '9')
        len++;
    bool ok = len && str_to_int(str_until(*rest, len), out);
    *rest = str_from(*rest, len);
    return ok;
}

static bool char_cut(struct str *rest, char wanted)
{
    if (!rest->len || rest->at[0] != wanted)
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

/* hh[:mm[:ss]] with a sign. */
static bool time_cut(struct str *rest, int64_t *out)
{
    int64_t sign = char_cut(rest, '-') ? -1 : 1, part, seconds = 0;
    if (sign > 0)
        char_cut(rest, '+');
    for (int64_t unit = 3600; unit; unit /= 60) {
        if (unit < 3600 && !char_cut(rest, ':'))
            break;
        if (!number_cut(rest, &part))
            return false;
        seconds += part * unit;
    }
    *out = sign * seconds;
    return true;
}

static bool name_cut(struct str *rest)
{
    size_t len = 0;
    if (char_cut(rest, '<')) {
        while (len < rest->len && rest->at[len] != '>')
            len++;
        *rest = str_from(*rest, len);
        return char_cut(rest, '>');
    }
    while (len < rest->len && ((rest->at[len] | 0x20) >= 'a' && (rest->at[len] | 0x20) <= 'z'))
        len++;
    *rest = str_from(*rest, len);
    return len >= 3;
}

static bool moment_cut(struct str *rest, struct moment *out)
{
    *out = (struct moment){ .kind = 'D', .at_s = 7200 };
    if (!char_cut(rest, ','))
        return false;
    if (char_cut(rest, 'M')) {
        out->kind = 'M';
        if (!number_cut(rest, &out->a) || !char_cut(rest, '.') || !number_cut(rest, &out->b) ||
            !char_cut(rest, '.') || !number_cut(rest, &out->c) || out->a < 1 || out->a > 12 ||
            out->b < 1 || out->b > 5 || out->c > 6)
            return false;
    } else {
        out->kind = char_cut(rest, 'J') ? 'J' : 'D';
        if (!number_cut(rest, &out->a) || out->a > 365)
            return false;
    }
    return !char_cut(rest, '/') || time_cut(rest, &out->at_s);
}

static bool rule_parse(struct str text, struct rule *out)
{
    *out = (struct rule){ 0 };
    if (!name_cut(&text) || !time_cut(&text, &out->offset_s[0]))
        return false;
    out->offset_s[0] = -out->offset_s[0]; /* west is positive there */
    out->offset_s[1] = out->offset_s[0] + 3600;
    if (!text.len)
        return true;
    if (!name_cut(&text))
        return false;
    if (text.len && text.at[0] != ',') {
        if (!time_cut(&text, &out->offset_s[1]))
            return false;
        out->offset_s[1] = -out->offset_s[1];
    }
    out->has_summer = true;
    return moment_cut(&text, &out->starts) && moment_cut(&text, &out->ends) && !text.len;
}

/* Seconds from 1970 in local time. */
static int64_t moment_in(const struct moment *moment, int64_t year)
{
    static const int64_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
    int64_t day = year_day(year);
    if (moment->kind == 'D') {
        day += moment->a;
    } else if (moment->kind == 'J') {
        day += moment->a - 1 + (is_leap(year) && moment->a >= 60);
    } else {
        int64_t length =
            before[moment->a] - before[moment->a - 1] + (is_leap(year) && moment->a == 2);
        int64_t first = day + before[moment->a - 1] + (is_leap(year) && moment->a > 2);
        int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
        int64_t at = (moment->c - weekday + 7) % 7 + 7 * (moment->b - 1);
        day = first + (at >= length ? at - 7 : at);
    }
    return day * DAY_S + moment->at_s;
}

/* ---- the file ---- */

static int64_t big_endian(const char *at, size_t bytes)
{
    uint64_t value = (at[0] & 0x80) ? ~(uint64_t)0 : 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)at[i];
    return (int64_t)value;
}

struct counts {
    size_t utc, standard, leaps, times, types, chars;
};

/* One of the file's two halves; false when it does not fit into what is left. */
static bool header_cut(struct str *rest, struct counts *out)
{
    const size_t header = 44;
    if (rest->len < header || memcmp(rest->at, "TZif", 4) != 0)
        return false;
    size_t *into[] = {
        &out->utc, &out->standard, &out->leaps, &out->times, &out->types, &out->chars
    };
    for (size_t i = 0; i < 6; i++) {
        int64_t count = big_endian(rest->at + 20 + 4 * i, 4);
        if (count < 0 || count > FILE_BYTES_MOST)
            return false;
        *into[i] = (size_t)count;
    }
    *rest = str_from(*rest, header);
    return out->types > 0;
}

static size_t body_bytes(const struct counts *counts, size_t time)
{
    return counts->times * (time + 1) + counts->types * 6 + counts->chars +
           counts->leaps * (time + 4) + counts->standard + counts->utc;
}

/* Changes are taken in order: one before `from` sets the offset that holds there. */
struct taking {
    struct zone_change *at;
    size_t count;
    int64_t from_ms, until_ms, last_s;
};

static void take(struct taking *taking, int64_t at_s, int64_t offset_s)
{
    taking->last_s = at_s;
    if (at_s * 1000 <= taking->from_ms)
        taking->at[0].offset_s = offset_s;
    else if (at_s * 1000 <= taking->until_ms && taking->at[taking->count - 1].offset_s != offset_s)
        taking->at[taking->count++] = (struct zone_change){ at_s * 1000, offset_s };
}

static bool written_take(struct str body, const struct counts *counts, struct taking *taking)
{
    const char *times = body.at, *kinds = times + 8 * counts->times, *types = kinds + counts->times;
    taking->at[0].offset_s = big_endian(types, 4);
    for (size_t i = 0; i < counts->times; i++) {
        size_t type = (unsigned char)kinds[i];
        int64_t at_s = big_endian(times + 8 * i, 8);
        if (type >= counts->types)
            return false;
        if (at_s > -((int64_t)1 << 40) && at_s < (int64_t)1 << 40)
            take(taking, at_s, big_endian(types + 6 * type, 4));
    }
    return true;
}

static void ruled_take(const struct rule *rule, struct taking *taking)
{
    int64_t year = 1970 + floor_div(taking->from_ms / 1000, 31556952) - 1;
    int64_t most = 1970 + floor_div(taking->until_ms / 1000, 31556952) + 1;
    int64_t written_s = taking->last_s;
    if (!rule->has_summer)
        take(taking, written_s + 1, rule->offset_s[0]);
    for (; rule->has_summer && year <= most; year++) {
        int64_t at_s[2] = { moment_in(&rule->starts, year) - rule->offset_s[0],
                            moment_in(&rule->ends, year) - rule->offset_s[1] };
        size_t first = at_s[0] < at_s[1] ? 0 : 1;
        for (size_t i = 0; i < 2; i++) {
            size_t which = i == 0 ? first : 1 - first;
            if (at_s[which] > written_s)
                take(taking, at_s[which], rule->offset_s[which == 0]);
        }
    }
}

bool zone_parse(struct arena *arena, struct str bytes, const int64_t from_until_ms[2],
                struct zone *out, struct fault *why)
{
    struct counts counts;
    struct str rest = bytes;
    struct rule rule;
    bool ok = header_cut(&rest, &counts) && bytes.at[4] >= '2' && /* 64-bit times come second */
              rest.len >= body_bytes(&counts, 4);
    if (ok) {
        rest = str_from(rest, body_bytes(&counts, 4));
        ok = header_cut(&rest, &counts) && rest.len >= body_bytes(&counts, 8);
    }
    if (!ok)
        return fault_set(why, BLAME_OPEN, "the zone file is broken");
    struct taking taking = { .from_ms = from_until_ms[0],
                             .until_ms = from_until_ms[1],
                             .last_s = INT64_MIN / 4 };
    taking.at = arena_array(arena, struct zone_change, counts.times + 2 * YEARS_MOST + 2);
    taking.at[0].from_ms = taking.from_ms;
    taking.count = 1;
    if (!written_take(rest, &counts, &taking))
        return fault_set(why, BLAME_OPEN, "the zone file is broken");
    struct str line = str_trim(str_from(rest, body_bytes(&counts, 8)));
    if (line.len && rule_parse(line, &rule))
        ruled_take(&rule, &taking);
    *out = (struct zone){ taking.at, taking.count };
    return true;
}

static bool name_check(struct str name)
{
    if (!name.len || name.len > 64 || name.at[0] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i], low = (char)(c | 0x20);
        bool plain = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
                     c == '-' || c == '/';
        if (!plain)
            return false;
    }
    return true;
}

bool zone_load(struct arena *arena, struct str name, const int64_t from_until_ms[2],
               struct zone *out, struct fault *why)
{
    *out = (struct zone){ 0 };
    if (str_is(name, "UTC"))
        return true;
    struct str bytes;
    struct fault unread = { 0 };
    if (from_until_ms[1] - from_until_ms[0] > (YEARS_MOST - 4) * (int64_t)31556952 * 1000 ||
        !name_check(name) ||
        !file_load(arena, AT_FDCWD, arena_print(arena, FOLDER "%.*s", STR_ARGS(name)),
                   FILE_BYTES_MOST, &bytes, &unread))
        return fault_set(why, BLAME_OPEN, "this machine knows no time zone \"%.*s\"",
                         STR_ARGS(name));
    return zone_parse(arena, bytes, from_until_ms, out, why);
}

/* ---- days ---- */

int64_t zone_offset_s(const struct zone *zone, int64_t utc_ms)
{
    size_t low = 0, high = zone->count; /* the last change that is not later */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->at[middle].from_ms <= utc_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return zone->count ? zone->at[low ? low - 1 : 0].offset_s : 0;
}

int64_t zone_day(const struct zone *zone, int64_t utc_ms)
{
    return floor_div(utc_ms + zone_offset_s(zone, utc_ms) * 1000, (int64_t)DAY_S * 1000);
}

int64_t zone_day_start(const struct zone *zone, int64_t day)
{
    int64_t low = (day - 1) * DAY_S * 1000, high = (day + 1) * DAY_S * 1000;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (zone_day(zone, middle) >= day)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void zone_print(const struct zone *zone, int64_t utc_ms, char out[ZONE_TEXT])
{
    time_t at = (time_t)(floor_div(utc_ms, 1000) + zone_offset_s(zone, utc_ms));
    struct tm local;
    gmtime_r(&at, &local);
    if (!strftime(out, ZONE_TEXT, "%Y-%m-%d %H:%M", &local))
        out[0] = 0;
}
