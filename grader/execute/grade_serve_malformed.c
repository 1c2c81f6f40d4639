/* What no client should send, and whether a team's server answers the next right request. */
#include "core/base/file.h"
#include "grader/execute/grade_serve.h"
#include <string.h>
#include <sys/socket.h>

#define HUGE_BYTES (16u << 20) /* SageMaker takes 6 MB */
#define ANSWER_MS 5000
#define TRIES 3

struct malformed {
    const char *method, *path, *type;
    struct str body; /* len 0: empty */
};

#define BODY(text)                                                                                 \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }
static const struct malformed table[SERVE_MALFORMED] = {
    [SERVE_BROKEN_CSV] = { "POST", "/invocations", "text/csv",
                           BODY("\"id,a\n1,\"\"2\n\x01\xff,,,,\"\n\"") },
    [SERVE_WRONG_COLUMNS] = { "POST", "/invocations", "text/csv",
                              BODY("nobody,asked,for,these\n1,2,3,4\n") },
    [SERVE_EMPTY] = { "POST", "/invocations", "text/csv", BODY("") },
    [SERVE_BROKEN_JSON] = { "POST", "/invocations", "application/json",
                            BODY("{\"instances\":[{\"id\":") },
    [SERVE_UNKNOWN_TYPE] = { "POST", "/invocations", "application/x-unheard-of", BODY("\x00?") },
    [SERVE_WRONG_METHOD] = { "DELETE", "/invocations", NULL, BODY("") },
    [SERVE_HUGE] = { "POST", "/invocations", "text/csv", BODY("") }, /* filled when sent */
};

/* Bytes of a request that promises more, then the end. */
static void half_send(struct serving *at)
{
    static const char half[] = "POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                               "Content-Type: text/csv\r\nContent-Length: 100000\r\n\r\nid,a\n1,";
    scoped(fd) int fd = serve_dial(&at->line);
    if (fd >= 0)
        (void)!send(fd, half, sizeof half - 1, MSG_NOSIGNAL);
}

static int malformed_send(struct serving *at, enum job_serve_malformed which)
{
    struct http_answer answer = { 0 };
    struct fault why;
    const struct malformed *one = &table[which];
    struct str body = one->body;
    if (which == SERVE_HALF) {
        half_send(at);
        return 0;
    }
    if (which == SERVE_HUGE) {
        char *filled = arena_take(at->arena, HUGE_BYTES);
        memset(filled, '7', HUGE_BYTES);
        body = (struct str){ filled, HUGE_BYTES };
    }
    const char *headers[] = { one->type ? arena_print(at->arena, "Content-Type: %s", one->type)
                                        : NULL,
                              NULL };
    int64_t most = serving_left_ms(at, ANSWER_MS) + 1;
    const struct http_call call = { .method = one->method,
                                    .url = arena_print(at->arena, "http://127.0.0.1:%d%s",
                                                       (int)at->plan->port, one->path),
                                    .headers = headers,
                                    .body = body,
                                    .connect_ms = most,
                                    .whole_ms = most,
                                    .answer_most = 1 << 20 };
    return http_send(at->http, at->arena, &call, &answer, &why) ? answer.status : 0;
}

/* A right request gets its 200, after a while perhaps: some restart their worker. */
static bool answers_still(struct serving *at)
{
    struct http_answer answer;
    struct fault why;
    enum job_serve_type type = (enum job_serve_type)at->usable;
    size_t end = serve_batch_end(&at->rows, 0, 1);
    const struct serving_question question = {
        .type = type, .body = serve_body(at->arena, &at->rows, type, 0, end), .rows = end
    };
    for (int i = 0; i < TRIES && !at->line.gone; i++)
        if (serving_post(at, at->http, at->arena, &question, &answer, &why) && answer.status == 200)
            return true;
    return false;
}

void serving_malformed(struct serving *at)
{
    if (at->usable < 0 || !at->http)
        return;
    for (int i = 0; i < SERVE_MALFORMED && serving_left_ms(at, 1000) > 0; i++) {
        struct arena_mark mark = arena_mark(at->arena);
        const char *words = job_serve_malformed_words[i];
        int status = malformed_send(at, (enum job_serve_malformed)i);
        bool survived = answers_still(at);
        at->out->status[i] = status;
        at->out->survived[i] = survived;
        serving_tell(at, "%s: %s; a right request after it: %s", words,
                     status ? arena_print(at->arena, "status %d", status) : "no answer",
                     survived ? "answered" : "not answered");
        arena_rewind(at->arena, mark);
        if (survived)
            continue;
        serving_wrong(at, "after %s no right request was answered any more", words);
        return;
    }
}
