/* The fetch process: look, fetch what moved, say what changed. */
#include "core/base/file.h"
#include "core/base/landlock.h"
#include "grader/source/fetch_child.h"
#include "grader/source/fetch_words.h"
#include "grader/source/look.h"
#include "grader/source/snapshot_apart.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_BYTES_MOST (512u << 10)
#define MIRROR_DEPTH_MOST 8
#define EXIT_OURS 70
#define PEOPLE_ALL 64 /* refs up to which all tips are told */

struct job {
    struct arena *arena;
    struct fetch_request request;
    struct fetch_secrets secrets;
    struct fetch_room room;
    struct fetch_dial dial;
    struct git_session *session;
    struct git_refs remote, kept;
    struct fetch_result result;
    struct fault why;
};

static enum fetch_state state_of(enum git_outcome outcome)
{
    static const enum fetch_state states[] = { FETCH_OK, FETCH_UNREACHABLE, FETCH_DENIED,
                                               FETCH_REFUSED, FETCH_TOO_BIG };
    return states[outcome];
}

static bool end_with(struct job *job, enum fetch_state state)
{
    job->result.state = state;
    job->result.text = str_keep(job->arena, str_of(job->why.text));
    return false;
}

static uint64_t dir_bytes(int parent, const char *name, int depth)
{
    uint64_t bytes = 0;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list)) {
        struct stat info;
        if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISREG(info.st_mode))
            bytes += (uint64_t)info.st_size;
        else if (S_ISDIR(info.st_mode) && depth < MIRROR_DEPTH_MOST)
            bytes += dir_bytes(fd, entry->d_name, depth + 1);
    }
    if (list)
        closedir(list);
    return bytes;
}

/* Two descriptors wide: the parent gave them by number. */
static bool read_request(struct job *job, struct str bytes)
{
    if (!fetch_request_parse(job->arena, bytes, &job->request, &job->why))
        return false;
    job->request.mirror = FETCH_MIRROR;
    bool local = job->request.address.scheme == ADDRESS_FILE;
    job->request.repository = local ? FETCH_REPOSITORY : -1;
    job->request.secrets = fcntl(FETCH_SECRETS, F_GETFD) >= 0 && !local ? FETCH_SECRETS : -1;
    struct stat info;
    if (fstat(FETCH_MIRROR, &info) != 0 || (local && fstat(FETCH_REPOSITORY, &info) != 0))
        return fault_set(&job->why, BLAME_SYSTEM, "the fetch process was given no directory");
    return true;
}

/* The own authority as a path that outlives confinement. */
static const char *ca_path(struct job *job)
{
    if (job->secrets.ca.len == 0)
        return NULL;
    int fd = memfd_create("ca.pem", 0);
    if (fd < 0 || !fd_write(fd, job->secrets.ca, &job->why))
        return NULL;
    return arena_print(job->arena, "/proc/self/fd/%d", fd);
}

static bool open_session(struct job *job)
{
    struct git_door door = { .at = &job->dial,
                             .dial = fetch_dial,
                             .host_key = fetch_host_key,
                             .key = job->secrets.key,
                             .token = job->secrets.token,
                             .most_bytes = job->request.most_bytes,
                             .most_objects = FETCH_OBJECTS_MOST };
    size_t colon;
    if (str_find(door.token, ':', &colon)) {
        door.user = str_keep(job->arena, str_until(door.token, colon));
        door.token = str_from(door.token, colon + 1);
    }
    uint64_t used = dir_bytes(FETCH_MIRROR, ".", 0);
    if (used >= door.most_bytes) {
        fault_set(
            &job->why, BLAME_OPEN,
            "all that was ever pushed comes to %llu MB, %llu MB are allowed (git.max_repo_mb)",
            (unsigned long long)used >> 20, (unsigned long long)door.most_bytes >> 20);
        return end_with(job, FETCH_TOO_BIG);
    }
    door.most_bytes -= used;
    bool local = job->request.address.scheme == ADDRESS_FILE;
    door.ca = ca_path(job);
    const char *url = local ? job->room.repository : job->request.address.text.at;
    fetch_mirror_mend(FETCH_MIRROR, ".", 0);
    if (!fetch_mirror_whole(FETCH_MIRROR) && !fetch_mirror_empty(FETCH_MIRROR, &job->why))
        return false;
    if (!fetch_mirror_make(FETCH_MIRROR, &job->why))
        return false;
    job->session = git_session_open(job->room.mirror, url, &door, &job->why);
    if (!job->session && fetch_mirror_empty(FETCH_MIRROR, &job->why) &&
        fetch_mirror_make(FETCH_MIRROR, &job->why))
        job->session = git_session_open(job->room.mirror, url, &door, &job->why);
    return job->session != NULL;
}

