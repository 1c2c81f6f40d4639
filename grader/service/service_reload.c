/*
 * The course's files are watched by the warden, who alone may read them wherever they lie. What
 * changed is loaded in a process of its own and taken over by digest; the inbox tells the grader.
 */
#include "core/base/clock.h"
#include "core/base/file.h"
#include "grader/commands/command.h"
#include "grader/course/course_begin.h"
#include "grader/inbox.h"
#include "grader/service/service_parts.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAULT_LINES_MOST 10
#define AGAIN_US 5000000

static bool append(const struct seat *seat, const char *kind, struct str body, struct fault *why)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/state", seat->view_path);
    struct clock clock = clock_system();
    struct event_new event = {
        .kind = kind, .actor = "grader", .body = body, .at_ms = clock_utc_ms(&clock)
    };
    struct inbox *inbox = inbox_open(path, false, why);
    bool ok = inbox && inbox_append(inbox, &event, NULL, why);
    inbox_close(inbox);
    return ok;
}

static bool refuse(const struct seat *seat, const struct complaints *complaints, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct text lines = { .arena = arena }, body = { .arena = arena };
    for (size_t i = 0; i < complaints->kept && i < FAULT_LINES_MOST; i++)
        text_print(&lines, "%s%.*s", i ? "\n" : "", STR_ARGS(complaints->lines[i]));
    if (complaints->count > FAULT_LINES_MOST)
        text_print(&lines, "\nand %zu more", complaints->count - FAULT_LINES_MOST);
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_text(&out, "text", text_str(&lines));
    json_close_map(&out);
    return append(seat, "course_fault", text_str(&body), why);
}

/* What a grader cannot change while it runs. */
static void lasting_check(const struct seat *seat, const struct course *course,
                          struct complaints *to)
{
    const struct course *first = &seat->loaded->course;
    if (!str_equal(course->git.local, first->git.local))
        complain(to, "course.yaml", 0,
                 "git.local has changed; that needs a restart of holdout serve");
    if (!str_equal(course->id, first->id))
        complain(to, "course.yaml", 0,
                 "course.id has changed; that needs a restart of holdout serve");
}

static bool install(const struct seat *seat, struct arena *arena, const struct course *course,
                    struct version *out, struct fault *why)
{
    scoped(fd) int state = dir_open(seat->course_dir, "state", why);
    return state >= 0 && version_install_state(seat->course_dir, state, course, arena, out, why);
}

static bool load(const struct seat *seat, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct complaints to = { .arena = arena };
    struct loaded loaded = { 0 };
    if (course_load(arena, seat->course_dir, &loaded.course, &to)) {
        if (file_exists(seat->course_dir, "rubric.yaml"))
            course_load_rubric(arena, seat->course_dir, &loaded.course, &loaded.rubric, &to);
        lasting_check(seat, &loaded.course, &to);
    }
    if (!to.count && !install(seat, arena, &loaded.course, &loaded.version, why)) {
        if (why->blame != BLAME_COURSE)
            return false;
        complain(&to, NULL, 0, "%s", why->text);
    }
    return to.count ? refuse(seat, &to, why)
                    : append(seat, "course", course_event_body(arena, &loaded.version), why);
}

static _Noreturn void load_apart(const struct seat *seat, pid_t warden, int say)
{
    struct fault why = { 0 };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != warden)
        _exit(EXIT_AGAIN);
    umask(0007);
    if (load(seat, &why) && fd_write(say, S("d"), &why))
        _exit(EXIT_DONE);
    dprintf(2, "level=error event=course fault=\"%s\"\n", why.text);
    _exit(EXIT_AGAIN);
}

/* False: a process is at it. What it could not do for a fault of ours is done again in a while. */
static bool load_ended(struct seat *seat)
{
    char word;
    if (seat->reload.pid && kill(seat->reload.pid, 0) == 0)
        return false;
    if (seat->reload.pid && read(seat->reload.said, &word, 1) != 1) {
        seat->reload.stamp = 0;
        seat->reload.again_us = clock_mono_us() + AGAIN_US;
    }
    if (seat->reload.pid)
        close(seat->reload.said);
    seat->reload.pid = 0;
    return clock_mono_us() >= seat->reload.again_us;
}

static void load_start(struct seat *seat, uint64_t stamp)
{
    pid_t warden = getpid();
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        load_apart(seat, warden, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return;
    }
    seat->reload.pid = pid;
    seat->reload.said = ends[0];
    seat->reload.stamp = stamp;
}

void seat_watch(void *at)
{
    struct seat *seat = at;
    secrets_watch(seat);
    if (!load_ended(seat))
        return;
    uint64_t stamp = version_stamp(seat->course_dir);
    if (stamp == seat->reload.stamp)
        return;
    if (stamp == seat->reload.waiting)
        load_start(seat, stamp);
    seat->reload.waiting = stamp; /* it may just be written: at the next look */
}
