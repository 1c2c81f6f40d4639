/* The warden: users of each role, what may be asked, restarts, and that nobody is left behind. */
#include "grader/execute/warden.h"
#include "core/base/clock.h"
#include "tests/grader/execute/warden_helper.h"
#include <poll.h>

struct scene {
    const char *name, *stage;
    struct house *house;
    int report; /* append here */
    int marks;  /* a directory that the grader may write */
};

static bool spawn(struct warden_client *client, const char *name, int out,
                  struct warden_process *process)
{
    const int fds[] = { out, out, 2, out, -1, -1 };
    struct warden_spawn spawn = {
        .role = HOUSE_FETCH, .name = name, .fds = fds, .fd_count = 6, .slot = -1
    };
    struct fault why;
    return warden_spawn(client, &spawn, process, &why);
}

static int wait_status(struct warden_client *client, struct warden_process *process)
{
    struct pollfd ended = { .fd = process->pidfd, .events = POLLIN };
    bool done = false;
    int status = -1;
    struct fault why;
    if (poll(&ended, 1, 5000) != 1 || !warden_status(client, process->pid, &done, &status, &why) ||
        !done)
        return -1;
    close(process->pidfd);
    return status;
}

static bool helper_says(struct scene *scene, struct warden_client *client, enum house_role role,
                        const char *truth)
{
    char out[400] = "";
    struct warden_process process;
    struct fault why = { .text = "" };
    int pipes[2];
    if (pipe(pipes) != 0)
        return false;
    const int fds[] = { pipes[1], pipes[1], 2, pipes[1], pipes[1], -1 };
    const struct warden_spawn spawn = { .role = role,
                                        .name = truth,
                                        .fds = fds,
                                        .fd_count = role == HOUSE_RUNNER ? 5 : 6,
                                        .slot = role == HOUSE_RUNNER ? 0 : -1 };
    bool said = warden_spawn(client, &spawn, &process, &why) &&
                wait_status(client, &process) == 0 && read(pipes[0], out, sizeof out - 1) > 0;
    dprintf(scene->report, "%s %s%s", house_role_name(role), out, why.text);
    close(pipes[0]);
    close(pipes[1]);
    return said;
}

static int scene_roles(struct scene *scene, struct warden_client *client)
{
    char truth[PATH_MAX + 32];
    snprintf(truth, sizeof truth, "%s/private/truth", scene->house->course[0]);
    say_who(scene->report, "grader ", truth);
    return !helper_says(scene, client, HOUSE_FETCH, truth) ||
           !helper_says(scene, client, HOUSE_RUNNER, truth);
}

static int scene_refused(struct scene *scene, struct warden_client *client)
{
    const int fds[] = { 1, 1, 2, 1, 1, 1 };
    const struct warden_spawn asked[] = {
        { HOUSE_WEB, "x", fds, 6, -1 },       { HOUSE_GRADER, "x", fds, 6, -1 },
        { HOUSE_SELF, "x", fds, 6, -1 },      { (enum house_role)99, "x", fds, 6, -1 },
        { HOUSE_FETCH, "x", fds, 5, -1 },     { HOUSE_FETCH, "a b", fds, 6, -1 },
        { HOUSE_FETCH, "--help", fds, 6, 0 }, { HOUSE_FETCH, "", fds, 6, -1 },
        { HOUSE_FETCH, "x", fds, 6, 0 },      { HOUSE_RUNNER, "x", fds, 5, -1 },
        { HOUSE_RUNNER, "x", fds, 5, 5 },     { HOUSE_RUNNER, "x", fds, 4, 0 },
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct warden_process process;
        struct fault why = { .text = "" };
        if (warden_spawn(client, &asked[i], &process, &why) || !why.text[0]) {
            dprintf(scene->report, "request %zu was not refused\n", i);
            return 1;
        }
    }
    struct fault why;
    int status;
    bool ended;
    return warden_kill(client, 1, &why) || warden_kill(client, getppid(), &why) ||
           warden_kill(client, -1, &why) || warden_status(client, getpid(), &ended, &status, &why);
}

