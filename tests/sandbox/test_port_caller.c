/* Callers that ask too much, too late or not by the protocol of a box that runs. */
#include "tests/sandbox/box_test.h"
#include "sandbox/wire.h"
#include <poll.h>
#include <signal.h>
#include <sys/random.h>

#define PORT 8080

/* A sleeping box whose port nobody listens on, driven by hand: the job's socket. */
static int running_box(const struct slot *slot, int64_t wall_ms)
{
    static const char texts[] = "/tmp\0/usr/bin/sleep\0"
                                "60";
    struct {
        struct wire_job fixed;
        char texts[sizeof texts];
    } blob = { .fixed = { .degraded = 1, .port = PORT, .tell_started = 1 } };
    int pair[2];
    struct wire_message message = { .head = { .kind = WIRE_START }, .fd_count = 1 };
    blob.fixed.limits = test_job(NULL).limits;
    blob.fixed.limits.wall_ms = wall_ms;
    blob.fixed.counts[LIST_CWD] = 1;
    blob.fixed.counts[LIST_ARGV] = 2;
    memcpy(blob.texts, texts, sizeof texts);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    message.fds[0] = pair[1];
    assert_true(wire_send(box_launcher_socket(slot->launcher), &message));
    close(pair[1]);
    message.head = (struct wire_head){ .kind = WIRE_JOB, .fd_mask = 1u << FD_BLOB };
    message.fds[0] = memfd_create("blob", MFD_CLOEXEC);
    size_t size = offsetof(__typeof__(blob), texts) + sizeof texts;
    assert_int_equal(write(message.fds[0], &blob, size), size);
    assert_true(wire_send(pair[0], &message));
    close(message.fds[0]);
    return pair[0];
}

/* The report that comes back; verdict -1: only the end. */
static struct box_report last_report(int socket)
{
    struct wire_message message;
    struct box_report report = { .verdict = (enum box_verdict) - 1 };
    struct pollfd ready = { .fd = socket, .events = POLLIN };
    while (poll(&ready, 1, 20000) == 1 && wire_receive(socket, &message)) {
        if (message.head.kind == WIRE_REPORT)
            report = message.report;
        wire_close_fds(&message);
    }
    close(socket);
    return report;
}

static void await_start(int socket)
{
    struct wire_message message;
    assert_true(wire_receive(socket, &message));
    assert_int_equal(message.head.kind, WIRE_STARTED);
}

static bool ask(int socket, uint32_t port, int reply)
{
    struct wire_message message = { .head = { .kind = WIRE_CONNECT, .number = port },
                                    .fds = { reply },
                                    .fd_count = 1 };
    return wire_send(socket, &message);
}

static void what_is_no_message_ends_the_box(void **state)
{
    const struct slot *slot = *state;
    struct wire_message rows[] = {
        { .head = { .kind = WIRE_CONNECT, .number = PORT } }, /* nowhere to answer */
        { .head = { .kind = WIRE_CONNECT, .number = PORT }, .fds = { 0, 0 }, .fd_count = 2 },
        { .head = { .kind = WIRE_SIGNAL, .number = SIGSTOP } },
        { .head = { .kind = WIRE_SIGNAL, .number = 0 } },
        { .head = { .kind = WIRE_SIGNAL, .number = 0xffffffff } },
        { .head = { .kind = WIRE_SIGNAL, .number = SIGTERM }, .fds = { 0 }, .fd_count = 1 },
        { .head = { .kind = WIRE_JOB } },
        { .head = { .kind = WIRE_CONNECTED } },
        { .head = { .kind = 0 } },
        { .head = { .kind = 0xffffffff } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int socket = running_box(slot, 60000);
        assert_true(wire_send(socket, &rows[i]));
        struct box_report report = last_report(socket);
        assert_int_equal(report.verdict, BOX_INTERNAL);
        assert_string_equal(report.message, "the caller left");
    }
    assert_clean(slot);
}

static void noise_ends_the_box_and_not_the_launcher(void **state)
{
    const struct slot *slot = *state;
    unsigned char bytes[2048];
    for (int i = 0; i < 60; i++) {
        int socket = running_box(slot, 60000);
        struct wire_head *head = (void *)bytes;
        if (i % 2)
            await_start(socket);
        for (int k = 0; k < 20; k++) {
            assert_int_equal(getrandom(bytes, sizeof bytes, 0), sizeof bytes);
            head->kind = (uint32_t)(i + k) % 12;
            send(socket, bytes, k % 3 ? sizeof *head : (size_t)bytes[100] * 8, MSG_NOSIGNAL);
        }
        assert_int_equal(last_report(socket).verdict, BOX_INTERNAL);
    }
    assert_clean(slot);
}

static void ports_are_looked_at_by_the_launcher_too(void **state)
{
    const struct slot *slot = *state;
    static const struct {
        uint32_t port, error;
    } rows[] = { { PORT, ECONNREFUSED },
                 { 0, EACCES },
                 { 80, EACCES },
                 { 0xffffffff, EACCES },
                 { PORT + 65536, EACCES } };
    int job = running_box(slot, 60000), pair[2];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire_message message;
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_true(ask(job, rows[i].port, pair[1]));
        close(pair[1]);
        assert_true(wire_receive(pair[0], &message));
        assert_int_equal(message.head.kind, WIRE_CONNECTED);
        assert_int_equal(message.head.number, rows[i].error);
        assert_int_equal(message.fd_count, 0);
        close(pair[0]);
    }
    shutdown(job, SHUT_WR);
    assert_string_equal(last_report(job).message, "the caller left");
    assert_clean(slot);
}

