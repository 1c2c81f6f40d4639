/*
 * The grader of one course as the warden's child: the store made, the course written to it, threads
 * started.
 */
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/eval/metric_name.h"
#include "grader/baseline.h"
#include "grader/board.h"
#include "grader/commands/command.h"
#include "grader/inbox.h"
#include "grader/service_parts.h"
#include "grader/steps/release.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLLERS_MOST 4 /* repositories looked at together */
#define THREADS_MOST (HOUSE_SLOTS_MOST + POLLERS_MOST + 1)

static bool grader_fill(struct grader *grader, struct seat *seat, struct fault *why)
{
    grader->arena = arena_open(NULL);
    grader->clock = clock_system();
    grader->course_path = seat->view_path;
    grader->state_path = arena_print(grader->arena, "%s/state", seat->view_path);
    grader->course_dir = dir_open(AT_FDCWD, seat->view_path, why);
    grader->state = grader->course_dir < 0 ? -1 : dir_open(grader->course_dir, "state", why);
    grader->local_path = seat->local_text;
    grader->local = seat->local_text ? dir_open(AT_FDCWD, seat->view_local, why) : -1;
    grader->course_id = seat->loaded->course.id.at;
    grader->loaded = loaded_place_make(seat->loaded);
    grader->house = *seat->house;
    grader->until_seq = seat->request;
    for (size_t i = 0; i < GRADER_MIRRORS; i++)
        pthread_mutex_init(&grader->mirrors[i], NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&grader->news.lock, NULL);
    pthread_cond_init(&grader->news.changed, &monotonic);
    pthread_mutex_init(&grader->held.lock, NULL);
    grader->pollers = seat->loaded->course.team_count > POLLERS_MOST ? POLLERS_MOST : 1;
    return grader->loaded && grader->state >= 0 && (!seat->local_text || grader->local >= 0) &&
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

static void course_json(struct text *text, const struct course *course)
{
    static const char *const visibilities[] = { "names", "pseudonym", "staff" };
    static const char *const releases[] = { "rounded", "ladder" };
    struct json_out out = { .text = text };
    json_open_map(&out, NULL);
    json_add_text(&out, "id", course->id);
    json_add_text(&out, "title", course->title);
    json_add_text(&out, "timezone", course->timezone);
    json_add_zero(&out, "visibility", visibilities[course->board.visibility]);
    json_add_zero(&out, "release", releases[course->board.release]);
    json_close_map(&out);
}

static struct str task_json(struct arena *arena, const struct course *course,
                            const struct course_task *task)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "metrics");
    for (size_t i = 0; i < task->metric_count; i++)
        json_add_text(&out, NULL, task->metrics[i].key);
    json_close_list(&out);
    course_limits_json(&out, "limits", &task->limits);
    json_add_int(&out, "seeds", task->seeds);
    json_open_list(&out, "deliverables");
    for (size_t i = 0; i < course->deliverable_count; i++) {
        if (!course_has(&course->deliverables[i].tasks, task->id))
            continue;
        json_open_map(&out, NULL);
        json_add_text(&out, "id", course->deliverables[i].id);
        json_add_int(&out, "due_ms", course->deliverables[i].due_ms);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}

/* Names by which the teams go when names are hidden: drawn from the course's secret. */
static bool pseudonym_make(struct arena *arena, struct store *store, struct str team,
                           const char **out, struct fault *why)
{
    char secret[SHA256_HEX], hex[SHA256_HEX];
    if (!store_secret(store, "pseudonyms", secret, why))
        return false;
    hmac_sha256(str_of(secret), team, hex);
    *out = arena_print(arena, "team-%.8s", hex);
    return true;
}

