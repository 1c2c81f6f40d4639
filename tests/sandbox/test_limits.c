/* Limits, what they count, cancelling; nothing is left after many boxes. */
#include "tests/sandbox/box_test.h"
#include <sys/eventfd.h>
#include <sys/resource.h>

/* ---- limits ---- */

static void a_known_allocation_is_the_peak(void **state)
{
    const struct slot *slot = *state;
    static const char *const argv[] = { "/usr/bin/dd", "if=/dev/zero", "of=/dev/null",
                                        "bs=40M",      "count=8",      "status=none",
                                        NULL };
    for (int i = 0; i < 4; i++) {
        struct box_report report;
        struct box_job job = test_job(argv);
        box_run(slot->launcher, &job, &report);
        assert_int_equal(report.verdict, BOX_OK);
        if (!slot->ordinary) { /* polled memory may miss so short a life */
            assert_in_range(report.memory_peak_bytes, 40 << 20, 43 << 20);
            assert_in_range(report.cpu_us, 500, 2000000);
        }
    }
}

static void files_read_are_not_memory(void **state)
{
    struct box_job job = shell("cat /usr/bin/* 2>/dev/null | head -c 200M > /dev/null");
    job.limits.cpu_ms = 10000;
    job.limits.wall_ms = 20000;
    job.limits.memory_bytes = 32 << 20;
    expect(*state, &job, BOX_OK, "");
}

static void disk_that_was_filled_explains_a_failure_only(void **state)
{
    static const char *const writable[] = { "/opt/ml/output", NULL };
    struct box_job job = shell("head -c 30M /dev/zero > /opt/ml/output/x; sleep 0.1; exit 0");
    job.writable = writable;
    expect(*state, &job, BOX_OK, NULL);
    job = shell("head -c 30M /dev/zero > /opt/ml/output/x || exit 3");
    job.writable = writable;
    expect(*state, &job, BOX_DISK, NULL);
}

static void a_slot_without_control_groups_refuses_unless_accepted(void **state)
{
    const struct slot *slot = *state;
    struct box_report report;
    struct box_job job = shell("true");
    job.degraded = false;
    box_run(slot->launcher, &job, &report);
    bool polled = strstr(report.layers, "memory:polled") || report.verdict == BOX_INTERNAL;
    if (polled) {
        assert_int_equal(report.verdict, BOX_INTERNAL);
        assert_non_null(strstr(report.message, "refused on this machine"));
        job.degraded = true;
        box_run(slot->launcher, &job, &report);
        assert_true(report.degraded);
    } else {
        assert_int_equal(report.verdict, BOX_OK);
        assert_false(report.degraded);
    }
}

static void many_files_pass_with_few_descriptors(void **state)
{
    enum { FILES = 3000 };
    static struct box_file files[FILES];
    static char paths[FILES][48];
    const struct slot *slot = *state;
    struct rlimit usual, few = { 200, 200 };
    put_file("in.txt", "hello\n", 0600);
    for (size_t i = 0; i < FILES; i++) {
        snprintf(paths[i], sizeof paths[i], "/opt/ml/input/%zu/%zu", i % 50, i);
        files[i] = (struct box_file){ work, "in.txt", paths[i], 0644 };
    }
    struct box_job job = shell("find /opt/ml/input -type f | wc -l");
    job.files = files;
    job.file_count = FILES;
    job.limits.disk_bytes = 64 << 20;
    getrlimit(RLIMIT_NOFILE, &usual);
    few.rlim_max = usual.rlim_max;
    setrlimit(RLIMIT_NOFILE, &few);
    expect(slot, &job, BOX_OK, "3000\n");
    setrlimit(RLIMIT_NOFILE, &usual);
}

static void cancelling_ends_the_box(void **state)
{
    const struct slot *slot = *state;
    struct box_report report;
    int pair[2];
    for (int way = 0; way < 2; way++) { /* a written pipe, a closed one */
        struct box_job job = shell("sleep 60");
        assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
        job.cancel = pair[0];
        pid_t child = fork();
        if (child == 0) {
            usleep(200000);
            if (way == 0 && write(pair[1], "x", 1) != 1)
                _exit(1);
            _exit(0);
        }
        close(pair[1]);
        box_run(slot->launcher, &job, &report);
        waitpid(child, NULL, 0);
        close(pair[0]);
        assert_true(report.cancelled);
        assert_int_equal(report.verdict, BOX_INTERNAL);
        assert_in_range(report.wall_us, 50000, 2000000);
    }
    assert_clean(slot);
}

static void started_is_told(void **state)
{
    const struct slot *slot = *state;
    struct box_report report;
    uint64_t count = 0;
    struct box_job job = shell("true");
    job.started = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    box_run(slot->launcher, &job, &report);
    assert_int_equal(read(job.started, &count, sizeof count), sizeof count);
    assert_int_equal(count, 1);
    close(job.started);
}

static void a_hundred_boxes_leave_no_trace(void **state)
{
    const struct slot *slot = *state;
    struct box_report report;
    static const char *const argv[] = { "/usr/bin/true", NULL };
    size_t own = count_fds(getpid());
    for (int i = 0; i < 100; i++) {
        struct box_job job = test_job(argv);
        box_run(slot->launcher, &job, &report);
        assert_int_equal(report.verdict, BOX_OK);
    }
    assert_int_equal(count_fds(getpid()), own);
    assert_clean(slot);
}

int main(void)
{
    static struct CMUnitTest tests[] = {
        BOTH(a_known_allocation_is_the_peak),
        BOTH(files_read_are_not_memory),
        BOTH(disk_that_was_filled_explains_a_failure_only),
        BOTH(a_slot_without_control_groups_refuses_unless_accepted),
        BOTH(many_files_pass_with_few_descriptors),
        BOTH(cancelling_ends_the_box),
        BOTH(started_is_told),
        BOTH(a_hundred_boxes_leave_no_trace),
    };
    size_t count = tests_possible(tests, sizeof tests / sizeof *tests);
    return _cmocka_run_group_tests("limits", tests, count, slots_start, slots_stop);
}