static bool look(struct job *job)
{
    if (job->request.repository >= 0 && !fetch_local_check(FETCH_REPOSITORY, &job->why))
        return end_with(job, FETCH_REFUSED);
    enum git_outcome outcome =
        git_session_list(job->session, job->arena, FETCH_REFS_MOST, &job->remote, &job->why);
    if (outcome != GIT_FINE)
        return end_with(job, state_of(outcome));
    size_t kept = 0;
    for (size_t i = 0; i < job->remote.count; i++)
        if (fetch_ref_check(job->remote.at[i].name))
            job->remote.at[kept++] = job->remote.at[i];
    job->remote.count = kept;
    look_digest(&job->remote, job->result.seen);
    return true;
}

static const struct git_ref *find_ref(const struct git_refs *refs, struct str name)
{
    size_t low = 0, high = refs->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_order(refs->at[middle].name, name);
        if (order == 0)
            return &refs->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool get(struct job *job)
{
    struct git_refs wanted = { .at = arena_array(job->arena, struct git_ref, job->remote.count) };
    char commit[GIT_ID_TEXT];
    for (size_t i = 0; i < job->remote.count; i++) {
        const struct git_ref *old = find_ref(&job->kept, job->remote.at[i].name);
        bool same = old && strcmp(old->id, job->remote.at[i].id) == 0;
        if (!same || !git_session_commit(job->session, old->id, commit))
            wanted.at[wanted.count++] = job->remote.at[i];
    }
    if (wanted.count == 0)
        return true;
    enum git_outcome outcome = git_session_get(job->session, job->arena, &wanted, &job->why);
    return outcome == GIT_FINE || end_with(job, state_of(outcome));
}

static enum fetch_change_kind kind_of(struct job *job, const struct git_ref *now,
                                      const struct git_ref *old, const struct fetch_change *change)
{
    if (!old)
        return FETCH_NEW;
    if (str_starts(now->name, S("refs/tags/")))
        return FETCH_TAG_MOVED;
    return git_session_follows(job->session, change->to, change->from) ? FETCH_MOVED : FETCH_FORCED;
}

/* Bring the mirror's refs up to date and note what that changed. Tags that lead to no commit are
 * left out. */
static bool settle(struct job *job)
{
    struct fetch_change *changes = arena_array(job->arena, struct fetch_change, FETCH_CHANGES_MOST);
    struct git_refs *refs = &job->result.refs;
    job->result.changes = changes;
    refs->at = arena_array(job->arena, struct git_ref, job->remote.count);
    for (size_t i = 0; i < job->remote.count; i++) {
        const struct git_ref *now = &job->remote.at[i];
        const struct git_ref *old = find_ref(&job->kept, now->name);
        struct git_ref *ref = &refs->at[refs->count];
        if (!git_session_commit(job->session, now->id, ref->id))
            continue;
        ref->name = now->name;
        refs->count++;
        bool same = old && strcmp(old->id, now->id) == 0;
        if (job->request.people && (!same || job->remote.count <= PEOPLE_ALL))
            git_session_people(job->session, job->arena, ref->id, &ref->author, &ref->committer);
        if (same)
            continue;
        if (!git_session_set(job->session, now, &job->why))
            return false;
        if (job->result.change_count == FETCH_CHANGES_MOST)
            continue;
        struct fetch_change *change = &changes[job->result.change_count++];
        change->name = now->name;
        memcpy(change->to, ref->id, GIT_ID_TEXT);
        if (old)
            git_session_commit(job->session, old->id, change->from);
        change->kind = kind_of(job, now, old, change);
    }
    return true;
}

static bool forget_deleted(struct job *job)
{
    struct fetch_change *changes = (struct fetch_change *)job->result.changes;
    for (size_t i = 0; i < job->kept.count; i++) {
        const struct git_ref *old = &job->kept.at[i];
        if (find_ref(&job->remote, old->name))
            continue;
        if (!git_session_remove(job->session, old->name.at, &job->why))
            return false;
        if (job->result.change_count == FETCH_CHANGES_MOST)
            continue;
        struct fetch_change *change = &changes[job->result.change_count++];
        *change = (struct fetch_change){ .kind = FETCH_DELETED, .name = old->name };
        git_session_commit(job->session, old->id, change->from);
    }
    return true;
}

static void conclude(struct job *job)
{
    char commit[GIT_ID_TEXT];
    struct fetch_result *result = &job->result;
    result->state = FETCH_OK;
    if (job->request.want && !git_session_commit(job->session, job->request.want, commit)) {
        result->state = FETCH_VANISHED;
        result->text =
            str_of(arena_print(job->arena,
                               "commit %.7s is not in the repository (any more): no branch "
                               "or tag leads to it, push it again",
                               job->request.want));
    } else if (job->remote.count == 0) {
        result->state = FETCH_EMPTY;
        result->text = S("the repository is empty: push a first commit");
    }
}

/* False: job->why says what of ours failed, unless a state was set. */
static bool work(struct job *job)
{
    if (!fetch_secrets_load(job->arena, job->request.secrets, &job->secrets, &job->why))
        return end_with(job, FETCH_DENIED);
    close(FETCH_SECRETS);
    /* Confined first: libgit2 then finds no authorities for file:, whose reading would take 20
     * ms. */
    if (!fetch_room_find(&job->request, &job->room, &job->why) ||
        !fetch_room_enter(&job->request, &job->why))
        return false;
    if (job->request.forget) {
        job->result.state = FETCH_EMPTY;
        return fetch_mirror_empty(FETCH_MIRROR, &job->why) || end_with(job, FETCH_REFUSED);
    }
    if (!git_start(&job->why) || !open_session(job) || !look(job))
        return false;
    if (job->request.look_only) {
        job->result.refs = job->remote;
        job->result.state = job->remote.count ? FETCH_OK : FETCH_EMPTY;
        return true;
    }
    if (!git_session_kept(job->session, job->arena, &job->kept, &job->why) || !get(job) ||
        !settle(job) || !forget_deleted(job))
        return false;
    conclude(job);
    return true;
}

/*
 * Confinement and user namespaces are for one thread, and a library may have started others before
 * main: work in a fork, which has one, and end as it does.
 */
static void leave_threads_behind(void)
{
    pid_t outer = getpid();
    int status = 0;
    if (landlock_threads() == 1)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != outer)
            _exit(EXIT_OURS);
        return;
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        _exit(EXIT_OURS);
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_OURS);
}

int fetch_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    leave_threads_behind();
    scoped_arena arena = arena_open(NULL);
    struct job *job = arena_new(arena, struct job);
    job->arena = arena;
    job->dial = (struct fetch_dial){ arena, &job->request, &job->secrets, NULL };
    job->result.state = FETCH_OK;
    struct str request;
    int code;
    bool done = fd_load(arena, FETCH_REQUEST, REQUEST_BYTES_MOST, &request, &job->why);
    if (done && (snapshot_serve(arena, request, &code) || look_serve(arena, request, &code)))
        return code;
    done = done && read_request(job, request);
    if (done) {
        fetch_alarm(job->request.deadline_ms);
        done = work(job) || job->result.state != FETCH_OK;
        git_session_close(job->session);
    }
    struct str said =
        done ? fetch_result_print(arena, &job->result) : fetch_fault_print(arena, &job->why);
    return fd_write(FETCH_RESULT, said, &job->why) && done ? 0 : EXIT_OURS;
}
