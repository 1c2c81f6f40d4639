/* Receives a job: bounded, every count and path checked before anything is done with it. */
#include "sandbox/inside/job.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The job, its texts and its index, whatever their counts. */
#define INDEX_MOST (2 * (size_t)WIRE_TEXTS_MOST + 6 * WIRE_LIST_MOST + WIRE_FILES_MOST + LIST_COUNT)
#define ROOM_BYTES (sizeof(struct job) + WIRE_BLOB_MOST + 64 + INDEX_MOST * sizeof(char *))
#define ROOM_KEPT (256 << 10) /* bytes that stay between jobs */

static const struct {
    const char *name;
    size_t most;
    size_t prefix; /* bytes before the path */
    bool paths;
} lists[LIST_COUNT] = {
    [LIST_CWD] = { "working directory", 1, 0, true },
    [LIST_ARGV] = { "argument", WIRE_TEXTS_MOST, 0, false },
    [LIST_ENVP] = { "variable", WIRE_TEXTS_MOST, 0, false },
    [LIST_BINDS] = { "bind", WIRE_LIST_MOST, 1, true },
    [LIST_WRITABLE] = { "writable directory", WIRE_LIST_MOST, 0, true },
    [LIST_READONLY] = { "read-only directory", WIRE_LIST_MOST, 0, true },
    [LIST_MASKS] = { "mask", WIRE_LIST_MOST, 0, true },
    [LIST_KEEP] = { "kept path", WIRE_LIST_MOST, 0, true },
    [LIST_FILES] = { "file", WIRE_FILES_MOST, 4, true },
};

const char *job_bind_path(const char *text)
{
    return text + 1;
}

bool job_bind_writable(const char *text)
{
    return text[0] == 'w';
}

const char *job_file_path(const char *text)
{
    return text + 4;
}

mode_t job_file_mode(const char *text)
{
    mode_t mode = 0;
    for (size_t i = 0; i < 4; i++)
        mode = mode * 8 + (mode_t)(text[i] - '0');
    return mode & 0777;
}

const char *place_name(const struct place *place, char name[256])
{
    snprintf(name, 256, "%.*s", (int)place->len - 1, place->path + 1);
    return name;
}

const struct place *job_place(const struct job *job, const char *path)
{
    for (size_t i = 0; i < job->place_count; i++) {
        const struct place *place = &job->places[i];
        if (strncmp(path, place->path, place->len) == 0 &&
            (path[place->len] == '/' || path[place->len] == 0))
            return place;
    }
    return NULL;
}

static bool prefix_check(size_t list, const char *text)
{
    if (list == LIST_BINDS)
        return text[0] == 'r' || text[0] == 'w';
    for (size_t i = 0; i < lists[list].prefix; i++)
        if (text[i] < '0' || text[i] > '7')
            return false;
    return true;
}

static bool list_check(size_t list, const char *text, struct trouble *why)
{
    errno = 0;
    if (!lists[list].paths)
        return true;
    if (strnlen(text, 8) <= lists[list].prefix || !prefix_check(list, text) ||
        !wire_path_check(text + lists[list].prefix))
        return trouble_set(why, "%s \"%.100s\" is not a plain absolute path", lists[list].name,
                           text);
    return true;
}

/* Cuts the texts into the lists. */
static bool lists_cut(struct job *job, size_t bytes, struct trouble *why)
{
    size_t total = LIST_COUNT;
    errno = 0;
    for (size_t i = 0; i < LIST_COUNT; i++) {
        if (job->counts[i] > lists[i].most)
            return trouble_set(why, "%zu of %s, allowed are %zu", job->counts[i], lists[i].name,
                               lists[i].most);
        total += job->counts[i];
    }
    size_t align = sizeof(char *) - 1, behind = sizeof *job + bytes;
    job->index = (char **)(void *)((char *)job + ((behind + align) & ~align));
    memset(job->index, 0, total * sizeof *job->index);
    job->used = (size_t)((char *)(job->index + total) - (char *)job);
    char **next = job->index, *text = job->texts, *end = job->texts + bytes;
    for (size_t i = 0; i < LIST_COUNT; i++) {
        job->lists[i] = next;
        for (size_t k = 0; k < job->counts[i]; k++) {
            if (text >= end)
                return trouble_set(why, "the job has fewer texts than it says");
            if (!list_check(i, text, why))
                return false;
            *next++ = text;
            text += strlen(text) + 1; /* the body ends with a zero: seen in body_take */
        }
        next++; /* NULL */
    }
    errno = 0;
    if (text != end || job->counts[LIST_CWD] != 1 || job->counts[LIST_ARGV] < 1)
        return trouble_set(why, "the job's texts do not match its counts");
    return true;
}

