/* Days of people's: offsets, summer time, where a day begins. Values: GNU date with TZ set. */
#include "core/base/clock.h"
#include "core/base/zone.h"
#include "tests/cases.h"

static const int64_t years[2] = { 1000000000000, 3000000000000 }; /* 2001 to 2065 */

static int64_t at(const char *text)
{
    int64_t ms;
    if (!clock_parse(str_of(text), &ms))
        fail_msg("%s is no time", text);
    return ms;
}

static struct zone load(struct arena *arena, const char *name)
{
    struct zone zone;
    struct fault why = { 0 };
    if (!zone_load(arena, str_of(name), years, &zone, &why))
        fail_msg("%s", why.text);
    return zone;
}

static void offsets_follow_summer_time_also_behind_the_written_years(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *utc;
        int64_t offset_s;
    } rows[] = {
        { "Europe/Berlin", "2026-02-10T12:00:00Z", 3600 },
        { "Europe/Berlin", "2026-03-29T00:59:59Z", 3600 },
        { "Europe/Berlin", "2026-03-29T01:00:00Z", 7200 },
        { "Europe/Berlin", "2026-10-25T00:59:59Z", 7200 },
        { "Europe/Berlin", "2026-10-25T01:00:00Z", 3600 },
        { "Europe/Berlin", "2055-07-01T00:00:00Z", 7200 },
        { "America/New_York", "2026-07-01T00:00:00Z", -14400 },
        { "America/New_York", "2060-12-01T00:00:00Z", -18000 },
        { "Australia/Sydney", "2026-01-01T00:00:00Z", 39600 },
        { "Australia/Sydney", "2050-06-01T00:00:00Z", 36000 },
        { "Asia/Kolkata", "2040-06-01T00:00:00Z", 19800 },
        { "UTC", "2026-06-01T00:00:00Z", 0 },
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct zone zone = load(arena, rows[i].zone);
        if (zone_offset_s(&zone, at(rows[i].utc)) != rows[i].offset_s)
            fail_msg("%s %s: got %lld, expected %lld", rows[i].zone, rows[i].utc,
                     (long long)zone_offset_s(&zone, at(rows[i].utc)), (long long)rows[i].offset_s);
    }
}

static void a_day_begins_at_its_midnight(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "Europe/Berlin", "2026-02-10T22:59:59Z", "2026-02-09T23:00:00Z" },
        { "Europe/Berlin", "2026-02-10T23:00:00Z", "2026-02-10T23:00:00Z" },
        { "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z" },
        { "Europe/Berlin", "2026-03-30T12:00:00Z", "2026-03-29T22:00:00Z" },
        { "America/New_York", "2026-07-01T03:59:59Z", "2026-06-30T04:00:00Z" },
        { "UTC", "2026-07-01T03:59:59Z", "2026-07-01T00:00:00Z" },
        { "America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z" }, /* begins at 1:00 */
    };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct zone zone = load(arena, rows[i][0]);
        int64_t start = zone_day_start(&zone, zone_day(&zone, at(rows[i][1])));
        char text[TIME_TEXT];
        clock_print(start, text);
        assert_string_equal(text, rows[i][2]);
        assert_int_equal(zone_day(&zone, start), zone_day(&zone, at(rows[i][1])));
        assert_int_equal(zone_day(&zone, start - 1), zone_day(&zone, at(rows[i][1])) - 1);
    }
}

static void local_times_are_printed(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct zone zone = load(arena, "Europe/Berlin");
    char text[ZONE_TEXT];
    zone_print(&zone, at("2026-02-10T17:00:00Z"), text);
    assert_string_equal(text, "2026-02-10 18:00");
}

static void names_that_are_no_zone_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "Europe/Berlni",   "",    "/etc/passwd",
                                         "../../etc/hosts", "Eu ", "Europe" };
    scoped_arena arena = arena_open(NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone zone;
        struct fault why = { 0 };
        if (zone_load(arena, str_of(names[i]), years, &zone, &why))
            fail_msg("%s was taken", names[i]);
    }
}

static void a_broken_zone_file_is_a_fault(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct str bytes;
    struct zone zone;
    struct fault why = { 0 };
    assert_true(
        file_load(arena, AT_FDCWD, "/usr/share/zoneinfo/Europe/Berlin", 1 << 20, &bytes, &why));
    assert_true(zone_parse(arena, bytes, years, &zone, &why));
    for (size_t len = 0; len < bytes.len; len += len < 200 ? 1 : 97) {
        char *cut = arena_take(arena, len + 1); /* its own end, for the sanitizer */
        memcpy(cut, bytes.at, len);
        zone_parse(arena, (struct str){ cut, len }, years, &zone, &why);
    }
    assert_false(zone_parse(arena, str_until(bytes, 100), years, &zone, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_follow_summer_time_also_behind_the_written_years),
        cmocka_unit_test(a_day_begins_at_its_midnight),
        cmocka_unit_test(local_times_are_printed),
        cmocka_unit_test(names_that_are_no_zone_are_refused),
        cmocka_unit_test(a_broken_zone_file_is_a_fault),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
