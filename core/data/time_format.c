/* Times as a format describes them. */
#include "core/data/time.h"

struct parts {
    int year, month, day, hour, minute, second, east;
    int64_t billionths;
    bool clock, zone;
};

struct cursor {
    struct str text;
    size_t at;
};

static bool is_digit(const struct cursor *c)
{
    return c->at < c->text.len && c->text.at[c->at] >= '0' && c->text.at[c->at] <= '9';
}

static bool digits(struct cursor *c, int least, int most, int *out)
{
    int count = 0;
    for (*out = 0; count < most && is_digit(c); count++)
        *out = *out * 10 + (c->text.at[c->at++] - '0');
    return count >= least;
}

static bool fraction(struct cursor *c, int64_t *billionths)
{
    int64_t unit = 100 * 1000 * 1000;
    bool any = is_digit(c);
    for (*billionths = 0; unit > 0 && is_digit(c); unit /= 10)
        *billionths += unit * (c->text.at[c->at++] - '0');
    return any;
}

static bool zone(struct cursor *c, struct parts *p)
{
    p->zone = true;
    if (c->at >= c->text.len)
        return false;
    char sign = c->text.at[c->at++];
    if (sign == 'Z')
        return true;
    int hours, minutes = 0;
    if ((sign != '+' && sign != '-') || !digits(c, 2, 2, &hours))
        return false;
    c->at += c->at < c->text.len && c->text.at[c->at] == ':';
    if (is_digit(c) && !digits(c, 2, 2, &minutes))
        return false;
    p->east = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
    return hours < 24 && minutes < 60;
}

static bool part(struct cursor *c, char directive, struct parts *p)
{
    switch (directive) {
    case 'Y':
        return digits(c, 4, 4, &p->year);
    case 'y':
        if (!digits(c, 2, 2, &p->year))
            return false;
        p->year += p->year < 69 ? 2000 : 1900;
        return true;
    case 'm':
        return digits(c, 1, 2, &p->month);
    case 'd':
        return digits(c, 1, 2, &p->day);
    case 'H':
        p->clock = true;
        return digits(c, 1, 2, &p->hour);
    case 'M':
        return digits(c, 2, 2, &p->minute);
    case 'S':
        return digits(c, 2, 2, &p->second);
    case 'f':
        return fraction(c, &p->billionths);
    case 'z':
        return zone(c, p);
    default:
        return c->at < c->text.len && c->text.at[c->at++] == '%';
    }
}

bool time_format_fits(struct str format)
{
    bool year = false, month = false, day = false;
    for (size_t i = 0; i < format.len; i++) {
        if (format.at[i] != '%')
            continue;
        char c = ++i < format.len ? format.at[i] : 0;
        if (!c || !strchr("YymdHMSfz%", c))
            return false;
        year |= c == 'Y' || c == 'y';
        month |= c == 'm';
        day |= c == 'd';
    }
    return year && month && day;
}

bool time_parse_as(struct str text, struct str format, double *seconds, unsigned *form)
{
    struct cursor c = { text, 0 };
    struct parts p = { 0 };
    for (size_t i = 0; i < format.len; i++) {
        bool directive = format.at[i] == '%' && i + 1 < format.len;
        if (directive ? !part(&c, format.at[++i], &p)
                      : c.at >= text.len || text.at[c.at++] != format.at[i])
            return false;
    }
    if (c.at != text.len || p.hour > 23 || p.minute > 59 || p.second > 59 ||
        !time_is_date(p.year, p.month, p.day))
        return false;
    *form = p.clock ? (unsigned)TIME_CLOCK | (p.zone ? (unsigned)TIME_ZONE : 0) : 0;
    return time_join(time_days(p.year, (unsigned)p.month, (unsigned)p.day) * 86400 +
                         (p.hour * 60 + p.minute) * 60 + p.second - p.east,
                     p.billionths, seconds);
}
