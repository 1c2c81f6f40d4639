/*
 * Times in ISO 8601 and back: seconds since 1970-01-01T00:00:00Z as a double, exact to a
 * microsecond between the years 1700 and 2250. The calendar is the proleptic Gregorian one, years
 * 0001 to 9999; there are no leap seconds.
 *
 * Read: 2024-02-29, 2024-02-29T17:05, 2024-02-29 17:05:59, with a fraction of 1 to 9 digits behind
 * the seconds and, behind a clock, Z or an offset such as +01:00, +0100 or +01. Without one it is
 * UTC.
 */
#pragma once

#include "core/base/str.h"

/* How a column's times are printed; forms of several cells are combined by |. 0 is a bare date. */
enum time_form {
    TIME_CLOCK = 1, /* with hours, minutes and seconds */
    TIME_T = 2,     /* T between date and clock instead of a blank */
    TIME_ZONE = 4,  /* Z behind the clock */
};

/* The whole text must be the time; *form gets its form. O(1). */
bool time_parse(struct str text, double *seconds, unsigned *form);

/*
 * As a format says: %Y %m %d %H %M %S, %y (69..99 are 19xx), %f (1 to 9 digits of a fraction), %z
 * (Z or an offset), %%; all else stands for itself. Two digits, %Y four; %m and %d may have one.
 * There must be a year, a month and a day.
 */
bool time_parse_as(struct str text, struct str format, double *seconds, unsigned *form);
/* A fault would be: no %Y and %y, a directive that is not known. */
bool time_format_fits(struct str format);

#define TIME_BYTES 48
/*
 * Zero-ended into out; gives its length. The fraction has the fewest digits that read back equal,
 * at most 9. A bare date is printed only where the time is midnight. Times beyond the years 0001 to
 * 9999 and NAN give "nan".
 */
size_t time_print(double seconds, unsigned form, char out[TIME_BYTES]);

static inline unsigned time_month_days(unsigned year, unsigned month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 ? 28u + leap : 30u + ((month ^ month >> 3) & 1);
}

static inline bool time_is_date(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           (unsigned)day <= time_month_days((unsigned)year, (unsigned)month);
}

/* False where it is beyond the years 0001 to 9999. billionths of a second: 0..999999999. */
bool time_join(int64_t whole, int64_t billionths, double *seconds);

/* A day since 1970-01-01 of a date, and back. year >= 0, month 1..12, day 1..31. O(1). */
static inline int64_t time_days(int64_t year, unsigned month, unsigned day)
{
    /* Years that start in March have their leap day last (after Hinnant's date algorithms). */
    static const uint16_t before[] = { 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275 };
    uint64_t march_years = (uint64_t)(year - (month <= 2));
    return (int64_t)(march_years * 365 + march_years / 4 - march_years / 100 + march_years / 400 +
                     before[month - 1] + day) -
           719469;
}

void time_date(int64_t days, int64_t *year, unsigned *month, unsigned *day);
