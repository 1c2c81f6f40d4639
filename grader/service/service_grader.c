/*
 * The grader of one course as the warden's child: the store made, the course written to it, threads
 * started.
 */
#include "core/base/file.h"
#include "grader/board_memo.h"
#include "grader/service/announce.h"
#include "grader/service/boards.h"
#include "grader/cache.h"
#include "grader/commands/command.h"
#include "grader/repeat/comparisons.h"
#include "grader/course/course_begin.h"
#include "grader/digest_memo.h"
#include "grader/inbox.h"
#include "grader/repeat/rescore.h"
#include "grader/service/schedule.h"
#include "grader/service/service_parts.h"
#include "grader/service/waiting.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* threads that look at repositories, all but the first one, which answers requests */
#define POLLERS_LEAST 3 /* one may wait for a silent server */
#define POLLERS_MOST 5
#define THREADS_MOST (HOUSE_SLOTS_MOST + POLLERS_MOST + 6)

/* Who waits for writing is not passed by those who read one after the other. */
static void rows_lock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t writers;
    pthread_rwlockattr_init(&writers);
    pthread_rwlockattr_setkind_np(&writers, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &writers);
}

static bool grader_fill(struct grader *grader, struct seat *seat, struct fault *why)
{
    grader->arena = arena_open(NULL);
    grader->clock = clock_system();
    grader->course_path = seat->view_path;
    grader->state_path = arena_print(grader->arena, "%s/state", seat->view_path);
    grader->course_dir = dir_open(AT_FDCWD, seat->view_path, why);
    grader->state = grader->course_dir < 0 ? -1 : dir_open(grader->course_dir, "state", why);
    grader->scratch = grader->state < 0 ? -1 : dir_open(grader->state, "cache", why);
    grader->local_path = seat->local_text;
    grader->local = seat->local_text ? dir_open(AT_FDCWD, seat->view_local, why) : -1;
    grader->course_id = seat->loaded->course.id.at;
    grader->loaded = loaded_place_make(seat->loaded);
    grader->house = *seat->house;
    grader->memo = digest_memo_open();
    grader->board_memo = board_memo_open();
    grader->boards = boards_open();
    grader->until_seq = seat->request;
    grader->until = seat->until ? seat->until : waiting_look;
    grader->slots = seat->slots;
    for (size_t i = 0; i < GRADER_MIRRORS; i++)
        pthread_mutex_init(&grader->mirrors[i], NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&grader->news.lock, NULL);
    pthread_cond_init(&grader->news.changed, &monotonic);
    pthread_mutex_init(&grader->held.lock, NULL);
    rows_lock_init(&grader->rows);
    pthread_mutex_init(&grader->disk.lock, NULL);
    pthread_mutex_init(&grader->asked.lock, NULL);
    pthread_mutex_init(&grader->survey.lock, NULL);
    grader->pollers = (int)seat->loaded->course.team_count + 1;
    grader->pollers = grader->pollers < POLLERS_LEAST  ? POLLERS_LEAST
                      : grader->pollers > POLLERS_MOST ? POLLERS_MOST
                                                       : grader->pollers;
    grader->schedule = schedule_open(grader->pollers - 1);
    return grader->loaded && grader->scratch >= 0 && (!seat->local_text || grader->local >= 0) &&
           artifacts_open(&grader->artifacts, grader->state, "artifacts", 0750, 0444, why) &&
           artifacts_open(&grader->sealed, grader->state, "sealed", 0700, 0400, why);
}

/* The databases are the grader's; the web may read the store and append to the inbox. */
static bool stores_make(const struct grader *grader, struct store **store, struct fault *why)
{
    umask(0007);
    struct inbox *inbox = inbox_open(grader->state_path, true, why);
    *store = inbox ? store_open(grader->state_path, true, &grader->clock, why) : NULL;
    inbox_close(inbox);
    if (!*store)
        return false;
    static const struct {
        const char *name;
        mode_t mode;
    } shown[] = { { "store.db", 0640 }, { "store.db-wal", 0640 }, { "store.db-shm", 0640 },
                  { "inbox.db", 0660 }, { "inbox.db-wal", 0660 }, { "inbox.db-shm", 0660 } };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (fchmodat(grader->state, shown[i].name, shown[i].mode, 0) != 0)
            return fault_errno(why, "%s", shown[i].name);
    return true;
}

/* What a grader that was killed left half done may hold held-out rows: none of it may stay. */
static bool leftovers_clear(const struct grader *grader, struct fault *why)
{
    return dir_remove(grader->state, "runs", why) && dir_make(grader->state, "runs", 0700, why) &&
           artifacts_tidy(&grader->artifacts, why) && artifacts_tidy(&grader->sealed, why);
}

