/* A scratch space serves another box when nobody has touched it, and never after anybody has. */
#include "tests/sandbox/box_test.h"
#include <sys/utsname.h>

/* Since Linux 6.15. */
static bool can_share(void)
{
    struct utsname system;
    int major = 0, minor = 0;
    uname(&system);
    assert_int_equal(sscanf(system.release, "%d.%d", &major, &minor), 2);
    return major > 6 || (major == 6 && minor >= 15);
}

static void run_job(const struct slot *slot, struct box_job job, char *text, size_t size)
{
    struct box_report report;
    run_into(slot->launcher, &job, &report, text, size);
    if (report.verdict != BOX_OK)
        show_report(&report, text);
    assert_int_equal(report.verdict, BOX_OK);
    box_report_close(&report);
    assert_clean(slot);
}

static void run_line(const struct slot *slot, const char *line, char *text, size_t size)
{
    run_job(slot, shell(line), text, size);
}

static void untouched_it_serves_again(void **state)
{
    const struct slot *slot = *state;
    static char first[4096], next[4096];
    if (!can_share())
        return;
    run_line(slot, "stat -c %z /tmp", first, sizeof first);
    run_line(slot, "test -d /tmp; python3 -c pass", next, sizeof next);
    run_line(slot, "stat -c %z /tmp", next, sizeof next);
    assert_string_equal(first, next);
    struct box_job other = shell("stat -c %z /tmp");
    other.limits.disk_bytes *= 2; /* a box with other limits gets one of that size */
    run_job(slot, other, next, sizeof next);
    assert_string_not_equal(first, next);
}

static void touched_it_never_does(void **state)
{
    const struct slot *slot = *state;
    static const char *const touches[] = {
        "echo >/tmp/file",
        "echo >/dev/shm/file",
        "echo >/tmp/file; rm /tmp/file",
        "mkdir /dev/shm/a; rmdir /dev/shm/a",
        "ln -s /etc /tmp/link",
        "mkfifo /tmp/pipe",
        "chmod 700 /tmp",
        "chmod 700 /dev/shm; chmod 1777 /dev/shm",
        "touch -d 2001-01-01 /tmp",
        "touch -a -d 2001-01-01 /dev/shm",
        "ls /tmp",
        "python3 -c \"import os; os.setxattr('/tmp', b'user.word', b'x')\"",
        "python3 -c \"import os; os.open('/tmp', os.O_TMPFILE | os.O_RDWR)\"",
        "exec 5>/tmp/x; rm /tmp/x; head -c 8000000 /dev/zero >&5",
    };
    static char before[4096], output[4096], after[4096];
    for (size_t i = 0; i < sizeof touches / sizeof *touches; i++) {
        run_line(slot, "stat -c %z /tmp /dev/shm", before, sizeof before);
        run_line(slot, touches[i], output, sizeof output);
        run_line(slot, "stat -c %z /tmp /dev/shm", after, sizeof after);
        if (strcmp(before, after) == 0)
            print_error("served again after: %s\n%s", touches[i], output);
        assert_string_not_equal(before, after);
        run_line(slot, "ls -A /tmp /dev/shm; stat -c '%a %u' /tmp /dev/shm", after, sizeof after);
        assert_string_equal(after, "/dev/shm:\n\n/tmp:\n1777 1000\n1777 1000\n");
    }
}

int main(void)
{
    static struct CMUnitTest tests[] = {
        BOTH(untouched_it_serves_again),
        BOTH(touched_it_never_does),
    };
    size_t count = tests_possible(tests, sizeof tests / sizeof *tests);
    return _cmocka_run_group_tests("spaces", tests, count, slots_start, slots_stop);
}
