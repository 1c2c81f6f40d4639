/*
 * Starting the service: courses checked and taken over, state laid out, children described to the
 * warden.
 */
#include "grader/service/service.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/commands/command.h"
#include "grader/grader.h"
#include "grader/service/service_parts.h"
#include "grader/view.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_PATIENCE_US 2000000
#define LOCK_LOOK_US 50000

int service_lock(int course, bool *held, struct fault *why)
{
    *held = false;
    if (mkdirat(course, "state", 0751) != 0 && errno != EEXIST) {
        fault_errno(why, "state");
        return -1;
    }
    int fd = openat(course, "state/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EACCES)
        fault_set(why, BLAME_OPEN,
                  "state/lock is not yours to open: run this as root, or as the user that serves "
                  "the course");
    else if (fd < 0)
        fault_errno(why, "state/lock");
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    *held = errno == EWOULDBLOCK;
    if (*held)
        fault_set(why, BLAME_PASSING, "another grader is at work on this course");
    else
        fault_errno(why, "state/lock");
    close(fd);
    return -1;
}

/* state/ and what is in it: name, who owns it, which group, mode. */
static const struct {
    const char *path;
    struct house_owner owner;
} layout[] = {
    { "state", { HOUSE_GRADER, HOUSE_WEB, 02750 } },
    { "state/artifacts", { HOUSE_GRADER, HOUSE_WEB, 02750 } },
    { "state/sealed", { HOUSE_GRADER, HOUSE_GRADER, 0700 } },
    { "state/receipts", { HOUSE_GRADER, HOUSE_GRADER, 0700 } },
    { "state/runs", { HOUSE_GRADER, HOUSE_GRADER, 0700 } },
    { "state/repos", { HOUSE_GRADER, HOUSE_GRADER, 0700 } },
    { "state/cache", { HOUSE_GRADER, HOUSE_GRADER, 0700 } },
};

/* Databases that another user made, a command as root before the first service say. */
static const struct {
    const char *path;
    struct house_owner owner;
} databases[] = {
    { "state/inbox.db", { HOUSE_GRADER, HOUSE_WEB, 0660 } },
    { "state/inbox.db-wal", { HOUSE_GRADER, HOUSE_WEB, 0660 } },
    { "state/inbox.db-shm", { HOUSE_GRADER, HOUSE_WEB, 0660 } },
    { "state/store.db", { HOUSE_GRADER, HOUSE_WEB, 0640 } },
    { "state/store.db-wal", { HOUSE_GRADER, HOUSE_WEB, 0640 } },
    { "state/store.db-shm", { HOUSE_GRADER, HOUSE_WEB, 0640 } },
};

static bool state_lay(const struct house *house, int course, struct fault *why)
{
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++)
        if (file_exists(course, databases[i].path) &&
            !house_own(house, course, databases[i].path, databases[i].owner, why))
            return false;
    for (size_t i = 0; i < sizeof layout / sizeof *layout; i++)
        if (!dir_make(course, layout[i].path, 0700, why) ||
            !house_own(house, course, layout[i].path, layout[i].owner, why))
            return false;
    return true;
}

static int load_failed(const char *dir, const struct complaints *complaints)
{
    fprintf(stderr, "%s is not ready; `holdout check %s` says all that is wrong:\n", dir, dir);
    return command_complain(complaints);
}

/* What a killed service started lives a moment longer than it, and holds the lock meanwhile. */
static int seat_lock(struct seat *seat)
{
    struct fault why = { 0 };
    bool held;
    int64_t until_us = clock_mono_us() + LOCK_PATIENCE_US;
    while ((seat->lock = service_lock(seat->course_dir, &held, &why)) < 0 && held &&
           clock_mono_us() < until_us)
        usleep(LOCK_LOOK_US);
    if (seat->lock >= 0)
        return EXIT_DONE;
    fprintf(stderr, "%s: %s\n", seat->dir, why.text);
    return held ? EXIT_UNAVAILABLE : EXIT_DENIED;
}