/* The body, into fixed and the room behind the job: bytes of its texts; 0 and a trouble. */
static size_t body_read(struct job *job, const struct wire_message *message, struct wire_job *fixed,
                        struct trouble *why)
{
    struct stat about = { .st_size = message->head.text, .st_mode = S_IFREG };
    int blob = job->fds[FD_BLOB];
    bool read = blob < 0 || fstat(blob, &about) == 0;
    if (!read || (blob < 0 && !message->head.text)) {
        trouble_set(why, "the job has no body");
        return 0;
    }
    errno = 0;
    if (!S_ISREG(about.st_mode) || about.st_size <= (off_t)sizeof *fixed ||
        about.st_size > WIRE_BLOB_MOST) {
        trouble_set(why, "the job's body has %lld bytes, allowed are %d", (long long)about.st_size,
                    WIRE_BLOB_MOST);
        return 0;
    }
    size_t bytes = (size_t)about.st_size - sizeof *fixed;
    job->texts = (char *)(job + 1);
    if (blob < 0) {
        memcpy(fixed, message->text, sizeof *fixed);
        memcpy(job->texts, message->text + sizeof *fixed, bytes);
    } else if (pread(blob, fixed, sizeof *fixed, 0) != sizeof *fixed ||
               pread(blob, job->texts, bytes, sizeof *fixed) != (ssize_t)bytes) {
        trouble_set(why, "the job's body was not read");
        return 0;
    }
    return bytes;
}

static bool body_take(struct job *job, const struct wire_message *message, struct trouble *why)
{
    struct wire_job fixed;
    size_t bytes = body_read(job, message, &fixed, why);
    if (!bytes)
        return false;
    errno = 0;
    if (job->texts[bytes - 1])
        return trouble_set(why, "the job's body has no end");
    job->limits = fixed.limits;
    job->degraded = fixed.degraded;
    job->port = fixed.port;
    job->tell_started = fixed.tell_started;
    for (size_t i = 0; i < LIST_COUNT; i++)
        job->counts[i] = fixed.counts[i];
    char text[160];
    if (!wire_limits_check(&job->limits, text, sizeof text))
        return trouble_set(why, "%s", text);
    if (job->port > UINT16_MAX)
        return trouble_set(why, "port %u", job->port);
    return lists_cut(job, bytes, why);
}

static bool binds_receive(struct job *job, struct wire_message *message, struct trouble *why)
{
    while (job->bind_fds < job->counts[LIST_BINDS]) {
        errno = 0;
        if (!wire_receive(job->socket, message))
            return trouble_set(why, "the job ended before its binds");
        bool fits = message->head.kind == WIRE_BINDS && message->fd_count &&
                    message->fd_count <= job->counts[LIST_BINDS] - job->bind_fds;
        if (!fits) {
            wire_close_fds(message);
            return trouble_set(why, "binds were announced, something else came");
        }
        for (size_t i = 0; i < message->fd_count; i++) {
            struct stat about;
            int fd = message->fds[i];
            job->bind_directories[job->bind_fds] = !fstat(fd, &about) && S_ISDIR(about.st_mode);
            job->binds[job->bind_fds++] = fd;
        }
    }
    return true;
}

static bool room_share(struct job_room *room, int proc)
{
    char path[48];
    room->fd = memfd_create("jobs", MFD_CLOEXEC);
    snprintf(path, sizeof path, "self/fd/%d", room->fd);
    return room->fd >= 0 && ftruncate(room->fd, (off_t)room->size) == 0 &&
           (room->readonly = openat(proc, path, O_RDONLY | O_CLOEXEC)) >= 0;
}

bool job_room_open(struct job_room *room, int proc, bool shared, struct trouble *why)
{
    room->size = (ROOM_BYTES + 4095) & ~(size_t)4095;
    room->fd = room->readonly = -1;
    if (shared && !room_share(room, proc))
        return trouble_set(why, "no room for jobs");
    int flags = shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *at = mmap(NULL, room->size, PROT_READ | PROT_WRITE, flags, room->fd, 0);
    if (at == MAP_FAILED)
        return trouble_set(why, "no room for jobs");
    room->job = at;
    return true;
}

bool job_room_enter(const struct job_room *room)
{
    return room->fd < 0 || mmap(room->job, room->size, PROT_READ, MAP_SHARED | MAP_FIXED,
                                room->readonly, 0) != MAP_FAILED;
}

bool job_receive(int socket, struct job_room *room, struct trouble *why)
{
    struct wire_message message;
    struct job *job = room->job;
    memset(job, 0, sizeof *job);
    job->socket = socket;
    for (size_t i = 0; i < FD_COUNT; i++)
        job->fds[i] = -1;
    errno = 0;
    if (!wire_receive(socket, &message))
        return trouble_set(why, "the caller left before its job came");
    size_t given = 0;
    for (size_t i = 0; i < FD_COUNT; i++)
        if (message.head.fd_mask & 1u << i)
            given++;
    if (message.head.kind != WIRE_JOB || given != message.fd_count) {
        wire_close_fds(&message);
        return trouble_set(why, "a job was expected, something else came");
    }
    for (size_t i = 0, from = 0; i < FD_COUNT; i++)
        if (message.head.fd_mask & 1u << i)
            job->fds[i] = message.fds[from++];
    return body_take(job, &message, why) && binds_receive(job, &message, why);
}

void job_close_fds(struct job_room *room)
{
    struct job *job = room->job;
    for (size_t i = 0; i < FD_COUNT; i++)
        fd_close(&job->fds[i]);
    for (size_t i = 0; i < job->bind_fds; i++)
        fd_close(&job->binds[i]);
    job->bind_fds = 0;
    fd_close(&job->socket);
}

void job_close(struct job_room *room)
{
    struct job *job = room->job;
    bool large = job->used > ROOM_KEPT;
    memset(job, 0, sizeof *job);
    job->socket = -1;
    if (large && room->fd >= 0)
        fallocate(room->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, ROOM_KEPT,
                  (off_t)(room->size - ROOM_KEPT));
}
