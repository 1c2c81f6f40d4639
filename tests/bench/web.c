/* holdout-web beside its own HTTP library serving the same bytes from memory: what pages cost. */
#include "core/base/clock.h"
#include "tests/web/fixture.h"
#include "web/events.h"
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#define CLIENTS 16
#define RUN_US 400000
#define ROUNDS 6
#define STREAMS 100
#define EVENTS 20

struct result {
    const char *name;
    double ours, peer;
    const char *peer_name;
    double ratio, target;
};

/* A server of the fixture's pages, or of one response from memory. */
static struct http_response fixed;

static void answer_fixed(void *context, struct http_request *request, struct http_response *out)
{
    (void)context;
    (void)request;
    *out = fixed;
}

static struct http_server *serve(struct site *site, uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct fault why = { 0 };
    if (bind(fd, (struct sockaddr *)&at, size) || listen(fd, 256) ||
        getsockname(fd, (struct sockaddr *)&at, &size))
        abort();
    *port = at.sin_port;
    struct http_settings settings = { .listen_fd = fd,
                                      .threads = 2,
                                      .connections_most = 1000,
                                      .streams_most = 500,
                                      .head_deadline_s = 30,
                                      .answer_deadline_s = 30,
                                      .heartbeat_s = 15,
                                      .answer = site ? site_answer : answer_fixed,
                                      .refuse = site_refuse,
                                      .context = site };
    struct http_server *server = http_start(&settings, &why);
    if (!server)
        abort();
    return server;
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = port,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to))
        abort();
    return fd;
}

struct client {
    int fd;
    size_t left; /* of the body; the head comes in one piece on loopback */
};

static void ask(int fd, const char *path)
{
    char text[300];
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (write(fd, text, (size_t)len) != len)
        abort();
}

/* True when an answer is complete. */
static bool take(struct client *client)
{
    static char room[65536];
    ssize_t count = read(client->fd, room, sizeof room - 1);
    if (count <= 0)
        abort();
    room[count] = 0;
    size_t got = (size_t)count;
    if (!client->left) {
        const char *end = strstr(room, "\r\n\r\n");
        const char *length = strcasestr(room, "Content-Length: ");
        if (!end || !length || strncmp(room, "HTTP/1.1 200", 12) != 0)
            abort();
        client->left = (size_t)strtoul(length + 16, NULL, 10);
        got -= (size_t)(end + 4 - room);
    }
    client->left -= got;
    return client->left == 0;
}

/* Answers a second of CLIENTS connections that each wait for theirs. */
static double rate(struct client *clients, const char *path)
{
    struct pollfd polled[CLIENTS];
    size_t answers = 0, waiting = CLIENTS;
    int64_t start_us = clock_mono_us();
    for (size_t i = 0; i < CLIENTS; i++) {
        polled[i] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
        ask(clients[i].fd, path);
    }
    while (waiting) {
        bool on = clock_mono_us() - start_us < RUN_US;
        poll(polled, CLIENTS, 1000);
        for (size_t i = 0; i < CLIENTS; i++) {
            if (!(polled[i].revents & POLLIN) || !take(&clients[i]))
                continue;
            answers++;
            waiting -= !on;
            if (on)
                ask(clients[i].fd, path);
        }
    }
    return (double)answers * 1e6 / (double)(clock_mono_us() - start_us);
}

static double greater(double a, double b)
{
    return a > b ? a : b;
}

/* Both in turn, the best of each: what else this machine does meets both. */
static void race(uint16_t port, uint16_t peer_port, const char *path, struct result *out)
{
    struct client ours[CLIENTS] = { 0 }, peers[CLIENTS] = { 0 };
    for (size_t i = 0; i < CLIENTS; i++) {
        ours[i].fd = dial(port);
        peers[i].fd = dial(peer_port);
    }
    for (int round = 0; round < ROUNDS; round++) {
        out->ours = greater(out->ours, rate(ours, path));
        out->peer = greater(out->peer, rate(peers, "/"));
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        close(ours[i].fd);
        close(peers[i].fd);
    }
}

static struct result page(struct fixture *f, uint16_t port, const char *name, const char *path,
                          double target)
{
    struct result out = { .name = name, .target = target };
    fixed = fixture_ask(f, HTTP_GET, path);
    uint16_t peer_port;
    struct http_server *peer = serve(NULL, &peer_port);
    race(port, peer_port, path, &out);
    http_stop(peer);
    out.ratio = out.ours / out.peer;
    out.peer_name = arena_print(f->arena, "the same %zu bytes from memory", fixed.body.len);
    return out;
}