/* A full socket, a file, a pipe's wrong end: the answer is lost, nothing else. */
static void answers_that_nobody_takes_do_not_stop_the_clock(void **state)
{
    const struct slot *slot = *state;
    int full[2], tube[2];
    char bytes[4096] = { 0 };
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, full), 0);
    assert_int_equal(pipe2(tube, O_CLOEXEC), 0);
    while (send(full[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    const int replies[] = { full[1], work, tube[0], box_launcher_socket(slot->launcher) };
    int job = running_box(slot, 300);
    for (int i = 0; i < 400; i++)
        if (!ask(job, i % 2 ? PORT : 1, replies[i % 4]))
            break; /* it is over */
    assert_int_equal(last_report(job).verdict, BOX_WALL);
    for (int i = 0; i < 2; i++) {
        close(full[i]);
        close(tube[i]);
    }
    assert_clean(slot);
}

static void questions_that_come_too_late_are_dropped(void **state)
{
    const struct slot *slot = *state;
    for (int i = 0; i < 20; i++) {
        int job = running_box(slot, 20), pair[2], asked = 0;
        struct wire_message message;
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        while (ask(job, PORT, pair[1]))
            asked++;
        assert_true(errno == EPIPE || errno == ECONNRESET);
        assert_true(asked > 0);
        close(pair[1]);
        while (wire_receive(pair[0], &message)) /* until nobody holds the other end */
            assert_int_equal(message.head.number, ECONNREFUSED);
        close(pair[0]);
        assert_int_equal(last_report(job).verdict, BOX_WALL);
    }
    assert_clean(slot);
}

/* Kept files wait for box_finish, more than fit a socket, while the caller still asks. */
static void asking_on_does_not_hold_the_kept_files_up(void **state)
{
    const struct slot *slot = *state;
    static const char *const keep[] = { "/box", NULL };
    struct box_job job = shell("i=0; while [ $i -lt 1000 ]; do : > /box/$i; i=$((i+1)); done");
    struct box_report report;
    job.port = PORT;
    job.writable = job.keep = keep;
    job.limits.keep_files = 2000;
    struct box *box = box_start(slot->launcher, &job);
    while (box_connect(box, PORT) < 0 && errno == ECONNREFUSED)
        ;
    assert_true(errno == EPIPE || errno == ECONNRESET);
    box_finish(box, &report);
    assert_int_equal(report.verdict, BOX_OK);
    assert_int_equal(report.artifact_count, 1000);
    box_report_close(&report);
    assert_clean(slot);
}

/* The command is known to run by its output, and its process is not yet known to the launcher. */
static void a_signal_that_comes_early_waits_for_the_command(void **state)
{
    const struct slot *slot = *state;
    for (int i = 0; i < 10; i++) {
        struct box_job job = shell("echo; exec sleep 60");
        struct box_report report;
        struct box *box = box_start(slot->launcher, &job);
        assert_true(box_signal(box, SIGINT));
        box_finish(box, &report);
        assert_int_equal(report.verdict, BOX_SIGNAL);
        assert_int_equal(report.signal, SIGINT);
        box_report_close(&report);
    }
    assert_clean(slot);
}

int main(void)
{
    static struct CMUnitTest tests[] = {
        BOTH(what_is_no_message_ends_the_box),
        BOTH(noise_ends_the_box_and_not_the_launcher),
        BOTH(ports_are_looked_at_by_the_launcher_too),
        BOTH(answers_that_nobody_takes_do_not_stop_the_clock),
        BOTH(questions_that_come_too_late_are_dropped),
        BOTH(asking_on_does_not_hold_the_kept_files_up),
        BOTH(a_signal_that_comes_early_waits_for_the_command),
    };
    size_t count = tests_possible(tests, sizeof tests / sizeof *tests);
    return _cmocka_run_group_tests("port, caller", tests, count, slots_start, slots_stop);
}
