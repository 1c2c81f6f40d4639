/* The caller's side of a job: opens what it names, sends it, waits for the report. */
#include "sandbox/run.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the blob ---- */

struct blob {
    FILE *out;
    int fd;
    struct wire_job fixed;
};

static void put(struct blob *blob, enum wire_list list, const char *prefix, const char *text)
{
    blob->fixed.counts[list]++;
    fputs(prefix, blob->out);
    fwrite(text, 1, strlen(text) + 1, blob->out);
}

static void put_list(struct blob *blob, enum wire_list list, const char *const *texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        put(blob, list, "", texts[i]);
}

/* In the order of enum wire_list. */
static void put_all(struct blob *blob, const struct box_job *job)
{
    char mode[8];
    put(blob, LIST_CWD, "", job->cwd ? job->cwd : "/tmp");
    put_list(blob, LIST_ARGV, job->argv);
    put_list(blob, LIST_ENVP, job->envp);
    for (size_t i = 0; i < job->bind_count; i++)
        put(blob, LIST_BINDS, job->binds[i].writable ? "w" : "r", job->binds[i].at);
    put_list(blob, LIST_WRITABLE, job->writable);
    put_list(blob, LIST_READONLY, job->readonly);
    put_list(blob, LIST_MASKS, job->masks);
    put_list(blob, LIST_KEEP, job->keep);
    for (size_t i = 0; i < job->file_count; i++) {
        snprintf(mode, sizeof mode, "%04o", job->files[i].mode & 0777);
        put(blob, LIST_FILES, mode, job->files[i].at);
    }
}

/* A file of memory; -1 without. */
static int blob_make(const struct box_job *job)
{
    struct blob blob = { .fd = memfd_create("job", MFD_CLOEXEC) };
    blob.out = blob.fd < 0 ? NULL : fdopen(blob.fd, "w");
    if (!blob.out) {
        if (blob.fd >= 0)
            close(blob.fd);
        return -1;
    }
    blob.fixed.limits = job->limits;
    blob.fixed.degraded = job->degraded;
    fwrite(&blob.fixed, sizeof blob.fixed, 1, blob.out);
    put_all(&blob, job);
    rewind(blob.out);
    fwrite(&blob.fixed, sizeof blob.fixed, 1, blob.out);
    int copy = fcntl(blob.fd, F_DUPFD_CLOEXEC, 0);
    if (fclose(blob.out) && copy >= 0) {
        close(copy);
        copy = -1;
    }
    return copy;
}

/* ---- sending ---- */

struct call {
    const struct box_job *job;
    int socket;
    struct box_report *report;
    bool failed; /* in the caller: the message is there */
};

static bool fail(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct call *call, const char *format, ...)
{
    va_list arguments;
    if (call->failed)
        return false;
    call->failed = true;
    va_start(arguments, format);
    vsnprintf(call->report->message, sizeof call->report->message, format, arguments);
    va_end(arguments);
    return false;
}

/* False without a message: the launcher hung up, its report says why. */
static bool send_fds(struct call *call, struct wire_message *message)
{
    bool sent = wire_send(call->socket, message);
    int error = errno;
    wire_close_fds(message);
    if (!sent && error != EPIPE && error != ECONNRESET)
        return fail(call, "could not talk to the box launcher: %s", strerror(error));
    return sent;
}

static bool send_job(struct call *call)
{
    struct wire_message message = { .head = { .kind = WIRE_JOB } };
    const struct box_job *job = call->job;
    int blob = blob_make(job);
    const int fds[FD_COUNT] = { blob, job->root, job->out, job->err, job->cancel };
    if (blob < 0)
        return fail(call, "no memory for the job");
    for (size_t i = 0; i < FD_COUNT; i++)
        if (fds[i] >= 0) {
            message.head.fd_mask |= 1u << i;
            message.fds[message.fd_count++] = fds[i];
        }
    bool sent = wire_send(call->socket, &message);
    int error = errno;
    close(blob);
    return sent || error == EPIPE || error == ECONNRESET ||
           fail(call, "could not send the job: %s", strerror(error));
}

