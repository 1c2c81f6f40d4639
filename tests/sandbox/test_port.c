/* A service inside: connected to from outside through its one port, and through nothing else. */
#include "tests/sandbox/box_test.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#define PORT 8080
#define MANY 200

/* Answers one request a connection, until SIGTERM: then exit 7. */
static const char *const http[] = {
    "/usr/bin/python3",
    "-I",
    "-S",
    "-c",
    "import os, signal, socket, threading\n"
    "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
    "s = socket.create_server(('127.0.0.1', 8080), backlog=32)\n"
    "def serve():\n"
    "    while True:\n"
    "        c, _ = s.accept()\n"
    "        line = c.recv(4096).split()[1]\n"
    "        c.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n' + line)\n"
    "        c.close()\n"
    "threading.Thread(target=serve, daemon=True).start()\n"
    "signal.sigwait([signal.SIGTERM])\n"
    "os._exit(7)\n",
    NULL,
};

/* The same without the answers: nobody is ever accepted. */
static const char *const deaf[] = {
    "/usr/bin/python3",
    "-I",
    "-S",
    "-c",
    "import socket, time\n"
    "s = socket.create_server(('127.0.0.1', 8080), backlog=0)\n"
    "print('listening', flush=True)\n"
    "time.sleep(60)\n",
    NULL,
};

static const char *const sleeper[] = { "/usr/bin/sleep", "60", NULL };

static struct box_job port_job(const char *const *argv)
{
    struct box_job job = test_job(argv);
    job.port = PORT;
    return job;
}

/* Until it listens. */
static int connect_soon(struct box *box)
{
    int fd;
    for (int try = 0; (fd = box_connect(box, PORT)) < 0 && errno == ECONNREFUSED && try < 2000;
         try++)
        usleep(2000);
    return fd;
}

/* What comes back until the end; closes fd. */
static void talk(int fd, const char *path, char *text, size_t size)
{
    size_t have = 0;
    ssize_t got;
    dprintf(fd, "GET %s HTTP/1.0\r\n\r\n", path);
    while (have < size - 1 && (got = read(fd, text + have, size - 1 - have)) > 0)
        have += (size_t)got;
    text[have] = 0;
    close(fd);
}

static bool answers(int fd, const char *path)
{
    char text[256], want[256];
    if (fd < 0)
        return false;
    snprintf(want, sizeof want, "HTTP/1.0 200 OK\r\n\r\n%s", path);
    talk(fd, path, text, sizeof text);
    return strcmp(text, want) == 0;
}

static void finish(const struct slot *slot, struct box *box, enum box_verdict verdict, int code)
{
    struct box_report report;
    box_finish(box, &report);
    if (report.verdict != verdict || report.exit_code != code)
        show_report(&report, "");
    assert_string_equal(box_verdict_name(report.verdict), box_verdict_name(verdict));
    assert_int_equal(report.exit_code, code);
    box_report_close(&report);
    assert_clean(slot);
}

static void a_hundred_requests_are_answered_and_sigterm_ends_it(void **state)
{
    const struct slot *slot = *state;
    struct box_job job = port_job(http);
    struct box *box = box_start(slot->launcher, &job);
    int fd = connect_soon(box);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(answers(fd, "/first"));
    for (int i = 0; i < 100; i++) {
        char path[32];
        snprintf(path, sizeof path, "/invocations/%d", i);
        assert_true(answers(box_connect(box, PORT), path));
    }
    assert_true(box_signal(box, SIGTERM));
    finish(slot, box, BOX_EXIT, 7);
}

/* ---- many at once ---- */

struct client {
    struct box *box;
    int number;
    int good;
};

static void *ask_often(void *arg)
{
    struct client *client = arg;
    for (int i = 0; i < 10; i++) {
        char path[32];
        snprintf(path, sizeof path, "/%d/%d", client->number, i);
        client->good += answers(box_connect(client->box, PORT), path);
    }
    return NULL;
}

static void *finish_there(void *arg)
{
    static struct box_report report;
    box_finish(arg, &report);
    return &report;
}

