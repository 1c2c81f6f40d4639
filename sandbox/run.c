/* The caller's side of a job: opens what it names, sends it, waits for the report. */
#include "sandbox/run.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the body ---- */

struct body {
    FILE *out;
    char *bytes;
    size_t size;
    struct wire_job fixed;
};

static void put(struct body *body, enum wire_list list, const char *prefix, const char *text)
{
    body->fixed.counts[list]++;
    fputs(prefix, body->out);
    fwrite(text, 1, strlen(text) + 1, body->out);
}

static void put_list(struct body *body, enum wire_list list, const char *const *texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        put(body, list, "", texts[i]);
}

/* In the order of enum wire_list. */
static void put_all(struct body *body, const struct box_job *job)
{
    char mode[8];
    put(body, LIST_CWD, "", job->cwd ? job->cwd : "/tmp");
    put_list(body, LIST_ARGV, job->argv);
    put_list(body, LIST_ENVP, job->envp);
    for (size_t i = 0; i < job->bind_count; i++)
        put(body, LIST_BINDS, job->binds[i].writable ? "w" : "r", job->binds[i].at);
    put_list(body, LIST_WRITABLE, job->writable);
    put_list(body, LIST_READONLY, job->readonly);
    put_list(body, LIST_MASKS, job->masks);
    put_list(body, LIST_KEEP, job->keep);
    for (size_t i = 0; i < job->file_count; i++) {
        snprintf(mode, sizeof mode, "%04o", job->files[i].mode & 0777);
        put(body, LIST_FILES, mode, job->files[i].at);
    }
}

/* The bytes are the caller's to free, whatever came of it; false: no memory. */
static bool body_make(struct body *body, const struct box_job *job)
{
    *body = (struct body){ .out = NULL };
    body->out = open_memstream(&body->bytes, &body->size);
    if (!body->out)
        return false;
    body->fixed.limits = job->limits;
    body->fixed.degraded = job->degraded;
    body->fixed.port = job->port;
    body->fixed.tell_started = job->started >= 0;
    fwrite(&body->fixed, sizeof body->fixed, 1, body->out);
    put_all(body, job);
    if (fclose(body->out))
        return false;
    memcpy(body->bytes, &body->fixed, sizeof body->fixed);
    return true;
}

/* A file of memory; -1 without. */
static int body_file(const struct body *body)
{
    int fd = memfd_create("job", MFD_CLOEXEC);
    for (size_t at = 0; fd >= 0 && at < body->size;) {
        ssize_t put = write(fd, body->bytes + at, body->size - at);
        if (put <= 0) {
            close(fd);
            return -1;
        }
        at += (size_t)put;
    }
    return fd;
}

/* ---- sending ---- */

struct box {
    struct box_job job; /* a copy: its lists are gone after the start */
    int socket;
    bool sent;
    bool reported; /* the report came */
    bool failed;   /* in the caller: the message is there */
    struct box_report report;
};

static bool fail(struct box *box, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct box *box, const char *format, ...)
{
    va_list arguments;
    if (box->failed)
        return false;
    box->failed = true;
    va_start(arguments, format);
    vsnprintf(box->report.message, sizeof box->report.message, format, arguments);
    va_end(arguments);
    return false;
}

/* False without a message: the launcher hung up, its report says why. */
static bool send_fds(struct box *box, struct wire_message *message)
{
    bool sent = wire_send(box->socket, message);
    int error = errno;
    wire_close_fds(message);
    if (!sent && error != EPIPE && error != ECONNRESET)
        return fail(box, "could not talk to the box launcher: %s", strerror(error));
    return sent;
}

static bool send_job(struct box *box)
{
    struct wire_message message = { .head = { .kind = WIRE_JOB } };
    const struct box_job *job = &box->job;
    struct body body;
    bool made = body_make(&body, job), fits = made && body.size <= sizeof message.text;
    int blob = made && !fits ? body_file(&body) : -1;
    const int fds[FD_COUNT] = { blob, job->root, job->out, job->err, job->cancel };
    if (fits) {
        message.head.text = (uint32_t)body.size;
        memcpy(message.text, body.bytes, body.size);
    }
    free(body.bytes);
    if (!fits && blob < 0)
        return fail(box, "no memory for the job");
    for (size_t i = 0; i < FD_COUNT; i++)
        if (fds[i] >= 0) {
            message.head.fd_mask |= 1u << i;
            message.fds[message.fd_count++] = fds[i];
        }
    bool sent = wire_send(box->socket, &message);
    int error = errno;
    if (blob >= 0)
        close(blob);
    return sent || error == EPIPE || error == ECONNRESET ||
           fail(box, "could not send the job: %s", strerror(error));
}