/* The caller's own eyes on what it names; -1 and a message. */
static int open_named(struct call *call, int dir, const char *path, int flags)
{
    int fd = path ? openat(dir, path, flags | O_CLOEXEC) : fcntl(dir, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        fail(call, "%.150s could not be opened: %s", path ? path : "a descriptor", strerror(errno));
    return fd;
}

static bool send_binds(struct call *call)
{
    const struct box_job *job = call->job;
    for (size_t i = 0; i < job->bind_count;) {
        struct wire_message message = { .head = { .kind = WIRE_BINDS } };
        for (; i < job->bind_count && message.fd_count < WIRE_FDS_MOST; i++) {
            int fd = open_named(call, job->binds[i].dir, job->binds[i].path, O_PATH);
            if (fd < 0) {
                wire_close_fds(&message);
                return false;
            }
            message.fds[message.fd_count++] = fd;
        }
        if (!send_fds(call, &message))
            return !call->failed;
    }
    return true;
}

static bool send_files(struct call *call)
{
    const struct box_job *job = call->job;
    for (size_t i = 0; i < job->file_count;) {
        struct wire_message message = { .head = { .kind = WIRE_FILES } };
        for (; i < job->file_count && message.fd_count < WIRE_FDS_MOST; i++) {
            int fd = open_named(call, job->files[i].dir, job->files[i].path, O_RDONLY | O_NONBLOCK);
            if (fd < 0) {
                wire_close_fds(&message);
                return false;
            }
            message.fds[message.fd_count++] = fd;
        }
        if (!send_fds(call, &message))
            return !call->failed;
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

static bool keep_one(struct call *call, struct wire_message *message)
{
    const struct box_job *job = call->job;
    mode_t mode = (mode_t)message->head.mode;
    int64_t bytes = message->head.bytes;
    bool kept = message->fd_count == 1 && kept_add(call->report, message->text, bytes, mode);
    if (kept && job->keep_file)
        kept = job->keep_file(job->keep_arg, message->text, message->fds[0], bytes, mode);
    else if (kept && job->keep_dir >= 0)
        kept = kept_copy(job->keep_dir, message->text, message->fds[0], bytes, mode);
    if (!kept)
        fail(call, "could not keep %.150s: %s", message->text, strerror(errno));
    wire_close_fds(message);
    return kept;
}

static void receive_report(struct call *call)
{
    struct wire_message message;
    struct box_report *report = call->report;
    while (wire_receive(call->socket, &message)) {
        switch (message.head.kind) {
        case WIRE_STARTED:
            tell_started(call->job);
            break;
        case WIRE_KEPT:
            if (!keep_one(call, &message))
                return;
            continue;
        case WIRE_REPORT:
            message.report.artifacts = report->artifacts;
            message.report.artifact_count = report->artifact_count;
            *report = message.report;
            return;
        }
        wire_close_fds(&message);
    }
    fail(call, "the box launcher ended");
}

void box_run(struct box_launcher *launcher, const struct box_job *job, struct box_report *report)
{
    int pair[2];
    struct call call = { .job = job, .socket = -1, .report = report };
    memset(report, 0, sizeof *report);
    report->verdict = BOX_INTERNAL;
    report->exit_code = report->syscall = -1;
    if (!box_job_check(job, report->message, sizeof report->message))
        return;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        fail(&call, "no socket: %s", strerror(errno));
        return;
    }
    struct wire_message start = { .head = { .kind = WIRE_START },
                                  .fds = { pair[1] },
                                  .fd_count = 1 };
    bool sent = wire_send(box_launcher_socket(launcher), &start);
    close(pair[1]);
    call.socket = pair[0];
    if (!sent)
        fail(&call, "the box launcher is gone");
    else if (send_job(&call) && send_binds(&call) && send_files(&call))
        receive_report(&call);
    /* The launcher closes its end when nothing is left; after a failure it first ends the box. */
    struct wire_message rest;
    shutdown(call.socket, SHUT_WR);
    while (wire_receive(call.socket, &rest))
        wire_close_fds(&rest);
    close(call.socket);
}
