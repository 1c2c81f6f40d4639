/* Announcing: requests with their tokens and signatures, the process that sends them, the ends. */
#include "core/base/digest.h"
#include "core/base/file.h"
#include "grader/service/announce.h"
#include "grader/outbound/delivery.h"
#include "grader/outbound/sign.h"
#include <fcntl.h>
#include <unistd.h>

#define SECRET_BYTES_MOST 4096
#define CA_BYTES_MOST (256u << 10)
#define OURS_MS 30000 /* after a fault of our own */

/* ---- the process, through the warden ---- */

struct sending {
    const struct grader *grader;
    pid_t pid;
};

static int start(void *at, const int fds[SEND_FDS], struct fault *why)
{
    struct sending *sending = at;
    struct warden_process child;
    struct warden_spawn spawn = {
        .role = HOUSE_SEND, .name = "send", .fds = fds, .fd_count = SEND_FDS, .slot = -1
    };
    if (!warden_spawn(sending->grader->warden, &spawn, &child, why))
        return -1;
    sending->pid = child.pid;
    return child.pidfd;
}

/* The warden forgets a process once its end was told. */
static void sending_end(const struct sending *sending)
{
    struct fault ignored = { 0 };
    bool ended = false;
    int status;
    for (int i = 0; sending->pid && !ended && i < 100; i++) {
        if (!warden_status(sending->grader->warden, sending->pid, &ended, &status, &ignored) ||
            (!ended && !warden_kill(sending->grader->warden, sending->pid, &ignored)))
            return;
        if (!ended)
            usleep(1000);
    }
}

/* ---- secrets ---- */

/* Empty and true when there is none. */
static bool secret_load(const struct grader *grader, struct arena *arena, const char *path,
                        size_t most, struct str *out, struct fault *why)
{
    *out = S("");
    if (faccessat(grader->course_dir, path, F_OK, 0) != 0)
        return true;
    return file_load(arena, grader->course_dir, path, most, out, why);
}

/* USER:TOKEN is the token here: its user is for fetching. */
static bool token_load(const struct grader *grader, struct arena *arena, struct str host,
                       struct str *out, struct fault *why)
{
    static const char *const names[] = { "status-token", "token" };
    size_t colon;
    *out = S("");
    for (size_t i = 0; i < 2 && !out->len; i++) {
        const char *path = arena_print(arena, "secrets/grader/%s/%s", host.at, names[i]);
        if (!secret_load(grader, arena, path, SECRET_BYTES_MOST, out, why))
            return false;
        *out = str_trim(*out);
    }
    if (str_find(*out, ':', &colon))
        *out = str_from(*out, colon + 1);
    return out->len ||
           fault_set(why, BLAME_COURSE, "there is no secrets/grader/%s/status-token", host.at);
}

static bool keys_load(const struct grader *grader, struct arena *arena, struct str name,
                      struct sign_keys *out, struct fault *why)
{
    struct str file;
    const char *path = arena_print(arena, "secrets/grader/webhooks/%s", name.at);
    if (!secret_load(grader, arena, path, SECRET_BYTES_MOST, &file, why))
        return false;
    if (!file.len)
        return fault_set(why, BLAME_COURSE, "there is no %s", path);
    return sign_keys_parse(arena, file, out, why) || fault_within(why, "%s", path);
}

/* ---- requests ---- */

struct request {
    struct send_request send;
    struct announce_forge forge; /* of statuses */
    bool status;
};

static bool server_set(const struct announcing *announcing, struct arena *arena, struct str address,
                       struct request *out, struct fault *why)
{
    const struct course *course = &announcing->loaded->course;
    if (!url_parse(arena, address, &out->send.server, why))
        return false;
    out->send.allow_private =
        course->announce.allow_private || (out->status && course->git.allow_private);
    return secret_load(announcing->grader, arena,
                       arena_print(arena, "secrets/grader/%s/ca.pem",
                                   out->status ? out->forge.host.at : out->send.server.host.at),
                       CA_BYTES_MOST, &out->send.ca, why);
}

static bool statuses_make(const struct announcing *announcing, struct arena *arena,
                          const struct outbox_row *rows, struct send_call *calls,
                          struct request *out, struct fault *why)
{
    struct str token;
    if (!announce_forge_find(arena, &announcing->loaded->course, rows[0].target, &out->forge))
        return fault_set(why, BLAME_COURSE, "course.yaml says no longer which forge %s is",
                         rows[0].target.at);
    if (!server_set(announcing, arena, out->forge.api, out, why) ||
        !token_load(announcing->grader, arena, out->forge.host, &token, why))
        return false;
    for (size_t i = 0; i < out->send.call_count; i++)
        calls[i] = (struct send_call){
            .url = arena_print(arena, "%.*s%s", STR_ARGS(out->forge.api), rows[i].path.at),
            .headers = forge_headers(arena, (enum forge_kind)out->forge.kind, token),
            .body = rows[i].body,
        };
    return true;
}

