/* What the process that faces the network may open once it is confined, and what of the truth. */
#include "tests/web/fixture.h"
#include "web/confine.h"
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What the child found, as bits of its exit code. */
enum {
    READS_STORE = 1,
    SEES_CHANGES = 2,
    READS_TRUTH = 4,
    READS_SECRET = 8,
    WRITES = 16,
    CONNECTS = 32,
    UNCONFINED = 64,
};

static bool can_open(const char *path, int flags)
{
    scoped(fd) int file = open(path, flags | O_CLOEXEC, 0600);
    return file >= 0;
}

static bool can_connect(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = port,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    scoped(fd) int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(peer, (struct sockaddr *)&to, sizeof to) == 0;
}

static uint16_t listen_somewhere(int *peer)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof at;
    *peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*peer, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(*peer, 5), 0);
    assert_int_equal(getsockname(*peer, (struct sockaddr *)&at, &size), 0);
    return at.sin_port;
}

static bool reads_store(struct fixture *f, struct view *view, const char *title)
{
    struct view_course course;
    return view && view_course(view, f->arena, &course, NULL) && str_is(course.title, title);
}

/* to: a pipe that says when the store has been changed; from: tells that the first look is done. */
static int look(struct fixture *f, uint16_t port, int to, int from)
{
    const char *dirs[] = { f->dir };
    bool in_force;
    int found = 0;
    char word = 0;
    if (!web_confine(dirs, NULL, 1, &in_force, NULL) || !in_force)
        found |= UNCONFINED;
    struct view *view = view_open(f->state, NULL);
    found |= reads_store(f, view, "Architecting for ML") ? READS_STORE : 0;
    int64_t version = view ? view_changed(view) : 0;
    found |= can_open(arena_print(f->arena, "%s/private/credit/solution.csv", f->dir), O_RDONLY) ||
                     can_open(arena_print(f->arena, "%s/sealed/truth", f->state), O_RDONLY)
                 ? READS_TRUTH
                 : 0;
    found |= can_open(arena_print(f->arena, "%s/secrets", f->dir), O_RDONLY) ||
                     can_open("/etc/passwd", O_RDONLY)
                 ? READS_SECRET
                 : 0;
    found |= can_open(f->path, O_RDWR) ||
                     can_open(arena_print(f->arena, "%s/new", f->state), O_WRONLY | O_CREAT)
                 ? WRITES
                 : 0;
    found |= can_connect(port) ? CONNECTS : 0;
    if (write(from, &word, 1) != 1 || read(to, &word, 1) != 1)
        return 0;
    if (view && view_changed(view) != version && reads_store(f, view, "Changed"))
        found |= SEES_CHANGES;
    return found;
}

static void put_file(struct fixture *f, const char *dir, const char *name)
{
    assert_true(dir_make(AT_FDCWD, arena_print(f->arena, "%s/%s", f->dir, dir), 0755, NULL));
    assert_true(file_save(AT_FDCWD, arena_print(f->arena, "%s/%s/%s", f->dir, dir, name), S("x\n"),
                          0644, NULL));
}

static bool landlock_is_there(void)
{
    bool in_force = false;
    const char *dirs[] = { "/nonexistent" };
    pid_t child = fork();
    if (child == 0)
        _exit(web_confine(dirs, NULL, 1, &in_force, NULL) && in_force ? 0 : 1);
    int status;
    waitpid(child, &status, 0);
    return status == 0;
}

static void a_confined_worker_reads_the_store_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    if (!landlock_is_there())
        skip();
    put_file(f, "private/credit", "solution.csv");
    put_file(f, "state/sealed", "truth");
    put_file(f, "secrets", "token");
    scoped(fd) int peer;
    uint16_t port = listen_somewhere(&peer);
    assert_true(can_connect(port)); /* all of it works while unconfined */
    assert_true(can_open(arena_print(f->arena, "%s/sealed/truth", f->state), O_RDONLY));
    int to[2], from[2], status;
    char word = 0;
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(look(f, port, to[0], from[1]));
    assert_int_equal(read(from[0], &word, 1), 1);
    fixture_sql(f, "UPDATE meta SET value = json_set(value, '$.title', 'Changed')"
                   " WHERE name = 'course'");
    assert_int_equal(write(to[1], &word, 1), 1);
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), READS_STORE | SEES_CHANGES);
}

static void a_store_is_read_after_its_writer_has_gone(void **state)
{
    struct fixture *f = *state;
    if (!landlock_is_there())
        skip();
    db_close(f->db);
    f->db = NULL;
    pid_t child = fork();
    if (child == 0) {
        const char *dirs[] = { f->dir };
        bool in_force;
        web_confine(dirs, NULL, 1, &in_force, NULL);
        struct fault why = { 0 };
        struct view *view = view_open(f->state, &why);
        if (!view)
            fprintf(stderr, "# %s\n", why.text);
        _exit(reads_store(f, view, "Architecting for ML") ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void another_uid_reads_a_store_whose_parents_are_closed_to_it(void **state)
{
    struct fixture *f = *state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(f->dir, 0700), 0);
    pid_t child = fork();
    if (child == 0) {
        int dir = open(f->state, O_RDONLY | O_DIRECTORY);
        if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
            _exit(2);
        if (can_open(f->path, O_RDONLY))
            _exit(3);
        struct view *view = view_open(arena_print(f->arena, "/proc/self/fd/%d", dir), NULL);
        _exit(reads_store(f, view, "Architecting for ML") ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_confined_worker_reads_the_store_and_nothing_else),
        with_fixture(a_store_is_read_after_its_writer_has_gone),
        with_fixture(another_uid_reads_a_store_whose_parents_are_closed_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