/* The caller's own eyes on what it names; -1 and a message. */
static int open_named(struct box *box, int dir, const char *path, int flags)
{
    int fd = path ? openat(dir, path, flags | O_CLOEXEC) : fcntl(dir, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        fail(box, "%.150s could not be opened: %s", path ? path : "a descriptor", strerror(errno));
    return fd;
}

static bool send_binds(struct box *box)
{
    const struct box_job *job = &box->job;
    for (size_t i = 0; i < job->bind_count;) {
        struct wire_message message = { .head = { .kind = WIRE_BINDS } };
        for (; i < job->bind_count && message.fd_count < WIRE_FDS_MOST; i++) {
            int fd = open_named(box, job->binds[i].dir, job->binds[i].path, O_PATH);
            if (fd < 0) {
                wire_close_fds(&message);
                return false;
            }
            message.fds[message.fd_count++] = fd;
        }
        if (!send_fds(box, &message))
            return !box->failed;
    }
    return true;
}

static bool send_files(struct box *box)
{
    const struct box_job *job = &box->job;
    for (size_t i = 0; i < job->file_count;) {
        struct wire_message message = { .head = { .kind = WIRE_FILES } };
        for (; i < job->file_count && message.fd_count < WIRE_FDS_MOST; i++) {
            int fd = open_named(box, job->files[i].dir, job->files[i].path, O_RDONLY | O_NONBLOCK);
            if (fd < 0) {
                wire_close_fds(&message);
                return false;
            }
            message.fds[message.fd_count++] = fd;
        }
        if (!send_fds(box, &message))
            return !box->failed;
    }
    return true;
}

/* ---- receiving ---- */

static void tell_started(const struct box_job *job)
{
    const uint64_t one = 1;
    if (job->started >= 0 && write(job->started, &one, sizeof one) < 0)
        return;
}

static bool keep_one(struct box *box, struct wire_message *message)
{
    const struct box_job *job = &box->job;
    mode_t mode = (mode_t)message->head.mode;
    int64_t bytes = message->head.bytes;
    bool kept = message->fd_count == 1 && kept_add(&box->report, message->text, bytes, mode);
    if (kept && job->keep_file)
        kept = job->keep_file(job->keep_arg, message->text, message->fds[0], bytes, mode);
    else if (kept && job->keep_dir >= 0)
        kept = kept_copy(job->keep_dir, message->text, message->fds[0], bytes, mode);
    if (!kept)
        fail(box, "could not keep %.150s: %s", message->text, strerror(errno));
    wire_close_fds(message);
    return kept;
}

static void receive_report(struct box *box)
{
    struct wire_message message;
    struct box_report *report = &box->report;
    while (wire_receive(box->socket, &message)) {
        switch (message.head.kind) {
        case WIRE_STARTED:
            tell_started(&box->job);
            break;
        case WIRE_KEPT:
            if (!keep_one(box, &message))
                return;
            continue;
        case WIRE_REPORT:
            message.report.artifacts = report->artifacts;
            message.report.artifact_count = report->artifact_count;
            *report = message.report;
            box->reported = true;
            return;
        }
        wire_close_fds(&message);
    }
    fail(box, "the box launcher ended");
}

/* ---- start, meanwhile, finish ---- */

static bool open_line(struct box *box, struct box_launcher *launcher)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return fail(box, "no socket: %s", strerror(errno));
    struct wire_message start = { .head = { .kind = WIRE_START },
                                  .fds = { pair[1] },
                                  .fd_count = 1 };
    box->socket = pair[0];
    bool sent = wire_send(box_launcher_socket(launcher), &start);
    close(pair[1]);
    return sent || fail(box, "the box launcher is gone");
}

static void report_nothing(struct box_report *report)
{
    memset(report, 0, sizeof *report);
    report->verdict = BOX_INTERNAL;
    report->exit_code = report->syscall = -1;
    report->syscalls_refused = -1;
}

struct box *box_start(struct box_launcher *launcher, const struct box_job *job)
{
    struct box *box = calloc(1, sizeof *box);
    if (!box)
        return NULL;
    box->job = *job;
    box->socket = -1;
    report_nothing(&box->report);
    box->sent = box_job_check(job, box->report.message, sizeof box->report.message) &&
                open_line(box, launcher) && send_job(box) && send_binds(box) && send_files(box);
    /* After a failure the launcher first ends the box; it sees at once that nothing more comes. */
    if (!box->sent && box->socket >= 0)
        shutdown(box->socket, SHUT_WR);
    return box;
}

static bool is_there(const struct box *box)
{
    errno = ECONNRESET;
    return box && box->sent;
}

int box_connect(struct box *box, uint16_t port)
{
    int pair[2];
    struct wire_message message = { .head = { .kind = WIRE_CONNECT, .number = port },
                                    .fd_count = 1 };
    if (!is_there(box))
        return -1;
    errno = EACCES;
    if (!port || port != box->job.port ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return -1;
    message.fds[0] = pair[1];
    bool asked = wire_send(box->socket, &message);
    int error = errno;
    close(pair[1]);
    message.fd_count = 0;
    if (asked) {
        /* The socket crosses with the request: whoever ends, this end hangs up. */
        bool answered = wire_receive(pair[0], &message) && message.head.kind == WIRE_CONNECTED;
        error = answered ? (int)message.head.number : ECONNRESET;
    }
    close(pair[0]);
    if (!error && message.fd_count == 1)
        return message.fds[0];
    wire_close_fds(&message);
    errno = error ? error : ECONNRESET;
    return -1;
}

bool box_signal(struct box *box, int sig)
{
    const struct wire_head head = { .kind = WIRE_SIGNAL, .number = (uint32_t)sig };
    if (!is_there(box))
        return false;
    errno = EINVAL;
    return (sig == SIGTERM || sig == SIGINT || sig == SIGKILL) &&
           send(box->socket, &head, sizeof head, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof head;
}

void box_finish(struct box *box, struct box_report *report)
{
    struct wire_message rest;
    if (!box) {
        report_nothing(report);
        snprintf(report->message, sizeof report->message, "no memory for the job");
        return;
    }
    if (box->sent)
        receive_report(box);
    /* After a failure the launcher first ends the box, then closes its end. */
    if (box->socket >= 0 && !box->reported) {
        shutdown(box->socket, SHUT_WR);
        while (wire_receive(box->socket, &rest))
            wire_close_fds(&rest);
    }
    if (box->socket >= 0)
        close(box->socket);
    *report = box->report;
    free(box);
}

void box_run(struct box_launcher *launcher, const struct box_job *job, struct box_report *report)
{
    box_finish(box_start(launcher, job), report);
}
