/* The system's clocks behind the injected struct, and RFC 3339. */
#include "core/base/clock.h"
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_utc(const struct clock *clock)
{
    return read_ms(CLOCK_REALTIME) + clock->shift_ms;
}

static int64_t system_boot(const struct clock *clock)
{
    return read_ms(CLOCK_BOOTTIME) + clock->shift_ms;
}

struct clock clock_system(void)
{
    return (struct clock){ .utc_ms = system_utc, .boot_ms = system_boot };
}

int64_t clock_utc_ms(const struct clock *clock)
{
    return clock->utc_ms(clock);
}

int64_t clock_boot_ms(const struct clock *clock)
{
    return clock->boot_ms(clock);
}

int64_t clock_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_boot_id(char out[37])
{
    out[0] = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t got = read(fd, out, 36);
    out[got > 0 ? got : 0] = 0;
    close(fd);
}

void clock_print(int64_t utc_ms, char out[TIME_TEXT])
{
    int64_t s = utc_ms / 1000, ms = utc_ms % 1000;
    if (ms < 0)
        ms += 1000, s -= 1;
    time_t t = (time_t)s;
    struct tm tm;
    if (!gmtime_r(&t, &tm)) {
        out[0] = 0;
        return;
    }
    size_t len = strftime(out, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    if (ms)
        len += (size_t)snprintf(out + len, TIME_TEXT - len, ".%03d", (int)ms);
    snprintf(out + len, TIME_TEXT - len, "Z");
}

/* Exactly `count` digits at *rest as a number within [least, most]. */
static bool digits(struct str *rest, size_t count, int least, int most, int *out)
{
    int64_t value;
    struct str part = str_until(*rest, count);
    if (part.len != count || part.at[0] == '-' || part.at[0] == '+' || !str_to_int(part, &value) ||
        value < least || value > most)
        return false;
    *rest = str_from(*rest, count);
    *out = (int)value;
    return true;
}

static bool literal(struct str *rest, char a, char b)
{
    if (!rest->len || (rest->at[0] != a && rest->at[0] != b))
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

static bool offset_parse(struct str *rest, int *minutes)
{
    *minutes = 0;
    if (literal(rest, 'Z', 'z'))
        return true;
    if (!rest->len || (rest->at[0] != '+' && rest->at[0] != '-'))
        return false;
    int sign = rest->at[0] == '-' ? -1 : 1, hours, mins;
    *rest = str_from(*rest, 1);
    if (!digits(rest, 2, 0, 23, &hours) || !literal(rest, ':', ':') ||
        !digits(rest, 2, 0, 59, &mins))
        return false;
    *minutes = sign * (hours * 60 + mins);
    return true;
}

static bool fraction_parse(struct str *rest, int *ms)
{
    *ms = 0;
    if (!literal(rest, '.', '.'))
        return true;
    int scale = 100;
    size_t count = 0;
    while (rest->len && rest->at[0] >= '0' && rest->at[0] <= '9') {
        *ms += (rest->at[0] - '0') * scale;
        scale /= 10;
        count++;
        *rest = str_from(*rest, 1);
    }
    return count > 0;
}

bool clock_parse(struct str text, int64_t *utc_ms)
{
    struct tm tm = { 0 };
    int year, month, ms, minutes;
    if (!digits(&text, 4, 1970, 9999, &year) || !literal(&text, '-', '-') ||
        !digits(&text, 2, 1, 12, &month) || !literal(&text, '-', '-') ||
        !digits(&text, 2, 1, 31, &tm.tm_mday) || !literal(&text, 'T', ' ') ||
        !digits(&text, 2, 0, 23, &tm.tm_hour) || !literal(&text, ':', ':') ||
        !digits(&text, 2, 0, 59, &tm.tm_min) || !literal(&text, ':', ':') ||
        !digits(&text, 2, 0, 60, &tm.tm_sec) || !fraction_parse(&text, &ms) ||
        !offset_parse(&text, &minutes) || text.len)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    int day = tm.tm_mday;
    time_t t = timegm(&tm);
    if (tm.tm_mday != day)
        return false; /* the 30th of February */
    *utc_ms = ((int64_t)t - (int64_t)minutes * 60) * 1000 + ms;
    return true;
}