static bool webhooks_make(const struct announcing *announcing, struct arena *arena,
                          const struct outbox_row *rows, struct send_call *calls,
                          struct request *out, struct fault *why)
{
    struct sign_keys keys;
    const struct course_webhook *webhook =
        course_webhook_find(&announcing->loaded->course, rows[0].target);
    int64_t now_ms = clock_utc_ms(&announcing->grader->clock);
    if (!webhook)
        return fault_set(why, BLAME_COURSE, "course.yaml no longer names this webhook");
    if (!server_set(announcing, arena, webhook->url, out, why) ||
        !keys_load(announcing->grader, arena, webhook->name, &keys, why))
        return false;
    for (size_t i = 0; i < out->send.call_count; i++) {
        struct signing signing = { rows[i].id, rows[i].body, now_ms / 1000 };
        calls[i] = (struct send_call){ .url = webhook->url.at,
                                       .headers = sign_headers(arena, &keys, &signing),
                                       .body = rows[i].body };
    }
    return true;
}

/* ---- the ends ---- */

static bool end_note(const struct announcing *announcing, const struct outbox_row *row,
                     const struct delivery_end *end, struct fault *why)
{
    struct store *store = announcing->store;
    if (end->what == DELIVERY_SENT)
        return outbox_sent(store, row->seq, why);
    bool dead = end->what == DELIVERY_DEAD;
    grader_log(announcing->grader, dead ? "warning" : "info",
               "event=announce id=%s run=%s target=%s end=%s fault=\"%s\"", row->id.at, row->run.at,
               row->target.at, dead ? "dead" : "again", end->words);
    return dead ? outbox_dead(store, row->seq, end->words, why)
                : outbox_again(store, row->seq, end->next_ms, end->words, why);
}

/* Its turn did not come: the time was over, though the server answered what came before. */
static bool not_reached(const struct send_answer *answers, size_t at)
{
    return at > 0 && !answers[at].tried && answers[at - 1].status != 0;
}

static struct str state_word(struct arena *arena, const struct outbox_row *row)
{
    const struct json *body;
    struct fault why = { 0 };
    return json_parse(arena, row->body, &body, &why) ? json_get_text(body, "state", "") : S("");
}

static bool ends_note(const struct announcing *announcing, struct arena *arena,
                      const struct outbox_row *rows, const struct request *request,
                      const struct send_answer *answers, struct fault *why)
{
    int64_t hold_ms = 0;
    for (size_t i = 0; i < request->send.call_count && !not_reached(answers, i); i++) {
        struct delivery_try attempt = {
            .status = request->status,
            .kind = (enum forge_kind)request->forge.kind,
            .wanted = request->status ? state_word(arena, &rows[i]) : S(""),
            .attempts = rows[i].attempts,
            .now_ms = clock_utc_ms(&announcing->grader->clock),
            .random = random_u64(),
        };
        struct delivery_end end = delivery_judge(arena, &attempt, &answers[i]);
        if (end.hold_ms > hold_ms)
            hold_ms = end.hold_ms;
        if (!end_note(announcing, &rows[i], &end, why))
            return false;
    }
    return hold_ms == 0 || outbox_hold(announcing->store, &rows[0], hold_ms, why);
}

/* What the course would have to mend: dead at once, and sent when somebody asks for it again. */
static bool all_dead(const struct announcing *announcing, const struct outbox_row *rows,
                     size_t count, const struct fault *fault, struct fault *why)
{
    struct delivery_end end = { .what = DELIVERY_DEAD, .words = fault->text };
    for (size_t i = 0; i < count; i++)
        if (!end_note(announcing, &rows[i], &end, why))
            return false;
    return true;
}

bool announce_send(const struct announcing *announcing, struct arena *arena,
                   const struct outbox_row *rows, size_t count, struct fault *why)
{
    struct fault fault = { 0 };
    struct send_call calls[SEND_CALLS_MOST];
    struct send_answer answers[SEND_CALLS_MOST];
    struct sending sending = { .grader = announcing->grader };
    struct send_spawn spawn = { start, &sending };
    struct request request = { .status = str_is(rows[0].event, "status") };
    request.send.calls = calls;
    request.send.call_count = count < SEND_CALLS_MOST ? count : SEND_CALLS_MOST;
    bool made = request.status ? statuses_make(announcing, arena, rows, calls, &request, &fault)
                               : webhooks_make(announcing, arena, rows, calls, &request, &fault);
    if (!made)
        return all_dead(announcing, rows, request.send.call_count, &fault, why);
    bool sent = send_run(&request.send, &spawn, arena, answers, &fault);
    sending_end(&sending);
    if (sent)
        return ends_note(announcing, arena, rows, &request, answers, why);
    grader_log(announcing->grader, "warning", "event=announce target=%s fault=\"%s\"",
               rows[0].target.at, fault.text);
    return outbox_hold(announcing->store, &rows[0],
                       clock_utc_ms(&announcing->grader->clock) + OURS_MS, why);
}