static int scene_kill(struct scene *scene, struct warden_client *client)
{
    struct warden_process process;
    struct fault why;
    if (!spawn(client, "sleep", scene->report, &process) || !warden_kill(client, process.pid, &why))
        return 1;
    int status = wait_status(client, &process);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        return 1;
    if (!spawn(client, "seven", scene->report, &process))
        return 1;
    status = wait_status(client, &process);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 7;
}

/* A slot is given to one runner at a time, and again once that one has ended. */
static int scene_slot(struct scene *scene, struct warden_client *client)
{
    const int fds[] = { -1, -1, 2, scene->report, scene->report };
    const struct warden_spawn spawn = {
        .role = HOUSE_RUNNER, .name = "sleep", .fds = fds, .fd_count = 5, .slot = 0
    };
    for (int i = 0; i < 2; i++) {
        struct warden_process first, second;
        struct fault why = { .text = "" };
        if (!warden_spawn(client, &spawn, &first, &why))
            return 1;
        if (warden_spawn(client, &spawn, &second, &why) || why.blame != BLAME_PASSING)
            return 1;
        if (!warden_kill(client, first.pid, &why) || !WIFSIGNALED(wait_status(client, &first)))
            return 1;
    }
    return 0;
}

static bool says_where(struct warden_client *client, char out[200])
{
    struct warden_process process;
    int pipes[2];
    memset(out, 0, 200);
    if (pipe(pipes) != 0)
        return false;
    bool said = spawn(client, "where", pipes[1], &process) && wait_status(client, &process) == 0 &&
                read(pipes[0], out, 199) > 0;
    close(pipes[0]);
    close(pipes[1]);
    return said;
}

/* Helpers are forked by one process and are the warden's children; after a crash by another one. */
static int scene_nursery(struct scene *scene, struct warden_client *client)
{
    char first[200], second[200], third[200], parent[40];
    struct warden_process process;
    snprintf(parent, sizeof parent, " %d holdout fetch-one where", (int)getppid());
    bool said = says_where(client, first) && says_where(client, second) &&
                spawn(client, "crash", scene->report, &process) &&
                WIFSIGNALED(wait_status(client, &process)) && says_where(client, third);
    dprintf(scene->report, "%s%s%s", first, second, third);
    return !said || strcmp(first, second) != 0 || strcmp(second, third) == 0 ||
           !strstr(first, parent) || !strstr(third, parent);
}

/* The helper of an earlier life is gone for good. */
static bool helper_gone(const struct scene *scene)
{
    char text[16] = "";
    scoped(fd) int fd = openat(scene->marks, "helper", O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, text, sizeof text - 1) > 0 &&
           kill((pid_t)strtol(text, NULL, 10), 0) != 0 && errno == ESRCH;
}

/* Dies twice, first by SIGKILL with a helper under way. */
static int scene_dies(struct scene *scene, struct warden_client *client)
{
    struct warden_process process;
    struct stat st;
    struct fault why;
    if (fstat(scene->report, &st) != 0)
        return 1;
    if (st.st_size == 0) {
        int pipes[2];
        char pid[16];
        if (pipe(pipes) != 0 || !spawn(client, "sleep", pipes[1], &process))
            return 1;
        ssize_t got = read(pipes[0], pid, sizeof pid);
        if (!file_save(scene->marks, "helper", (struct str){ pid, (size_t)got }, 0644, &why))
            return 1;
        dprintf(scene->report, "first\n");
        raise(SIGKILL);
    }
    dprintf(scene->report, "again %s\n", helper_gone(scene) ? "alone" : "with the old helper");
    return st.st_size > 8 ? 0 : 70;
}

static int scene_hopeless(struct scene *scene, struct warden_client *client)
{
    (void)client;
    dprintf(scene->report, "once\n");
    return 78;
}

static int scene_stubborn(struct scene *scene, struct warden_client *client)
{
    struct warden_process process;
    signal(SIGTERM, SIG_IGN);
    if (!spawn(client, "sleep", scene->report, &process))
        return 1;
    for (;;)
        nap(1000);
}

