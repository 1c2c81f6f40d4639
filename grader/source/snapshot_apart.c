/* snapshot_take in a process of its own, the parent's side. */
#include "grader/source/snapshot_apart.h"
#include "grader/source/fetch_process.h"
#include "grader/source/snapshot_walk.h"
#include "grader/source/snapshot_words.h"
#include <stdlib.h>

static bool read_all(struct fetch_process *process, char *to, size_t size, struct fault *why)
{
    while (size > 0) {
        ssize_t got = fetch_process_read(process, to, size);
        if (got < 0 && process->late)
            return fault_set(why, BLAME_PASSING, "the snapshot was not done within %d seconds",
                             process->deadline_ms / 1000);
        if (got <= 0)
            return fault_set(why, BLAME_SYSTEM, "the snapshot process ended too early");
        to += got;
        size -= (size_t)got;
    }
    return true;
}

static bool read_manifest(struct arena *arena, struct fetch_process *process,
                          const struct snapshot_limits *limits, struct snapshot *out,
                          struct fault *why)
{
    char line[12];
    size_t len = 0;
    int64_t size;
    do {
        if (len == sizeof line || !read_all(process, line + len, 1, why))
            return len == sizeof line
                       ? fault_set(why, BLAME_SYSTEM, "the snapshot process gave no manifest")
                       : false;
    } while (line[len++] != '\n');
    if (!str_to_int((struct str){ line, len - 1 }, &size) || size < 0 ||
        size > SNAPSHOT_MANIFEST_BYTES_MOST)
        return fault_set(why, BLAME_SYSTEM, "the snapshot process gave no manifest");
    char *manifest = arena_take(arena, (size_t)size + 1);
    return read_all(process, manifest, (size_t)size, why) &&
           snapshot_manifest_parse(arena, (struct str){ manifest, (size_t)size }, limits, out, why);
}

static bool put_contents(struct fetch_process *process, const struct snapshot_put *put,
                         struct snapshot *out, struct fault *why)
{
    size_t room = 0;
    for (size_t i = 0; i < out->count; i++)
        room = out->files[i].bytes > room ? out->files[i].bytes : room;
    char *piece = malloc(room + 1);
    if (!piece)
        abort();
    bool good = true;
    for (size_t i = 0; good && i < out->count; i++) {
        struct snapshot_file *file = &out->files[i];
        good = read_all(process, piece, file->bytes, why) &&
               put->put(put->at, (struct str){ piece, file->bytes }, file->sha256, why);
    }
    free(piece);
    return good;
}

bool snapshot_take_apart(struct arena *arena, const struct snapshot_apart *how, const char *commit,
                         struct snapshot *out, struct fault *why)
{
    struct snapshot_limits limits = snapshot_limits_full(&how->limits);
    struct fetch_process process;
    struct fetch_process_plan plan = {
        .mirror = how->mirror,
        .repository = -1,
        .secrets = -1,
        .spawn = how->spawn,
        .deadline_ms = how->deadline_ms ? how->deadline_ms : SNAPSHOT_DEADLINE_MS,
    };
    *out = (struct snapshot){ .count = 0 };
    if (!git_id_check(str_of(commit)))
        return fault_set(why, BLAME_OPEN, "a commit id has 40 lower-case hex digits");
    memcpy(out->commit, commit, GIT_ID_TEXT);
    plan.request = snapshot_request_print(arena, commit, &limits, plan.deadline_ms);
    if (!fetch_process_start(&process, &plan, why))
        return false;
    struct fault end;
    bool good = read_manifest(arena, &process, &limits, out, why) &&
                (out->problem_count > 0 || put_contents(&process, &how->put, out, why));
    memcpy(out->commit, commit, GIT_ID_TEXT);
    fetch_process_end(&process, &end);
    return good && (out->problem_count == 0 || snapshot_refuse(out, why));
}
