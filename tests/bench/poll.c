/* Looking at 200 repositories in which nothing moved, by path and over https: one process for all,
 * beside a `git ls-remote` for each. */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/str.h"
#include "grader/source/look.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEAMS 200
#define ROUNDS 7
#define SETTING "export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null; "

/* One repository as pushes leave it, two hundred times; a certificate for localhost. */
static const char lay_out[] =
    "git init -q --bare -b main --template= one.git && git init -q -b main work && cd work && "
    "git config user.name A && git config user.email a@example.org && "
    "git commit -q --allow-empty -m first && git tag final/1 && git tag -a -m two final/2 && "
    "git push -q ../one.git main final/1 final/2 && git -C ../one.git pack-refs --all && "
    "git commit -q --allow-empty -m second && git push -q ../one.git main && cd .. && "
    "for i in $(seq 100 299); do cp -R one.git team-$i.git; done; mkdir secrets; "
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout cert.key "
    "-out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null "
    "&& cp cert.pem secrets/ca.pem";

struct bench {
    struct arena *arena;
    char dir[64];
    int fd, secrets, port, server;
    pid_t server_pid;
};

/* What is compared: addresses that start like this. */
struct way {
    const char *name, *peer;
    const char *base;
    size_t peers; /* repositories that the peer looks at in a round */
    double target_ms;
    double ours_ms[ROUNDS], peer_ms[ROUNDS]; /* a repository */
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "poll: %s\n", what);
    exit(1);
}

static void shell(const struct bench *bench, const char *script)
{
    struct text line = { .arena = bench->arena };
    text_print(&line, "cd %s && " SETTING "%s", bench->dir, script);
    must(system(text_str(&line).at) == 0, script);
}

/* `git http-backend` behind TLS, connections kept; ends with our end of its stdin. */
static void server_start(struct bench *bench)
{
    int to[2], from[2];
    char line[16] = "";
    must(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "no pipes");
    bench->server_pid = fork();
    if (bench->server_pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execlp("python3", "python3", "-I", "tests/grader/source/server.py", "kept", bench->dir,
               bench->dir, NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    must(read(from[0], line, sizeof line - 1) > 0, "the server did not start");
    close(from[0]);
    bench->server = to[1];
    bench->port = (int)strtol(line, NULL, 10);
}

static void bench_open(struct bench *bench)
{
    *bench = (struct bench){ .arena = arena_open(NULL) };
    snprintf(bench->dir, sizeof bench->dir, "/tmp/holdout-bench-XXXXXX");
    must(mkdtemp(bench->dir) != NULL, bench->dir);
    bench->fd = open(bench->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    shell(bench, lay_out);
    bench->secrets = openat(bench->fd, "secrets", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    server_start(bench);
}

static void bench_close(struct bench *bench)
{
    struct fault why = { 0 };
    close(bench->server);
    waitpid(bench->server_pid, NULL, 0);
    must(dir_remove(AT_FDCWD, bench->dir, &why), why.text);
    arena_drop(bench->arena);
}

static const char *address_of(struct arena *arena, const struct way *way, size_t team)
{
    return arena_print(arena, "%s/team-%zu.git", way->base, 100 + team);
}

/* As the grader does it: addresses, their directories for a path, one process. */
static double ours(const struct bench *bench, const struct way *way, char first[SHA256_HEX])
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct look_item *items = arena_array(arena, struct look_item, TEAMS);
    bool local = str_starts(str_of(way->base), S("file:"));
    int64_t from = clock_mono_us();
    for (size_t i = 0; i < TEAMS; i++) {
        struct str url = str_of(address_of(arena, way, i));
        must(address_parse(arena, url, &items[i].address, &why), why.text);
        if (local) {
            struct str within = str_of(bench->dir);
            int fd = address_open_local(&items[i].address, bench->fd, within, &why);
            must(fd >= 0, why.text);
            close(fd);
        }
    }
    struct look_request request = { .items = items,
                                    .count = TEAMS,
                                    .secrets = local ? -1 : bench->secrets,
                                    .local = local ? bench->fd : -1,
                                    .local_path = str_of(bench->dir),
                                    .allow_private = true };
    must(look_run(&request, arena, &why), why.text);
    double took_us = (double)(clock_mono_us() - from);
    for (size_t i = 0; i < TEAMS; i++) {
        must(items[i].looked && items[i].state == FETCH_OK, "a repository was not looked at");
        must(!first[0] || strcmp(items[i].seen, first) == 0, "a repository looked as if it moved");
        memcpy(first, items[i].seen, SHA256_HEX);
    }
    return took_us / 1000 / TEAMS;
}

static double peer(const struct bench *bench, const struct way *way, int round)
{
    struct text script = { .arena = bench->arena };
    size_t first = (size_t)round * way->peers % TEAMS;
    text_print(&script, "export GIT_SSL_CAINFO=%s/cert.pem; ", bench->dir);
    for (size_t i = 0; i < way->peers; i++)
        text_print(&script, "git ls-remote -q %s >/dev/null || exit 1; ",
                   address_of(bench->arena, way, (first + i) % TEAMS));
    int64_t from = clock_mono_us();
    shell(bench, text_str(&script).at);
    return (double)(clock_mono_us() - from) / 1000 / (double)way->peers;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

static void measure(const struct bench *bench, struct way *ways, size_t count)
{
    for (int round = -1; round < ROUNDS; round++) /* the first one warms up */
        for (size_t i = 0; i < count; i++) {
            char first[SHA256_HEX] = "";
            double mine = ours(bench, &ways[i], first);
            double theirs = peer(bench, &ways[i], round < 0 ? 0 : round);
            if (round < 0)
                continue;
            ways[i].ours_ms[round] = mine;
            ways[i].peer_ms[round] = theirs;
        }
}

static bool tell(struct way *way, bool json, bool first)
{
    double mine = median(way->ours_ms), theirs = median(way->peer_ms), ratio = theirs / mine;
    bool met = ratio >= 5 && (way->target_ms == 0 || mine <= way->target_ms);
    if (json)
        printf("%s{\"name\": \"poll.%s_ms\", \"ours\": %.3f, \"peer\": %.3f, \"peer_name\": "
               "\"git ls-remote\", \"ratio\": %.2f, \"target\": 5.0, \"met\": %s}",
               first ? "" : ", ", way->name, mine, theirs, ratio, met ? "true" : "false");
    else
        printf("  by %-6s %8.3f ms, git ls-remote %8.3f ms: %5.1f x faster   (goal 5 x%s): %s\n",
               way->name, mine, theirs, ratio, way->target_ms > 0 ? ", at most 1 ms" : "",
               met ? "met" : "missed");
    return met;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "fetch-one") == 0)
        return fetch_main(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    struct bench bench;
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0, met = true;
    bench_open(&bench);
    struct way ways[] = {
        { .name = "path", .peers = 50, .target_ms = 1 },
        { .name = "https", .peers = 20 },
    };
    ways[0].base = arena_print(bench.arena, "file://%s", bench.dir);
    ways[1].base = arena_print(bench.arena, "https://localhost:%d", bench.port);
    measure(&bench, ways, 2);
    bench_close(&bench);
    printf(json ? "{\"rows\": [" : "a look at each of %d repositories, nothing moved\n", TEAMS);
    for (size_t i = 0; i < 2; i++)
        met = tell(&ways[i], json, i == 0) && met;
    printf(json ? "]}\n" : "");
    return met ? 0 : 1;
}
