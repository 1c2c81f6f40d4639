/* Servers on loopback, and requests to them. */
#pragma once

#include "tests/grader/source/repos.h"
#include <sys/wait.h>

struct server {
    pid_t pid;
    int to;
    int port;
};

/* Started beside the test, ends with our end of its stdin. */
static inline struct server start(struct repos *at, const char *mode)
{
    int to[2], from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    struct server server = { .pid = fork(), .to = to[1] };
    if (server.pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        execl("/usr/bin/python3", "/usr/bin/python3", "-I", "tests/grader/source/server.py", mode,
              at->dir, at->dir, NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    char line[16] = "";
    if (read(from[0], line, sizeof line - 1) <= 0)
        fail_msg("the %s server did not start", mode);
    close(from[0]);
    int64_t port = 0;
    assert_true(str_to_int(str_trim(str_of(line)), &port));
    server.port = (int)port;
    return server;
}

static inline void stop(struct server *server)
{
    close(server->to);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

static inline struct fetch_request request_for(struct repos *at, const struct server *server,
                                               const char *scheme)
{
    struct fault why = { .text = "" };
    struct fetch_request request = {
        .secrets = -1, .repository = -1, .deadline_ms = 10000, .allow_private = true
    };
    const char *url = arena_print(at->arena, "%s://localhost:%d/team.git", scheme, server->port);
    if (!address_parse(at->arena, str_of(url), &request.address, &why))
        fail_msg("%s", why.text);
    assert_true(dir_make(at->fd, "mirror", 0755, &why));
    assert_true(dir_make(at->fd, "secrets", 0700, &why));
    request.mirror = dir_open(at->fd, "mirror", &why);
    request.secrets = dir_open(at->fd, "secrets", &why);
    return request;
}

static inline void make_certificate(struct repos *at)
{
    repos_sh(at, "mkdir -p secrets; openssl req -x509 -newkey ec "
                 "-pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                 "-keyout cert.key -out cert.pem -days 2 -subj /CN=localhost "
                 "-addext subjectAltName=DNS:localhost "
                 "2>/dev/null; cp cert.pem secrets/ca.pem; echo");
}
