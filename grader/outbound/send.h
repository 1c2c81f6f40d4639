/*
 * Sending to one server, in a short-lived process of its own: it alone meets the server's answers,
 * and of this machine it reaches nothing but name resolution and that server's port. What is sent,
 * tokens among it, goes through a descriptor, never by argv, environment, log or store.
 *
 *     parent: send_run -- request (JSON, memory) --> child: send_main (`holdout send-one`)
 *                      <-- a line of JSON a call ---- confined, the address checked and pinned
 */
#pragma once

#include "grader/outbound/url.h"

#define SEND_CALLS_MOST 32
#define SEND_REQUEST_BYTES_MOST (1u << 20)
#define SEND_RESULT_BYTES_MOST (64u << 10)
#define SEND_SAID_MOST 160 /* bytes of an answer's words that are kept */
#define SEND_CONNECT_MS 5000
#define SEND_WHOLE_MS 15000    /* a call */
#define SEND_DEADLINE_MS 25000 /* all calls: so long may a slow server keep others waiting */
#define SEND_ANSWER_MOST 65536 /* bytes of an answer; more is none */

/* Descriptors of the child: its number is the place in the list. */
enum send_fd {
    SEND_REQUEST, /* read */
    SEND_RESULT,  /* write */
    SEND_LOG,     /* stderr, inherited */
    SEND_FDS,
};

struct send_call {
    const char *url; /* on the server of the request */
    const char *const *headers;
    struct str body;
};
struct send_request {
    struct url server;  /* scheme, host and port */
    bool allow_private; /* private and loopback addresses may be connected to */
    struct str ca;      /* PEM: authorities beside the host's; empty: none */
    const struct send_call *calls;
    size_t call_count;
    int deadline_ms; /* 0: as above */
};

/* What came of a call. */
struct send_answer {
    bool tried;      /* false: the process did not come to it */
    int status;      /* 0: no answer */
    bool document;   /* the body was a JSON map */
    int64_t wait_s;  /* that the server asks for before the next call; 0: none */
    struct str said; /* the fault, or what the answer says of one: "message" of its JSON */
};

/*
 * Starts `holdout send-one` with these descriptors, all others closed; returns a pidfd or -1 and a
 * fault. NULL: fork and execute under the same user.
 */
struct send_spawn {
    int (*start)(void *at, const int fds[SEND_FDS], struct fault *why);
    void *at;
};

/*
 * Sends all calls in order over one connection; stops at the first that gets no answer. Blocks
 * until the process is done or the deadline has passed. answers[call_count]. False: our own fault,
 * and nothing is known of what arrived.
 */
bool send_run(const struct send_request *request, const struct send_spawn *spawn,
              struct arena *arena, struct send_answer *answers, struct fault *why);

/* ---- both ends' words ---- */
struct str send_request_print(struct arena *arena, const struct send_request *request);
bool send_request_parse(struct arena *arena, struct str bytes, struct send_request *out,
                        struct fault *why);
struct str send_answer_print(struct arena *arena, size_t at, const struct send_answer *answer);
/* Foreign bytes: lines that make no sense are passed over. */
void send_answers_parse(struct arena *arena, struct str bytes, struct send_answer *answers,
                        size_t count);

/* Seconds of a Retry-After (a number, or a date of HTTP); 0 when there are none. At most a day. */
int64_t send_wait_parse(struct str text, int64_t now_s);

/* The child: what the hidden command `holdout send-one` runs. Returns the exit code. */
int send_main(int argc, char **argv);