static int by_size(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* From the commit of a change to the event at the last of STREAMS pages: the median, in ms. */
static struct result events(struct fixture *f, struct http_server *server, uint16_t port)
{
    struct pollfd peers[STREAMS];
    int64_t took_us[EVENTS];
    char room[4096];
    struct events *watch = events_start(&f->site, server);
    for (size_t i = 0; i < STREAMS; i++) {
        peers[i] = (struct pollfd){ .fd = dial(port), .events = POLLIN };
        ask(peers[i].fd, "/courses/demo-2026/events");
    }
    usleep(500000);
    for (size_t event = 0; event < EVENTS; event++) {
        for (size_t i = 0; i < STREAMS; i++)
            while (recv(peers[i].fd, room, sizeof room, MSG_DONTWAIT) > 0)
                continue;
        fixture_sql(f, "UPDATE team SET looked_ms = looked_ms + 1");
        int64_t start_us = clock_mono_us();
        for (size_t i = 0; i < STREAMS; i++)
            if (poll(&peers[i], 1, 5000) != 1)
                abort();
        took_us[event] = clock_mono_us() - start_us;
    }
    events_stop(watch);
    for (size_t i = 0; i < STREAMS; i++)
        close(peers[i].fd);
    qsort(took_us, EVENTS, sizeof *took_us, by_size);
    struct result out = { .name = "change to the last of 100 open pages, ms",
                          .ours = (double)took_us[EVENTS / 2] / 1000,
                          .peer = 1000,
                          .peer_name = "the second that is promised",
                          .target = 5 };
    out.ratio = out.peer / out.ours;
    return out;
}

static void print_rows(const struct result *rows, size_t count, bool json)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "rows");
    for (size_t i = 0; i < count; i++) {
        const struct result *row = &rows[i];
        bool met = row->ratio >= row->target;
        if (!json)
            printf("%-42s %10.0f %10.0f  %-32s %6.2f (>= %.2f) %s\n", row->name, row->ours,
                   row->peer, row->peer_name, row->ratio, row->target, met ? "met" : "MISSED");
        json_open_map(&out, NULL);
        json_add_zero(&out, "name", row->name);
        json_add_double(&out, "ours", row->ours);
        json_add_double(&out, "peer", row->peer);
        json_add_zero(&out, "peer_name", row->peer_name);
        json_add_double(&out, "ratio", row->ratio);
        json_add_double(&out, "target", row->target);
        json_add_bool(&out, "met", met);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    if (json)
        printf("%.*s\n", STR_ARGS(text_str(&text)));
}

/* 100 teams with 20 released versions each. */
static void enlarge(struct fixture *f)
{
    static const char *const texts[] = {
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
        " INSERT INTO team SELECT 'big' || i, 'Team number ' || i, 'Pseudonym ' || i, '', 0, 'ok',"
        " '', 0, 0 FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        " INSERT INTO submission SELECT 'SB' || i, 'big' || (1 + i % 100), 'quiet', '',"
        " printf('%040x', i), 'refs/heads/main', 'poll', 1000 * i, 1000 * i, 1000 + i FROM n",
        "INSERT INTO run SELECT 'R' || id, id, 'done', 'ok', '', '', '', 0, received_ms, 0, 1, 2,"
        " '', 1, '', 0, '', 0, '' FROM submission WHERE id LIKE 'SB%'",
        "INSERT INTO release SELECT 'R' || id, 'quiet', team, round(0.9 - event_seq * 1e-4, 3),"
        " 0.1, 0.95, received_ms, received_ms FROM submission WHERE id LIKE 'SB%'",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
        " INSERT INTO board SELECT 'quiet', i, 'big' || i, 'RSB' || i, i, i,"
        " round(0.9 - i * 1e-3, 3), round(0.88 - i * 1e-3, 3), round(0.92 - i * 1e-3, 3), 1000 * i,"
        " printf('%040x', i), 20, 0 FROM n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fixture_sql(f, texts[i]);
}

int main(int argc, char **argv)
{
    struct fixture f;
    fixture_start(&f);
    fixture_store(&f, true);
    enlarge(&f);
    uint16_t port;
    struct http_server *server = serve(&f.site, &port);
    struct result rows[] = {
        page(&f, port, "board of 100 teams as a page, answers/s", "/courses/demo-2026/tasks/quiet",
             0.03),
        page(&f, port, "board of 100 teams as JSON, answers/s",
             "/api/v1/courses/demo-2026/tasks/quiet/leaderboard", 0.05),
        page(&f, port, "page of a run, answers/s",
             "/courses/demo-2026/runs/01JD0000000000000000000C03", 0.05),
        events(&f, server, port),
    };
    print_rows(rows, sizeof rows / sizeof *rows, argc > 1 && strcmp(argv[1], "--json") == 0);
    http_stop(server);
    fixture_end(&f);
    return 0;
}