static const struct {
    const char *name;
    int (*play)(struct scene *scene, struct warden_client *client);
} scenes[] = {
    { "roles", scene_roles }, { "refused", scene_refused },   { "kill", scene_kill },
    { "dies", scene_dies },   { "hopeless", scene_hopeless }, { "stubborn", scene_stubborn },
    { "slot", scene_slot },   { "nursery", scene_nursery },
};

static int grader_main(int socket, void *at)
{
    struct scene *scene = at;
    struct warden_client *client = warden_client_open(socket);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        if (strcmp(scenes[i].name, scene->name) == 0)
            return scenes[i].play(scene, client);
    return 1;
}

static int web_main(int socket, void *at)
{
    struct scene *scene = at;
    char truth[PATH_MAX + 32];
    (void)socket;
    snprintf(truth, sizeof truth, "%s/private/truth", scene->house->course[0]);
    say_who(scene->report, "web ", truth);
    return 0;
}

/* holdout warden SCENE STAGE */
static int warden_main(char **argv)
{
    static struct house house;
    struct fault why = { .text = "" };
    char course[96], report[96];
    struct scene scene = { .name = argv[2], .stage = argv[3], .house = &house };
    snprintf(course, sizeof course, "%s/course", scene.stage);
    snprintf(report, sizeof report, "%s/report", scene.stage);
    scene.report = open(report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const struct house_course courses[] = { { course, NULL } };
    setenv("SECRET", "1", 1);
    if (!house_enter(&house, courses, 1, &why)) {
        fprintf(stderr, "%s\n", why.text);
        return 99;
    }
    scoped(fd) int dir = open(house.course[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct house_owner owner = { HOUSE_GRADER, HOUSE_GRADER, 0600 };
    if (!house_own(&house, dir, "private/truth", owner, &why))
        return 98;
    const struct house_owner marks = { HOUSE_GRADER, HOUSE_GRADER, 0700 };
    if (!dir_make(dir, "marks", 0700, &why) || !house_own(&house, dir, "marks", marks, &why))
        return 97;
    scene.marks = openat(dir, "marks", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct warden_child children[] = {
        { .name = "grader",
          .role = HOUSE_GRADER,
          .leads = true,
          .main = grader_main,
          .at = &scene },
        { .name = "web", .role = HOUSE_WEB, .main = web_main, .at = &scene },
    };
    struct warden warden = { .house = &house,
                             .children = children,
                             .child_count = strcmp(scene.name, "roles") == 0 ? 2 : 1,
                             .slots = 1 };
    int code = warden_run(&warden, &why);
    if (why.text[0])
        fprintf(stderr, "%s\n", why.text);
    return code;
}

/* ---- tests ---- */

static pid_t start(const struct stage *stage, const char *scene)
{
    char *argv[] = { "holdout", "warden", (char *)scene, (char *)stage->path, NULL };
    return stage_start(stage, argv);
}

/* Plays a scene; its report, and the exit code of the warden. */
static const char *play(struct arena *arena, const char *scene, bool root, int *code)
{
    struct stage stage;
    stage_open(&stage, root);
    *code = stage_wait(start(&stage, scene));
    const char *report = stage_read(arena, &stage, "report");
    stage_close(&stage);
    return report;
}

static void expect(const char *report, const char *wanted)
{
    if (!strstr(report, wanted))
        fail_msg("expected \"%s\" in:\n%s", wanted, report);
}

static void as_root_each_role_is_its_own_user_and_only_the_grader_reads_the_truth(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    scoped_arena arena = arena_open(NULL);
    int code;
    const char *report = play(arena, "roles", true, &code);
    assert_int_equal(code, 0);
    expect(report, "grader uid=61001 gid=61001 groups=3 nnp=1 truth=read");
    expect(report, "fetch open=2 session=1 env=clean "
                   "uid=61003 gid=61003 groups=0 nnp=1 truth=Permission denied");
    expect(report, "runner open=3 session=1 env=clean "
                   "uid=61002 gid=61002 groups=0 nnp=1 truth=Permission denied");
    expect(report, "web uid=61004 gid=61004 groups=0 nnp=1 truth=Permission denied");
}

static void as_an_ordinary_user_all_roles_are_that_user(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    int code;
    const char *report = play(arena, "roles", false, &code);
    uid_t uid = geteuid() == 0 ? NOBODY : geteuid();
    assert_int_equal(code, 0);
    expect(report, arena_print(arena, "grader uid=%u", uid));
    expect(report, arena_print(arena, "fetch open=2 session=1 env=clean uid=%u", uid));
    expect(report, arena_print(arena, "runner open=3 session=1 env=clean uid=%u", uid));
}

static void a_request_outside_the_table_is_refused(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    int code;
    const char *report = play(arena, "refused", geteuid() == 0, &code);
    assert_string_equal(report, "");
    assert_int_equal(code, 0);
}

static void helpers_end_by_request_and_tell_how(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    int code;
    play(arena, "kill", geteuid() == 0, &code);
    assert_int_equal(code, 0);
    play(arena, "kill", false, &code);
    assert_int_equal(code, 0);
}

static void a_slot_is_one_runners_at_a_time(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    int code;
    play(arena, "slot", geteuid() == 0, &code);
    assert_int_equal(code, 0);
    play(arena, "slot", false, &code);
    assert_int_equal(code, 0);
}

static void helpers_are_forked_by_one_process_until_one_crashes(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    int code;
    const char *report = play(arena, "nursery", geteuid() == 0, &code);
    if (code != 0)
        fail_msg("ended with %d:\n%s", code, report);
    play(arena, "nursery", false, &code);
    assert_int_equal(code, 0);
}

static void a_grader_that_dies_is_started_again_and_its_helpers_are_gone(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    int code;
    int64_t start_us = clock_mono_us();
    const char *report = play(arena, "dies", geteuid() == 0, &code);
    assert_int_equal(code, 0);
    assert_true(clock_mono_us() - start_us >= 600000); /* 0.2 s and 0.4 s */
    assert_string_equal(report, "first\nagain alone\nagain alone\n");
}

static void a_child_that_cannot_get_better_ends_the_warden(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    int code;
    assert_string_equal(play(arena, "hopeless", geteuid() == 0, &code), "once\n");
    assert_int_equal(code, 78);
}

static void two_signals_end_even_a_stubborn_child_and_its_helper(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    struct stage stage;
    const char *report = "";
    stage_open(&stage, geteuid() == 0);
    pid_t warden = start(&stage, "stubborn");
    for (int i = 0; i < 500 && !strchr(report, '\n'); i++) {
        nap(10);
        report = stage_read(arena, &stage, "report");
    }
    pid_t helper = (pid_t)strtol(report, NULL, 10);
    assert_true(helper > 1);
    assert_int_equal(kill(helper, 0), 0);
    kill(warden, SIGTERM);
    nap(100);
    assert_int_equal(waitpid(warden, NULL, WNOHANG), 0);
    kill(warden, SIGTERM);
    assert_int_equal(stage_wait(warden), 0);
    assert_int_equal(kill(helper, 0), -1);
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    if (argc > 3 && strcmp(argv[1], "nursery") == 0)
        return nursery_serve(argc, argv, helper_find);
    if (argc > 3 && strcmp(argv[1], "warden") == 0)
        return warden_main(argv);
    if (argc > 2 && (strcmp(argv[1], "fetch-one") == 0 || strcmp(argv[1], "grade-one") == 0))
        return helper_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_root_each_role_is_its_own_user_and_only_the_grader_reads_the_truth),
        cmocka_unit_test(as_an_ordinary_user_all_roles_are_that_user),
        cmocka_unit_test(a_request_outside_the_table_is_refused),
        cmocka_unit_test(helpers_end_by_request_and_tell_how),
        cmocka_unit_test(a_slot_is_one_runners_at_a_time),
        cmocka_unit_test(helpers_are_forked_by_one_process_until_one_crashes),
        cmocka_unit_test(a_grader_that_dies_is_started_again_and_its_helpers_are_gone),
        cmocka_unit_test(a_child_that_cannot_get_better_ends_the_warden),
        cmocka_unit_test(two_signals_end_even_a_stubborn_child_and_its_helper),
    };
    return cmocka_run_group_tests_name("warden", tests, NULL, NULL);
}