bool course_write(const struct grader *grader, const struct loaded *loaded, struct store *store,
                  struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const struct course *course = &loaded->course;
    struct store_task *tasks = arena_array(arena, struct store_task, course->task_count);
    struct store_team *teams =
        arena_array(arena, struct store_team, course->team_count + baseline_teams_most(course));
    for (size_t i = 0; i < course->task_count; i++) {
        const struct course_task *task = &course->tasks[i];
        size_t k;
        const struct metric *metric = metric_named(task->metrics[task->primary_at].key, &k);
        int64_t rows = 0;
        double scale = 1;
        if (!board_public_rows(grader, loaded, task, &rows, &scale, why))
            return false;
        tasks[i] = (struct store_task){
            .id = task->id.at,
            .title = task->title.at,
            .kind = course_kind_name(task->kind),
            .metric = task->metrics[task->primary_at].key.at,
            .detail = task_json(arena, course, task).at,
            .higher_is_better = metric && metric->higher_is_better,
            .digits = metric ? release_decimals(metric, scale, (int)course->board.digits) : 3,
            .public_rows = rows,
        };
    }
    for (size_t i = 0; i < course->team_count; i++) {
        teams[i] = (struct store_team){ .id = course->teams[i].id.at,
                                        .name = course->teams[i].name.at,
                                        .repository = course->teams[i].repository.at };
        if (!pseudonym_make(arena, store, course->teams[i].id, &teams[i].pseudonym, why))
            return false;
    }
    size_t baselines = baseline_teams(arena, course, teams + course->team_count);
    struct text about = { .arena = arena };
    course_json(&about, course);
    return store_course_set(
        store,
        &(struct store_course){ .about = about.at,
                                .version = loaded->version.digest,
                                .files = version_json(arena, &loaded->version).at,
                                .tasks = tasks,
                                .teams = teams,
                                .task_count = course->task_count,
                                .team_count = course->team_count + baselines },
        why);
}

/* What a grader that was killed left half done may hold held-out rows: none of it may stay. */
static bool leftovers_clear(const struct grader *grader, struct fault *why)
{
    return dir_remove(grader->state, "runs", why) && dir_make(grader->state, "runs", 0700, why) &&
           artifacts_tidy(&grader->artifacts, why) && artifacts_tidy(&grader->sealed, why);
}

static bool baselines_begin(const struct grader *grader, const struct loaded *loaded,
                            struct fault *why)
{
    struct inbox *inbox = inbox_open(grader->state_path, false, why);
    bool ok = inbox && baselines_ask(grader, loaded, inbox, why);
    inbox_close(inbox);
    return ok;
}

/* Whatever a grader before us held is nobody's now: we have the lock. */
static bool begin(const struct grader *grader, const struct loaded *loaded, struct fault *why)
{
    struct store *store = NULL;
    bool ok = leftovers_clear(grader, why) && stores_make(grader, &store, why) &&
              course_write(grader, loaded, store, why) && store_sweep(store, true, why);
    for (size_t i = 0; ok && i < loaded->course.task_count; i++)
        ok = board_make(grader, loaded, store, &loaded->course.tasks[i], why);
    store_close(store);
    return ok && baselines_begin(grader, loaded, why);
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
    void *(*mains[THREADS_MOST])(void *) = { follow_thread };
    size_t wanted = 1, count = 0;
    for (int i = 0; i < grader->pollers; i++)
        mains[wanted++] = poll_thread;
    for (int i = 0; i < slots; i++)
        mains[wanted++] = work_thread;
    while (count < wanted && pthread_create(&threads[count], NULL, mains[count], grader) == 0)
        count++;
    return count < wanted ? 0
                          : count; /* half a grader is none: the process ends and is restarted */
}

int grader_child_main(int warden_socket, void *at)
{
    struct seat *seat = at;
    struct grader *grader = calloc(1, sizeof *grader);
    struct fault why = { 0 };
    pthread_t threads[THREADS_MOST];
    int asked = signals_take();
    if (!grader || asked < 0 || !grader_fill(grader, seat, &why) ||
        !begin(grader, seat->loaded, &why)) {
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
    int code = service_wait(grader, asked);
    eventfd_write(grader->stop_fd, 1);
    grader_news(grader);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    executor_close(grader->executor);
    return code;
}