/* Whatever a grader before us held is nobody's now: we have the lock. */
static bool begin(struct grader *grader, const struct seat *seat, struct fault *why)
{
    struct store *store = NULL;
    struct loaded *newest = NULL;
    bool ok = leftovers_clear(grader, why) && stores_make(grader, &store, why) &&
              course_newest(grader, seat->loaded, seat->first_seq, &newest, why) &&
              course_begin(grader, newest ? newest : seat->loaded, store, INT64_MAX, why) &&
              announce_begin(newest ? newest : seat->loaded, store, why) &&
              store_sweep(store, true, why) && cache_tidy(grader, store, why);
    store_close(store);
    if (ok && newest)
        loaded_change(grader->loaded, newest);
    return ok;
}

static int signals_take(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static size_t threads_start(struct grader *grader, int slots, pthread_t threads[THREADS_MOST])
{
    void *(*mains[THREADS_MOST])(void *) = { follow_thread, announce_thread };
    size_t wanted = 2, count = 0;
    for (int i = 0; i < grader->pollers; i++)
        mains[wanted++] = poll_thread;
    for (int i = 0; i < slots; i++)
        mains[wanted++] = work_thread;
    mains[wanted++] = rescore_thread;
    mains[wanted++] = comparisons_thread;
    mains[wanted++] = tidy_thread;
    mains[wanted++] = boards_thread;
    while (count < wanted && pthread_create(&threads[count], NULL, mains[count], grader) == 0)
        count++;
    return count < wanted ? 0
                          : count; /* half a grader is none: the process ends and is restarted */
}

static bool held_any(struct grader *grader)
{
    bool any = false;
    pthread_mutex_lock(&grader->held.lock);
    for (size_t i = 0; i < HOUSE_SLOTS_MOST; i++)
        any |= grader->held.claims[i] != NULL;
    pthread_mutex_unlock(&grader->held.lock);
    return any;
}

/* Nothing new is begun; what runs may end, until the time is over or somebody asks again. */
static void drain(struct grader *grader, int asked, int64_t most_ms)
{
    int64_t end_us = clock_mono_us() + most_ms * 1000;
    struct pollfd again = { .fd = asked, .events = POLLIN };
    struct signalfd_siginfo first;
    if (most_ms <= 0 || read(asked, &first, sizeof first) != sizeof first)
        return;
    __atomic_store_n(&grader->draining, 1, __ATOMIC_RELEASE);
    grader_log(grader, "info", "event=drain runs=%d", held_any(grader));
    while (held_any(grader) && clock_mono_us() < end_us && poll(&again, 1, 50) <= 0)
        continue;
}

int grader_child_main(int warden_socket, void *at)
{
    struct seat *seat = at;
    struct grader *grader = calloc(1, sizeof *grader);
    struct fault why = { 0 };
    pthread_t threads[THREADS_MOST];
    int asked = signals_take();
    if (!grader || asked < 0 || !grader_fill(grader, seat, &why) || !begin(grader, seat, &why)) {
        fprintf(stderr, "%s: %s\n", seat->dir, why.text);
        return why.blame == BLAME_COURSE ? EXIT_CONFIG : EXIT_AGAIN;
    }
    grader->stop_fd = eventfd(0, EFD_CLOEXEC);
    grader->warden = warden_client_open(warden_socket);
    grader->executor = executor_local_open(grader->warden, seat->first_slot, (size_t)seat->slots);
    if (grader->stop_fd < 0 || !grader->warden || !grader->executor) {
        fprintf(stderr, "%s: the grader could not be set up\n", seat->dir);
        return EXIT_AGAIN;
    }
    grader_log(grader, "info", "event=start version=%.12s slots=%d teams=%zu",
               seat->loaded->version.digest, seat->slots, seat->loaded->course.team_count);
    size_t count = threads_start(grader, seat->slots, threads);
    if (count == 0) {
        fprintf(stderr, "%s: threads could not be started\n", seat->dir);
        return EXIT_AGAIN;
    }
    if (!warden_ready(grader->warden, &why))
        grader_log(grader, "warning", "event=ready fault=\"%s\"", why.text);
    int code = service_wait(grader, asked);
    drain(grader, asked, seat->drain_ms);
    eventfd_write(grader->stop_fd, 1);
    grader_news(grader);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    boards_end(grader);
    executor_close(grader->executor);
    loaded_place_close(grader->loaded);
    return code;
}