static void eight_threads_ask_while_another_waits_for_the_end(void **state)
{
    const struct slot *slot = *state;
    struct box_job job = port_job(http);
    struct box *box = box_start(slot->launcher, &job);
    struct client clients[8];
    pthread_t threads[8], end;
    int at_once[8];
    void *report;
    assert_true(answers(connect_soon(box), "/"));
    for (int i = 0; i < 8; i++) /* open together */
        assert_true((at_once[i] = box_connect(box, PORT)) >= 0);
    for (int i = 0; i < 8; i++)
        assert_true(answers(at_once[i], "/x"));
    assert_int_equal(pthread_create(&end, NULL, finish_there, box), 0);
    for (int i = 0; i < 8; i++) {
        clients[i] = (struct client){ .box = box, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &clients[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(clients[i].good, 10);
    }
    assert_true(box_signal(box, SIGTERM));
    pthread_join(end, &report);
    assert_int_equal(((struct box_report *)report)->exit_code, 7);
    assert_clean(slot);
}

/* ---- nobody there ---- */

static void a_port_where_nobody_listens_refuses(void **state)
{
    const struct slot *slot = *state;
    struct box_job job = port_job(sleeper);
    job.port = 40000; /* of the range from which TCP takes its own ends */
    struct box *box = box_start(slot->launcher, &job);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(box_connect(box, 40000), -1);
        assert_int_equal(errno, ECONNREFUSED);
    }
    assert_true(box_signal(box, SIGKILL));
    finish(slot, box, BOX_SIGNAL, -1);
}

static void only_the_jobs_port_can_be_connected_to(void **state)
{
    const struct slot *slot = *state;
    struct box_job with = port_job(http), without = test_job(sleeper);
    struct box *box = box_start(slot->launcher, &with);
    assert_true(answers(connect_soon(box), "/"));
    static const uint16_t wrong[] = { 0, 1, 80, PORT - 1, PORT + 1, 65535 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(box_connect(box, wrong[i]), -1);
        assert_int_equal(errno, EACCES);
    }
    assert_true(box_signal(box, SIGTERM));
    finish(slot, box, BOX_EXIT, 7);
    box = box_start(slot->launcher, &without);
    assert_int_equal(box_connect(box, PORT), -1);
    assert_int_equal(errno, EACCES);
    assert_true(box_signal(box, SIGINT));
    finish(slot, box, BOX_SIGNAL, -1);
}

static void assert_gone(struct box *box)
{
    assert_int_equal(box_connect(box, PORT), -1);
    assert_true(errno == EPIPE || errno == ECONNRESET);
}

static void a_box_that_is_gone_resets(void **state)
{
    const struct slot *slot = *state;
    struct box_job job = port_job(http), broken = port_job(http);
    struct box *box = box_start(slot->launcher, &job);
    int fd = connect_soon(box);
    char byte;
    assert_true(fd >= 0);
    assert_true(box_signal(box, SIGTERM));
    assert_true(read(fd, &byte, 1) <= 0); /* the server is gone, so is its end */
    close(fd);
    /* Dying takes a moment, in which nobody listens, or nobody takes what is queued. */
    while ((fd = box_connect(box, PORT)) >= 0 || errno == ECONNREFUSED || errno == ETIMEDOUT)
        close(fd);
    assert_gone(box);
    assert_false(box_signal(box, SIGTERM) && box_signal(box, SIGTERM));
    finish(slot, box, BOX_EXIT, 7);
    broken.cwd = "/nowhere";
    box = box_start(slot->launcher, &broken); /* never comes to its command */
    assert_gone(box);
    finish(slot, box, BOX_INTERNAL, -1);
    broken.cwd = "not absolute";
    box = box_start(slot->launcher, &broken); /* never comes to the launcher */
    assert_gone(box);
    finish(slot, box, BOX_INTERNAL, -1);
}

static void other_signals_are_not_passed(void **state)
{
    const struct slot *slot = *state;
    struct box_job job = port_job(sleeper);
    struct box *box = box_start(slot->launcher, &job);
    static const int wrong[] = { 0, -1, SIGSTOP, SIGHUP, SIGSEGV, SIGSYS, 64, 1000 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(box_signal(box, wrong[i]));
        assert_int_equal(errno, EINVAL);
    }
    assert_true(box_signal(box, SIGKILL)); /* before it can have started: it waits for it */
    finish(slot, box, BOX_SIGNAL, -1);
}

/* ---- one that does not accept ---- */

static void *fail_to_connect(void *arg)
{
    struct client *client = arg;
    for (int i = 0; i < 2; i++)
        client->good += box_connect(client->box, PORT) < 0 && errno == ETIMEDOUT;
    return NULL;
}

/* What comes first of the output; -1: nothing. */
static ssize_t read_soon(int fd, char *text, size_t size)
{
    struct pollfd seat = { .fd = fd, .events = POLLIN };
    return poll(&seat, 1, 5000) == 1 ? read(fd, text, size) : -1;
}

static void a_full_backlog_delays_nobody_but_its_clients(void **state)
{
    const struct slot *slot = *state;
    struct box_job job = port_job(deaf);
    struct client clients[24];
    pthread_t threads[24];
    int out[2], queued[16], count = 0, timeouts = 0;
    char text[32];
    job.limits.wall_ms = 60000;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    job.out = out[1];
    struct box *box = box_start(slot->launcher, &job);
    assert_int_equal(read_soon(out[0], text, sizeof text), sizeof "listening\n" - 1);
    while (count < 16 && (queued[count] = box_connect(box, PORT)) >= 0)
        count++;
    assert_int_equal(errno, ETIMEDOUT);
    assert_in_range(count, 1, 15);
    for (int i = 0; i < 24; i++) { /* more than seats */
        clients[i] = (struct client){ .box = box };
        assert_int_equal(pthread_create(&threads[i], NULL, fail_to_connect, &clients[i]), 0);
    }
    for (int i = 0; i < 24; i++) {
        pthread_join(threads[i], NULL);
        timeouts += clients[i].good;
    }
    assert_int_equal(timeouts, 48);
    while (count)
        close(queued[--count]);
    close(out[0]);
    close(out[1]);
    assert_true(box_signal(box, SIGKILL));
    finish(slot, box, BOX_SIGNAL, -1);
}

static void limits_hold_while_clients_wait(void **state)
{
    static const char *const argv[] = {
        "/usr/bin/python3",
        "-I",
        "-S",
        "-c",
        "import socket, os, time\n"
        "s = socket.create_server(('127.0.0.1', 8080), backlog=0)\n"
        "time.sleep(0.3)\n" /* clients are waiting now */
        "while True: os.write(1, b'x' * 4096)\n",
        NULL,
    };
    static const struct {
        int64_t wall_ms, output_bytes;
        enum box_verdict verdict;
    } rows[] = { { 60000, 100000, BOX_OUTPUT }, { 800, (int64_t)1 << 34, BOX_WALL } };
    const struct slot *slot = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct box_job job = port_job(argv);
        int fds[64], count = 0;
        job.limits.wall_ms = rows[i].wall_ms;
        job.limits.output_bytes = rows[i].output_bytes;
        job.limits.cpu_ms = 60000;
        struct box *box = box_start(slot->launcher, &job);
        assert_true((fds[count++] = connect_soon(box)) >= 0);
        while (count < 64 && ((fds[count] = box_connect(box, PORT)) >= 0 || errno == ETIMEDOUT))
            count++; /* until the box is gone */
        assert_in_range(count, 1, 63);
        while (count)
            close(fds[--count]);
        finish(slot, box, rows[i].verdict, -1);
    }
}

