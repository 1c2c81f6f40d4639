/* Executing on this machine: grade-one as the runner, one a slot, through the warden. */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/execute/executor.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORCE_MS 5000

struct task {
    char id[EXECUTOR_ID]; /* "": the slot is free */
    struct warden_process process;
    int cancel; /* open end of the cancel pipe; -1 once it was asked to end */
    int64_t killed_ms;
};

struct local {
    struct executor executor;
    struct warden_client *warden;
    pthread_mutex_t lock;
    size_t slot_first, slots;
    uint64_t started;
    struct task tasks[HOUSE_SLOTS_MOST];
};

static int64_t now_ms(void)
{
    return clock_mono_us() / 1000;
}

/* Called with the lock held. */
static struct task *task_find(struct local *local, const char *id)
{
    for (size_t i = 0; i < local->slots; i++)
        if (*id && strcmp(local->tasks[i].id, id) == 0)
            return &local->tasks[i];
    return NULL;
}

static struct task *task_reserve(struct local *local)
{
    struct task *task = NULL;
    pthread_mutex_lock(&local->lock);
    for (size_t i = 0; i < local->slots && !task; i++)
        if (!local->tasks[i].id[0]) {
            task = &local->tasks[i];
            *task = (struct task){ .process = { .pidfd = -1 }, .cancel = -1 };
            snprintf(task->id, sizeof task->id, "local-%d-%llu", (int)getpid(),
                     (unsigned long long)++local->started);
        }
    pthread_mutex_unlock(&local->lock);
    return task;
}

static void task_free(struct local *local, struct task *task)
{
    pthread_mutex_lock(&local->lock);
    fd_scoped(&task->process.pidfd);
    fd_scoped(&task->cancel);
    *task = (struct task){ .id = "" };
    pthread_mutex_unlock(&local->lock);
}

static enum executor_answer local_start(struct executor *executor, const struct executor_job *job,
                                        char id[EXECUTOR_ID], struct fault *why)
{
    struct local *local = (struct local *)executor;
    struct task *task = task_reserve(local);
    int cancel[2];
    if (!task) {
        fault_set(why, BLAME_PASSING, "all %zu slots were taken", local->slots);
        return EXECUTOR_REFUSED;
    }
    if (pipe2(cancel, O_CLOEXEC) != 0) {
        fault_errno(why, "no pipe for grade-one");
        task_free(local, task);
        return EXECUTOR_REFUSED;
    }
    const int fds[] = { -1, -1, STDERR_FILENO, job->rundir, cancel[0], job->root };
    struct warden_spawn spawn = {
        .role = HOUSE_RUNNER,
        .name = task->id,
        .fds = fds,
        .fd_count = sizeof fds / sizeof *fds - (job->root < 0),
        .slot = (int)(local->slot_first + (size_t)(task - local->tasks)),
    };
    task->cancel = cancel[1];
    bool started = warden_spawn(local->warden, &spawn, &task->process, why);
    close(cancel[0]);
    if (!started) { /* were it started after all, the closed pipe ends it */
        task_free(local, task);
        return EXECUTOR_REFUSED;
    }
    memcpy(id, task->id, EXECUTOR_ID);
    return EXECUTOR_STARTED;
}

/* Has it ended? Then its slot is free again. */
static bool look(struct local *local, struct executor_task *out, struct fault *why)
{
    struct warden_process process;
    int64_t killed_ms;
    pthread_mutex_lock(&local->lock);
    struct task *task = task_find(local, out->id);
    if (task) {
        process = task->process;
        killed_ms = task->killed_ms;
    }
    pthread_mutex_unlock(&local->lock);
    if (!task) {
        out->state = EXECUTOR_LOST;
        return true;
    }
    struct pollfd ended = { .fd = process.pidfd, .events = POLLIN };
    bool done = false;
    int status = 0;
    out->state = EXECUTOR_RUNNING;
    if (poll(&ended, 1, 0) == 0)
        return killed_ms == 0 || now_ms() - killed_ms < FORCE_MS ||
               warden_kill(local->warden, process.pid, why);
    if (!warden_status(local->warden, process.pid, &done, &status, why))
        return false;
    if (!done)
        return true;
    out->state = EXECUTOR_ENDED;
    out->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    task_free(local, task);
    return true;
}

static bool look_at_all(struct local *local, struct executor_task *tasks, size_t count, bool *news,
                        struct fault *why)
{
    *news = false;
    for (size_t i = 0; i < count; i++) {
        if (!look(local, &tasks[i], why))
            return false;
        *news |= tasks[i].state != EXECUTOR_RUNNING;
    }
    return true;
}

static void wait_for_one(struct local *local, const struct executor_task *tasks, size_t count,
                         int timeout_ms)
{
    struct pollfd polled[HOUSE_SLOTS_MOST];
    nfds_t polled_count = 0;
    pthread_mutex_lock(&local->lock);
    for (size_t i = 0; i < count && polled_count < HOUSE_SLOTS_MOST; i++) {
        struct task *task = task_find(local, tasks[i].id);
        if (task)
            polled[polled_count++] = (struct pollfd){ .fd = task->process.pidfd, .events = POLLIN };
    }
    pthread_mutex_unlock(&local->lock);
    poll(polled, polled_count, timeout_ms);
}

static bool local_poll(struct executor *executor, struct executor_task *tasks, size_t count,
                       int timeout_ms, struct fault *why)
{
    struct local *local = (struct local *)executor;
    bool news;
    if (!look_at_all(local, tasks, count, &news, why))
        return false;
    if (news || timeout_ms <= 0)
        return true;
    wait_for_one(local, tasks, count, timeout_ms);
    return look_at_all(local, tasks, count, &news, why);
}

static bool local_kill(struct executor *executor, const char *id, struct fault *why)
{
    struct local *local = (struct local *)executor;
    pid_t pid = 0;
    pthread_mutex_lock(&local->lock);
    struct task *task = task_find(local, id);
    if (task && task->cancel < 0)
        pid = task->process.pid;
    if (task && task->cancel >= 0) {
        close(task->cancel);
        task->cancel = -1;
        task->killed_ms = now_ms();
    }
    pthread_mutex_unlock(&local->lock);
    return pid == 0 || warden_kill(local->warden, pid, why);
}

static size_t local_capacity(struct executor *executor)
{
    struct local *local = (struct local *)executor;
    size_t places = 0;
    pthread_mutex_lock(&local->lock);
    for (size_t i = 0; i < local->slots; i++)
        places += !local->tasks[i].id[0];
    pthread_mutex_unlock(&local->lock);
    return places;
}

static void local_close(struct executor *executor)
{
    struct local *local = (struct local *)executor;
    for (size_t i = 0; i < local->slots; i++)
        if (local->tasks[i].id[0])
            task_free(local, &local->tasks[i]);
    pthread_mutex_destroy(&local->lock);
    free(local);
}

struct executor *executor_local_open(struct warden_client *warden, size_t slot_first, size_t slots)
{
    static const struct executor_way way = { local_start, local_poll, local_kill, local_capacity,
                                             local_close };
    assert(slots > 0 && slots <= HOUSE_SLOTS_MOST);
    struct local *local = calloc(1, sizeof *local);
    if (!local)
        abort();
    local->executor.way = &way;
    local->warden = warden;
    local->slot_first = slot_first;
    local->slots = slots;
    pthread_mutex_init(&local->lock, NULL);
    return &local->executor;
}
