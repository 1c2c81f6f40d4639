/* A snapshot by a process of its own: what the parent believes of what the child says. */
#include "tests/grader/source/repos.h"
#include "grader/source/snapshot_apart.h"
#include "grader/source/snapshot_words.h"
#include <sys/syscall.h>
#include <sys/wait.h>

static bool keep(void *at, struct str bytes, char sha256[SHA256_HEX], struct fault *why)
{
    (void)why;
    sha256_of(bytes, sha256);
    ++*(int *)at;
    return true;
}

#define BLOB "0123456789abcdef0123456789abcdef01234567"
#define SHA "{\"tree\":\"" BLOB "\",\"problem_count\":0,\"problems\":[],\"files\":["
#define FILE_OF(path, mode, bytes)                                                                 \
    "{\"path\":\"" path "\",\"mode\":" mode ",\"bytes\":" bytes ",\"blob\":\"" BLOB "\"}"

static void a_manifest_is_believed_only_when_all_of_it_is_well_formed(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "{}",
        "[]",
        SHA FILE_OF("../a", "420", "1") "]}",
        SHA FILE_OF("/etc/passwd", "420", "1") "]}",
        SHA FILE_OF("a//b", "420", "1") "]}",
        SHA FILE_OF("a/.git/config", "420", "1") "]}",
        SHA FILE_OF("a\\u0000b", "420", "1") "]}",
        SHA FILE_OF("", "420", "1") "]}",
        SHA FILE_OF("a", "511", "1") "]}",
        SHA FILE_OF("a", "2541", "1") "]}",
        SHA FILE_OF("a", "420", "-1") "]}",
        SHA FILE_OF("a", "420", "101") "]}",
        SHA FILE_OF("a", "420", "9223372036854775807") "]}",
        SHA FILE_OF("a", "420", "60") "," FILE_OF("b", "420", "60") "]}",
        SHA FILE_OF("a", "420", "1") "," FILE_OF("a", "420", "1") "]}",
        SHA FILE_OF("b", "420", "1") "," FILE_OF("a", "420", "1") "]}",
        SHA FILE_OF("a", "420", "1") "," FILE_OF("b", "420", "1") "," FILE_OF("c", "420", "1") "]}",
        "{\"tree\":\"" BLOB "\",\"problem_count\":1,\"problems\":[],\"files\":[]}",
        "{\"tree\":\"" BLOB "\",\"problem_count\":1,\"problems\":[1],\"files\":[]}",
        "{\"tree\":\"x\",\"problem_count\":0,\"problems\":[],\"files\":[]}",
    };
    struct repos *at = *state;
    struct snapshot_limits limits = { .entries = 2, .file_bytes = 100, .bytes_total = 100 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct snapshot got = { .count = 0 };
        struct fault why;
        if (snapshot_manifest_parse(at->arena, str_of(wrong[i]), &limits, &got, &why) || got.count)
            fail_msg("believed: %s", wrong[i]);
        assert_int_equal(why.blame, BLAME_SYSTEM);
    }
    struct snapshot got = { .count = 0 };
    struct fault why;
    const char *good = SHA FILE_OF("a", "420", "60") "," FILE_OF("b/c", "493", "40") "]}";
    assert_true(snapshot_manifest_parse(at->arena, str_of(good), &limits, &got, &why));
    assert_int_equal(got.count, 2);
}

/* A child that lies: it says this and ends, or stays. */
static int start_liar(void *at, const int fds[FETCH_FDS], struct fault *why)
{
    (void)why;
    pid_t pid = fork();
    if (pid == 0) {
        const char *text = at;
        (void)!write(fds[FETCH_RESULT], text, strlen(text));
        if (!*text)
            sleep(100);
        _exit(0);
    }
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void a_child_that_lies_or_stalls_is_our_fault_and_never_a_snapshot(void **state)
{
    static const struct {
        const char *said, *says;
        enum blame blame;
    } cases[] = {
        { "", "was not done within", BLAME_PASSING },
        { "x\n", "gave no manifest", BLAME_SYSTEM },
        { "999999999999999999", "gave no manifest", BLAME_SYSTEM },
        { "99999999999\n", "gave no manifest", BLAME_SYSTEM },
        { "-1\n", "gave no manifest", BLAME_SYSTEM },
        { "5\n{}", "ended too early", BLAME_SYSTEM },
        { "2\n{}", "malformed manifest", BLAME_SYSTEM },
    };
    struct repos *at = *state;
    const char *commit = repos_team(at);
    struct fault ignored;
    scoped(fd) int mirror = dir_open(at->fd, "team.git", &ignored);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int kept = 0;
        struct snapshot_apart how = { .mirror = mirror,
                                      .put = { keep, &kept },
                                      .deadline_ms = 200,
                                      .spawn = { start_liar, (void *)cases[i].said } };
        struct snapshot got;
        struct fault why;
        assert_false(snapshot_take_apart(at->arena, &how, commit, &got, &why));
        assert_int_equal(got.problem_count, 0);
        assert_int_equal(kept, 0);
        assert_int_equal(why.blame, cases[i].blame);
        assert_holds(why.text, cases[i].says);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_manifest_is_believed_only_when_all_of_it_is_well_formed),
        TEST(a_child_that_lies_or_stalls_is_our_fault_and_never_a_snapshot),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