/* ---- nothing else is reachable ---- */

/* Must be refused at the port that is its argument; then listens on 8080 itself. */
static const char visitor_program[] =
    "import socket, sys, os\n"
    "s = socket.socket()\n"
    "r = s.connect_ex(('127.0.0.1', int(sys.argv[1])))\n"
    "if r != 111: os._exit(3)\n" /* ECONNREFUSED */
    "print(os.readlink('/proc/self/ns/net'), socket.if_nameindex(), flush=True)\n"
    "s = socket.create_server(('0.0.0.0', 8080))\n"
    "s.accept()[0].sendall(b'mine')\n";

static void the_host_is_not_reachable_and_does_not_reach_it(void **state)
{
    const struct slot *slot = *state;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    char number[16], text[512], own[64] = "";
    int host = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), out[2];
    assert_false(bind(host, (void *)&at, sizeof at) || listen(host, 8) ||
                 getsockname(host, (void *)&at, &size));
    snprintf(number, sizeof number, "%d", ntohs(at.sin_port));
    const char *const argv[] = {
        "/usr/bin/python3", "-I", "-S", "-c", visitor_program, number, NULL
    };
    struct box_job job = port_job(argv);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    job.out = out[1];
    struct box *box = box_start(slot->launcher, &job);
    ssize_t len = read_soon(out[0], text, sizeof text - 1);
    text[len > 0 ? len : 0] = 0;
    assert_non_null(strstr(text, "] [(1, 'lo')]\n"));
    assert_true(readlink("/proc/self/ns/net", own, sizeof own - 1) > 0);
    assert_int_not_equal(strncmp(text, own, strlen(own)), 0);
    int fd = connect_soon(box);
    talk(fd, "/", text, sizeof text);
    assert_string_equal(text, "mine");
    close(host);
    close(out[0]);
    close(out[1]);
    finish(slot, box, BOX_OK, 0);
}

