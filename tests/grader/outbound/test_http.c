/* The door to libcurl: what it sends, what it takes, and where it stops. */
#include "grader/outbound/http.h"
#include "core/base/file.h"
#include "tests/cases.h"
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server that reads one request after another and answers each with the same bytes. */
struct stub {
    int listener, port;
    const char *answer;
    size_t fill; /* bytes of 'x' after it */
    bool silent; /* never answers */
    bool closes; /* after each answer */
    char asked[1 << 16];
    int connections;
    pthread_t thread;
};

static bool read_request(struct stub *stub, int fd)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, stub->asked + len, sizeof stub->asked - len - 1);
        if (got <= 0)
            return false;
        len += (size_t)got;
        stub->asked[len] = 0;
        const char *end = strstr(stub->asked, "\r\n\r\n");
        const char *length = strstr(stub->asked, "Content-Length: ");
        size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
        if (end && len >= (size_t)(end + 4 - stub->asked) + body)
            return true;
    }
}

static void fill(int fd, size_t bytes)
{
    char block[4096];
    memset(block, 'x', sizeof block);
    while (bytes > 0) {
        size_t want = bytes < sizeof block ? bytes : sizeof block;
        ssize_t put = send(fd, block, want, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        bytes -= (size_t)put;
    }
}

static void *stub_thread(void *at)
{
    struct stub *stub = at;
    for (;;) {
        scoped(fd) int fd = accept4(stub->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        stub->connections++;
        while (read_request(stub, fd)) {
            if (stub->silent)
                continue;
            send(fd, stub->answer, strlen(stub->answer), MSG_NOSIGNAL);
            fill(fd, stub->fill);
            if (stub->closes)
                break;
        }
    }
}

static void stub_open(struct stub *stub)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof at;
    stub->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stub->listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(stub->listener, 8), 0);
    getsockname(stub->listener, (struct sockaddr *)&at, &size);
    stub->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&stub->thread, NULL, stub_thread, stub), 0);
}

static void stub_close(struct stub *stub)
{
    shutdown(stub->listener, SHUT_RDWR);
    pthread_join(stub->thread, NULL);
    close(stub->listener);
}

static bool ask(struct http *http, struct arena *arena, const struct stub *stub,
                struct http_answer *answer, struct fault *why)
{
    static const char *const headers[] = { "Content-Type: text/csv", "X-One: 1", NULL };
    struct http_call call = { .method = "POST",
                              .url = arena_print(arena, "http://127.0.0.1:%d/a?b", stub->port),
                              .headers = headers,
                              .body = S("id\n1\n"),
                              .connect_ms = 1000,
                              .whole_ms = stub->silent ? 200 : 5000,
                              .answer_most = 100000 };
    return http_send(http, arena, &call, answer, why);
}

