/* Times in ISO 8601 and back. */
#include "core/data/time.h"
#include <math.h>
#include <stdio.h>

#define DAY 86400
#define FRACTION_DIGITS 9

void time_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (unsigned)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = years + era * 400 + (*month <= 2);
}

/* `digits` digits at `at`, or -1. */
static int cut(struct str text, size_t at, size_t digits)
{
    int value = 0;
    if (text.len < at + digits)
        return -1;
    for (size_t i = at; i < at + digits; i++) {
        unsigned digit = (unsigned)text.at[i] - '0';
        if (digit > 9)
            return -1;
        value = value * 10 + (int)digit;
    }
    return value;
}

static bool is_at(struct str text, size_t at, char c)
{
    return at < text.len && text.at[at] == c;
}

/* Z, +01:00, +0100, +01 or nothing up to the end; seconds east of Greenwich. */
static bool zone_parse(struct str text, size_t at, int *east, unsigned *form)
{
    *east = 0;
    if (at == text.len)
        return true;
    *form |= TIME_ZONE;
    if (text.at[at] == 'Z')
        return at + 1 == text.len;
    if (text.at[at] != '+' && text.at[at] != '-')
        return false;
    int hours = cut(text, at + 1, 2), minutes = 0;
    size_t end = at + 3;
    if (end < text.len) {
        end += is_at(text, end, ':');
        minutes = cut(text, end, 2);
        end += 2;
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || end != text.len)
        return false;
    *east = (hours * 60 + minutes) * 60;
    if (text.at[at] == '-')
        *east = -*east;
    return true;
}

/*
 * Digits behind the point as billionths; gives where they end, 0 when there are none or too many.
 */
static size_t fraction_parse(struct str text, size_t at, int64_t *billionths)
{
    size_t first = at;
    *billionths = 0;
    int64_t unit = 100 * 1000 * 1000;
    for (; cut(text, at, 1) >= 0 && at - first < FRACTION_DIGITS; at++, unit /= 10)
        *billionths += unit * cut(text, at, 1);
    return at > first ? at : 0;
}

static double join(int64_t seconds, int64_t billionths)
{
    return billionths ? (double)seconds + (double)billionths / 1e9 : (double)seconds;
}

bool time_join(int64_t whole, int64_t billionths, double *seconds)
{
    *seconds = join(whole, billionths);
    return whole >= time_days(1, 1, 1) * DAY && whole < time_days(10000, 1, 1) * DAY;
}

bool time_parse(struct str text, double *seconds, unsigned *form)
{
    if (text.len < 10 || text.at[4] != '-' || text.at[7] != '-')
        return false;
    int year = cut(text, 0, 4), month = cut(text, 5, 2), day = cut(text, 8, 2);
    if (!time_is_date(year, month, day))
        return false;
    int64_t total = time_days(year, (unsigned)month, (unsigned)day) * DAY, billionths = 0;
    *form = 0;
    if (text.len > 10) {
        int hour = cut(text, 11, 2), minute = cut(text, 14, 2), second = 0, east;
        size_t at = 16;
        if ((text.at[10] != 'T' && text.at[10] != ' ') || !is_at(text, 13, ':'))
            return false;
        if (is_at(text, at, ':')) {
            second = cut(text, at + 1, 2);
            at += 3;
            if (is_at(text, at, '.') && !(at = fraction_parse(text, at + 1, &billionths)))
                return false;
        }
        *form = TIME_CLOCK | (text.at[10] == 'T' ? TIME_T : 0);
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
            !zone_parse(text, at, &east, form))
            return false;
        total += (hour * 60 + minute) * 60 + second - east;
    }
    return time_join(total, billionths, seconds);
}

/* The fewest digits whose value is the fraction; gives their number. */
static int fraction_find(int64_t whole, double seconds, int64_t *value)
{
    int64_t unit = 1000 * 1000 * 1000;
    *value = 0;
    if (seconds == (double)whole)
        return 0;
    int64_t exact = llround((seconds - (double)whole) * 1e9);
    for (int digits = 0; digits < FRACTION_DIGITS; digits++, unit /= 10) {
        int64_t rounded = (exact + unit / 2) / unit;
        if (rounded * unit < 1000 * 1000 * 1000 && join(whole, rounded * unit) == seconds) {
            *value = rounded;
            return digits;
        }
    }
    *value = exact < 999999999 ? exact : 999999999;
    return FRACTION_DIGITS;
}

static char *two_put(char *at, unsigned value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

static char *fraction_put(char *at, unsigned value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

size_t time_print(double seconds, unsigned form, char out[TIME_BYTES])
{
    double least = (double)time_days(1, 1, 1) * DAY, most = (double)time_days(10000, 1, 1) * DAY;
    if (!(seconds >= least && seconds < most))
        return (size_t)snprintf(out, TIME_BYTES, "nan");
    int64_t whole = (int64_t)seconds, year, fraction;
    whole -= (double)whole > seconds;
    int64_t days = whole / DAY - (whole % DAY < 0);
    int of_day = (int)(whole - days * DAY);
    unsigned month, day;
    time_date(days, &year, &month, &day);
    int digits = fraction_find(whole, seconds, &fraction);
    char *at = two_put(two_put(out, (unsigned)year / 100), (unsigned)year % 100);
    *at++ = '-';
    at = two_put(at, month);
    *at++ = '-';
    at = two_put(at, day);
    if ((form & TIME_CLOCK) || of_day || digits) {
        *at++ = form & TIME_T ? 'T' : ' ';
        at = two_put(at, (unsigned)of_day / 3600);
        *at++ = ':';
        at = two_put(at, (unsigned)of_day / 60 % 60);
        *at++ = ':';
        at = two_put(at, (unsigned)of_day % 60);
        if (digits) {
            *at++ = '.';
            at = fraction_put(at, (unsigned)fraction, digits);
        }
        if (form & TIME_ZONE)
            *at++ = 'Z';
    }
    *at = 0;
    return (size_t)(at - out);
}