static void two_boxes_with_the_same_port_do_not_see_each_other(void **state)
{
    const struct slot *slot = *state;
    struct slot other = { .ordinary = slot->ordinary };
    slot_start(&other);
    struct box_job first = port_job(http);
    struct box *one = box_start(slot->launcher, &first);
    assert_true(answers(connect_soon(one), "/one"));
    const char *const argv[] = {
        "/usr/bin/python3", "-I", "-S", "-c", visitor_program, "8080", NULL
    };
    struct box_job second = port_job(argv); /* refused at 8080, then listens there */
    struct box *two = box_start(other.launcher, &second);
    int fd = connect_soon(two);
    char text[64];
    assert_true(fd >= 0);
    assert_true(answers(box_connect(one, PORT), "/one"));
    talk(fd, "/", text, sizeof text);
    assert_string_equal(text, "mine");
    finish(&other, two, BOX_OK, 0);
    assert_true(box_signal(one, SIGTERM));
    finish(slot, one, BOX_EXIT, 7);
    box_launcher_close(other.launcher);
}

/* ---- the ends ---- */

static void a_caller_that_dies_while_connected_takes_its_box_along(void **state)
{
    const struct slot *slot = *state;
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t caller = fork();
    if (caller == 0) {
        struct box_job job = port_job(http);
        job.limits.wall_ms = 60000;
        struct box *box = box_start(slot->launcher, &job);
        int fd = connect_soon(box);
        if (fd < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    kill(caller, SIGKILL);
    waitpid(caller, NULL, 0);
    assert_clean(slot);
}

/* The number of the network namespace of a box that is over. */
static long network_of_one(const struct slot *slot, uint16_t port)
{
    static const char *const argv[] = { "/usr/bin/readlink", "/proc/self/ns/net", NULL };
    struct box_job job = port_job(argv);
    struct box_report report;
    char text[64] = "";
    long number = 0;
    job.port = port;
    int out = memfd_create("output", MFD_CLOEXEC);
    job.out = out;
    struct box *box = box_start(slot->launcher, &job);
    assert_int_equal(box_connect(box, PORT), -1);
    box_finish(box, &report);
    assert_int_equal(report.verdict, BOX_OK);
    assert_true(pread(out, text, sizeof text - 1, 0) > 0);
    assert_int_equal(sscanf(text, "net:[%ld]", &number), 1);
    close(out);
    return number;
}

/*
 * A number is given again only when its namespace is gone, a moment after the box: no number comes
 * twice when boxes leave theirs behind.
 */
static void two_hundred_boxes_leave_no_descriptor_and_no_network(void **state)
{
    const struct slot *slot = *state;
    long numbers[2 * MANY], shared = network_of_one(slot, 0);
    size_t before = count_fds(getpid());
    int count = 0, again = 0;
    while (count < MANY || (count < 2 * MANY && again < MANY / 4)) {
        bool seen = false;
        long number = network_of_one(slot, PORT);
        assert_int_not_equal(number, shared);
        for (int i = 0; i < count; i++)
            seen |= numbers[i] == number;
        numbers[count++] = number;
        again += seen;
        usleep(count > MANY ? 20000 : 0);
    }
    assert_in_range(again, MANY / 4, count);
    assert_int_equal(count_fds(getpid()), before);
    assert_clean(slot);
}

int main(void)
{
    static struct CMUnitTest tests[] = {
        BOTH(a_hundred_requests_are_answered_and_sigterm_ends_it),
        BOTH(eight_threads_ask_while_another_waits_for_the_end),
        BOTH(a_port_where_nobody_listens_refuses),
        BOTH(only_the_jobs_port_can_be_connected_to),
        BOTH(a_box_that_is_gone_resets),
        BOTH(other_signals_are_not_passed),
        BOTH(a_full_backlog_delays_nobody_but_its_clients),
        BOTH(limits_hold_while_clients_wait),
        BOTH(the_host_is_not_reachable_and_does_not_reach_it),
        BOTH(two_boxes_with_the_same_port_do_not_see_each_other),
        BOTH(a_caller_that_dies_while_connected_takes_its_box_along),
        BOTH(two_hundred_boxes_leave_no_descriptor_and_no_network),
    };
    size_t count = tests_possible(tests, sizeof tests / sizeof *tests);
    return _cmocka_run_group_tests("port", tests, count, slots_start, slots_stop);
}