static void a_call_carries_what_it_was_given_and_little_else(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct stub stub = { .answer = "HTTP/1.1 204 \r\nRetry-After:  7 \r\nretry-after: 8\r\n\r\n" };
    struct http_answer answer;
    struct fault why = { 0 };
    stub_open(&stub);
    scoped(http) struct http *http = http_open(NULL, &why);
    assert_true(ask(http, arena, &stub, &answer, &why));
    assert_string_equal(stub.asked, arena_print(arena,
                                                "POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                                                "Accept: */*\r\nContent-Type: text/csv\r\n"
                                                "X-One: 1\r\nContent-Length: 5\r\n\r\nid\n1\n",
                                                stub.port));
    assert_int_equal(answer.status, 204);
    assert_true(str_is(http_header(&answer, "retry-after"), "7"));
    assert_int_equal(http_header(&answer, "retry").len, 0);
    assert_false(answer.again);
    http_close(http);
    http = NULL;
    stub_close(&stub);
}

static void a_connection_is_kept_for_the_next_call(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct stub stub = { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" };
    struct http_answer answer;
    struct fault why = { 0 };
    stub_open(&stub);
    scoped(http) struct http *http = http_open(NULL, &why);
    for (int i = 0; i < 3; i++) {
        assert_true(ask(http, arena, &stub, &answer, &why));
        assert_true(str_is(answer.body, "ok"));
        assert_int_equal(answer.again, i > 0);
    }
    http_close(http);
    http = NULL;
    stub_close(&stub);
    assert_int_equal(stub.connections, 1);
}

static const struct {
    const char *what;
    struct stub stub;
    int status; /* 0: a fault with `says` in it */
    const char *says;
} answers[] = {
    { "chunks are put together",
      { .answer =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" },
      200,
      "abc" },
    { "an old server that ends the body by closing",
      { .answer = "HTTP/1.0 200 OK\r\n\r\nabc", .closes = true },
      200,
      "abc" },
    { "an interim answer is passed over",
      { .answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 415 No\r\nContent-Length: 0\r\n\r\n" },
      415,
      "" },
    { "a redirect is an answer",
      { .answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                  "Content-Length: 0\r\n\r\n" },
      302,
      "" },
    { "more than was allowed",
      { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", .fill = 1000000000 },
      0,
      "too long" },
    { "a head without end", { .answer = "HTTP/1.1 200 OK\r\nX: ", .fill = 10000000 }, 0, "" },
    { "silence", { .silent = true }, 0, "timed out" },
    { "an end before the end",
      { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .closes = true },
      0,
      "" },
    { "no HTTP at all", { .answer = "hello\r\n\r\n", .closes = true }, 0, "" },
    { "nothing at all", { .answer = "", .closes = true }, 0, "" },
};

static void an_answer_is_whole_and_bounded_or_a_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        scoped_arena arena = arena_open(NULL);
        struct stub stub = answers[i].stub;
        struct http_answer answer = { 0 };
        struct fault why = { 0 };
        stub_open(&stub);
        scoped(http) struct http *http = http_open(NULL, &why);
        bool got = ask(http, arena, &stub, &answer, &why);
        if (got != (answers[i].status != 0))
            fail_msg("%s: got %d, %s", answers[i].what, answer.status, why.text);
        if (got && (answer.status != answers[i].status || !str_is(answer.body, answers[i].says)))
            fail_msg("%s: got %d \"%s\"", answers[i].what, answer.status, answer.body.at);
        if (!got && (why.blame != BLAME_PASSING || !strstr(why.text, answers[i].says)))
            fail_msg("%s: got \"%s\"", answers[i].what, why.text);
        http_close(http);
        http = NULL;
        stub_close(&stub);
    }
}

struct way {
    int port, count;
};

static int dial(void *at)
{
    struct way *way = at;
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) },
                              .sin_port = htons((uint16_t)way->port) };
    way->count++;
    if (!way->port) {
        errno = ECONNREFUSED;
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void a_descriptor_takes_the_place_of_an_address(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct stub stub = { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
    struct stub nowhere = { .port = 1 };
    struct way way = { 0 };
    struct http_answer answer;
    struct fault why = { 0 };
    stub_open(&stub);
    scoped(http) struct http *http =
        http_open(&(struct http_options){ .dial = dial, .arg = &way }, &why);
    assert_false(ask(http, arena, &nowhere, &answer, &why));
    way.port = stub.port;
    for (int i = 0; i < 3; i++)
        if (!ask(http, arena, &nowhere, &answer, &why))
            fail_msg("%s", why.text);
    assert_int_equal(way.count, 2); /* none, and one that was kept */
    assert_int_equal(answer.again, true);
    http_close(http);
    http = NULL;
    stub_close(&stub);
}

/* Whatever the name in the address looks like. */
static void only_pinned_addresses_are_connected_to(void **state)
{
    (void)state;
    static const struct {
        const char *host, *pins;
        bool reached;
    } rows[] = {
        { "some.test", "127.0.0.9,127.0.0.1", true }, { "some.test", "[::1],127.0.0.1", true },
        { "some.test", "127.0.0.9", false },          { "2130706433", "127.0.0.9", false },
        { "0x7f000001", "127.0.0.9", false },         { "127.1", "127.0.0.9", false },
        { "2130706433", "127.0.0.1", true },
    };
    scoped_arena arena = arena_open(NULL);
    struct stub stub = { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
    stub_open(&stub);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_answer answer;
        struct fault why = { 0 };
        const char *pinned = arena_print(arena, "%s:%d:%s", rows[i].host, stub.port, rows[i].pins);
        scoped(http) struct http *http =
            http_open(&(struct http_options){ .pinned = pinned }, &why);
        struct http_call call = { .method = "GET",
                                  .url =
                                      arena_print(arena, "http://%s:%d/", rows[i].host, stub.port),
                                  .connect_ms = 2000,
                                  .whole_ms = 5000,
                                  .answer_most = 1000 };
        if (http_send(http, arena, &call, &answer, &why) != rows[i].reached)
            fail_msg("%s at %s: %s", rows[i].host, rows[i].pins, why.text);
    }
    stub_close(&stub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_carries_what_it_was_given_and_little_else),
        cmocka_unit_test(a_connection_is_kept_for_the_next_call),
        cmocka_unit_test(an_answer_is_whole_and_bounded_or_a_fault),
        cmocka_unit_test(only_pinned_addresses_are_connected_to),
        cmocka_unit_test(a_descriptor_takes_the_place_of_an_address),
    };
    struct fault why;
    if (!http_prepare(&why))
        return 1;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