/* Before the private view: the course's own words, and its lock. */
static int seat_open(struct seat *seat, const char *dir, struct arena *arena)
{
    struct complaints complaints = { .arena = arena };
    *seat = (struct seat){ .dir = dir, .lock = -1 };
    seat->loaded = arena_new(arena, struct loaded);
    seat->path = realpath(dir, NULL);
    seat->course_dir = seat->path ? open(seat->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (seat->course_dir < 0) {
        fprintf(stderr, "%s: %s\n", dir, strerror(errno));
        return EXIT_INPUT;
    }
    seat->reload.stamp = version_stamp(seat->course_dir);
    if (!course_load(arena, seat->course_dir, &seat->loaded->course, &complaints) ||
        (file_exists(seat->course_dir, "rubric.yaml") &&
         !course_load_rubric(arena, seat->course_dir, &seat->loaded->course, &seat->loaded->rubric,
                             &complaints)))
        return load_failed(dir, &complaints);
    if (seat->loaded->course.git.local.len) {
        const char *local =
            arena_print(arena, "%s/%.*s", seat->path, STR_ARGS(seat->loaded->course.git.local));
        seat->local_text = realpath(local, NULL);
        if (!seat->local_text) {
            fprintf(stderr, "%s/course.yaml: git.local is %s: %s\n", dir, local, strerror(errno));
            return EXIT_CONFIG;
        }
    }
    return seat_lock(seat);
}

static bool inbox_last_seq(struct seat *seat, struct fault *why)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/state", seat->view_path);
    struct inbox *inbox = inbox_open(path, true, why);
    bool ok = inbox && inbox_last(inbox, &seat->first_seq, why);
    inbox_close(inbox);
    return ok;
}

/* Within the private view: the state laid out and the course's files taken over by digest. */
static bool seat_fill(struct seat *seat, const struct house *house, struct arena *arena,
                      struct fault *why)
{
    if (!state_lay(house, seat->course_dir, why) || !secrets_lend(house, seat->course_dir, why))
        return false;
    scoped(fd) int state = dir_open(seat->course_dir, "state", why);
    if (state < 0)
        return false;
    unlinkat(state, VIEW_BEAT_FILE, 0); /* of the grader before: ours is not at work yet */
    if (file_exists(state, "inbox.db") && !inbox_last_seq(seat, why))
        return false;
    return version_install_state(seat->course_dir, state, &seat->loaded->course, arena,
                                 &seat->loaded->version, why);
}

static int seats_open(const struct service *service, struct seat *seats, struct house *house,
                      struct arena *arena)
{
    struct house_course courses[HOUSE_COURSES_MOST];
    struct fault why = { 0 };
    for (size_t i = 0; i < service->dir_count; i++) {
        int code = seat_open(&seats[i], service->dirs[i], arena);
        if (code != EXIT_DONE)
            return code;
        courses[i] = (struct house_course){ seats[i].path, seats[i].local_text };
    }
    if (!house_enter(house, courses, service->dir_count, &why))
        return command_fail("serve", &why);
    for (size_t i = 0; i < service->dir_count; i++) {
        seats[i].house = house;
        seats[i].view_path = house->course[i];
        seats[i].view_local = house->local[i];
        if (!seat_fill(&seats[i], house, arena, &why)) {
            fprintf(stderr, "%s: %s\n", service->dirs[i], why.text);
            return EXIT_CONFIG;
        }
    }
    return EXIT_DONE;
}

static int slots_of(const struct service *service, const struct course *course)
{
    int64_t cpus = 1;
    for (size_t i = 0; i < course->task_count; i++)
        if (course->tasks[i].limits.cpus > cpus)
            cpus = course->tasks[i].limits.cpus;
    int64_t slots = service->slots ? service->slots : sysconf(_SC_NPROCESSORS_ONLN) / cpus;
    return slots < 1 ? 1 : slots > HOUSE_SLOTS_MOST ? HOUSE_SLOTS_MOST : (int)slots;
}

int service_run(const struct service *service)
{
    struct arena *arena = arena_open(NULL);
    struct seat *seats = arena_array(arena, struct seat, service->dir_count);
    struct house *house = arena_new(arena, struct house);
    struct warden_child *children = arena_array(arena, struct warden_child, service->dir_count + 1);
    struct web_child web = { .service = service, .house = house };
    if (service->dir_count > HOUSE_COURSES_MOST) {
        fprintf(stderr, "at most %d courses can be served together\n", HOUSE_COURSES_MOST);
        return EXIT_USAGE;
    }
    int code = seats_open(service, seats, house, arena);
    if (code != EXIT_DONE)
        return code;
    struct warden warden = { .house = house, .children = children, .drain_ms = service->drain_ms };
    for (size_t i = 0; i < service->dir_count; i++) {
        seats[i].request = service->request;
        seats[i].until = service->until;
        seats[i].drain_ms = service->drain_ms;
        seats[i].slots = slots_of(service, &seats[i].loaded->course);
        seats[i].first_slot = warden.slots;
        warden.slots += (size_t)seats[i].slots;
        children[warden.child_count++] = (struct warden_child){
            .name = "grader",
            .role = HOUSE_GRADER,
            .leads = service->request != 0,
            .main = grader_child_main,
            .watch = service->request ? NULL : seat_watch,
            .at = &seats[i],
        };
    }
    if (service->listen)
        children[warden.child_count++] = (struct warden_child){
            .name = "web", .role = HOUSE_WEB, .main = web_child_main, .at = &web
        };
    struct fault why = { 0 };
    code = warden_run(&warden, &why);
    if (why.text[0])
        fprintf(stderr, "holdout: %s\n", why.text);
    return code;
}
