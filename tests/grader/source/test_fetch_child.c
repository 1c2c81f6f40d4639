/* The inside of the fetch process: what it can still reach once confined, known hosts, and the
 * words with its parent. */
#include "tests/grader/source/repos.h"
#include "grader/source/fetch_child.h"
#include "grader/source/fetch_words.h"
#include <arpa/inet.h>
#include <errno.h>
#include <sys/wait.h>

static int in_child(int (*look)(struct repos *), struct repos *at)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(look(at));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static bool denied(int dir, const char *path, int flags)
{
    int fd = openat(dir, path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == EACCES;
}

static bool opens(int dir, const char *path, int flags)
{
    int fd = openat(dir, path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int tcp_error(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    scoped(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? 0 : errno;
}

#define EXPECT(what)                                                                               \
    if (!(what))                                                                                   \
    return __LINE__ % 100 + 1

static int look_from_a_local_fetch(struct repos *at)
{
    struct fetch_request request = repos_request(at, "team.git");
    struct fault why;
    request.most_bytes = 1 << 20;
    EXPECT(fetch_room_enter(&request, &why));
    EXPECT(opens(request.repository, "HEAD", O_RDONLY));
    EXPECT(denied(request.repository, "HEAD", O_WRONLY));
    EXPECT(denied(request.repository, "refs/heads/leads-out", O_RDONLY));
    EXPECT(opens(request.mirror, "new", O_RDWR | O_CREAT));
    EXPECT(denied(at->fd, "private", O_RDONLY)); /* beside the mirror: another team, or the truth */
    EXPECT(denied(AT_FDCWD, "/etc/passwd", O_RDONLY));
    EXPECT(denied(AT_FDCWD, "/etc/hosts", O_RDONLY));
    EXPECT(tcp_error(443) == EACCES);
    EXPECT(execl("/bin/true", "true", NULL) != 0 && errno == EACCES);
    EXPECT(chroot("/") != 0 && errno == EPERM); /* no capability is left */
    int fd = openat(request.mirror, "big", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    EXPECT(ftruncate(fd, 64 << 20) != 0 && errno == EFBIG);
    return 0;
}

static int look_from_a_remote_fetch(struct repos *at)
{
    struct fetch_request request = repos_request(at, "team.git");
    struct fault why;
    request.most_bytes = 1 << 20;
    request.repository = -1;
    EXPECT(address_parse(at->arena, S("https://localhost:9/a"), &request.address, &why));
    EXPECT(fetch_room_enter(&request, &why));
    EXPECT(denied(at->fd, "private", O_RDONLY));
    EXPECT(denied(at->fd, "team.git/HEAD", O_RDONLY));
    EXPECT(denied(AT_FDCWD, "/etc/passwd", O_RDONLY));
    EXPECT(denied(AT_FDCWD, "/etc/shadow", O_RDONLY));
    EXPECT(opens(AT_FDCWD, "/etc/hosts", O_RDONLY));
    EXPECT(tcp_error(9) == ECONNREFUSED);
    EXPECT(tcp_error(10) == EACCES);
    return 0;
}

static int look_from_a_snapshot(struct repos *at)
{
    struct fetch_request request = repos_request(at, "team.git");
    struct fault why;
    EXPECT(fetch_room_enter_reading(request.repository, 1000, &why));
    EXPECT(opens(request.repository, "HEAD", O_RDONLY));
    EXPECT(denied(request.repository, "HEAD", O_WRONLY));
    EXPECT(denied(request.mirror, "new", O_RDWR | O_CREAT));
    EXPECT(denied(at->fd, "private", O_RDONLY));
    EXPECT(denied(AT_FDCWD, "/etc/hosts", O_RDONLY));
    EXPECT(tcp_error(443) == EACCES);
    return 0;
}

static void a_confined_fetch_reaches_its_repository_and_its_mirror_only(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    repos_sh(at, "echo truth > private; ln -s /etc/passwd team.git/refs/heads/leads-out; echo");
    assert_int_equal(in_child(look_from_a_local_fetch, at), 0);
    assert_int_equal(in_child(look_from_a_remote_fetch, at), 0);
    assert_int_equal(in_child(look_from_a_snapshot, at), 0);
}

static void known_hosts_are_matched_by_name_port_and_key(void **state)
{
    static const struct {
        const char *known, *host;
        uint16_t port;
        bool good, revoked;
    } cases[] = {
        { "h ssh-ed25519 a2V5\n", "h", 22, true, false },
        { "h ssh-ed25519 a2V5 comment", "h", 22, true, false },
        { "# x\n\n  h\tssh-ed25519\ta2V5\r\n", "h", 22, true, false },
        { "a,h,b ssh-ed25519 a2V5\n", "h", 22, true, false },
        { "[h]:22 ssh-ed25519 a2V5\n", "h", 22, true, false },
        { "[h]:2222 ssh-ed25519 a2V5\n", "h", 2222, true, false },
        { "h ssh-rsa b3RoZXI=\nh ssh-ed25519 a2V5\n", "h", 22, true, false },
        { "h ssh-ed25519 a2V5\n", "h", 2222, false, false },
        { "[h]:2222 ssh-ed25519 a2V5\n", "h", 22, false, false },
        { "g ssh-ed25519 a2V5\n", "h", 22, false, false },
        { "h ssh-ed25519 b3RoZXI=\n", "h", 22, false, false },
        { "#h ssh-ed25519 a2V5\n", "h", 22, false, false },
        { "* ssh-ed25519 a2V5\n", "h", 22, false, false },
        { "h ssh-ed25519 a2V5x\n", "h", 22, false, false },
        { "h ssh-ed25519\n", "h", 22, false, false },
        { "h\n", "h", 22, false, false },
        { "", "h", 22, false, false },
        { "@cert-authority h ssh-ed25519 a2V5\n", "h", 22, false, false },
        { "@revoked h ssh-ed25519 a2V5\nh ssh-ed25519 a2V5\n", "h", 22, false, true },
    };
    struct repos *at = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address = { .host = str_of(cases[i].host), .port = cases[i].port };
        bool revoked;
        bool good =
            fetch_known_host(at->arena, str_of(cases[i].known), &address, S("key"), &revoked);
        if (good != cases[i].good || revoked != cases[i].revoked)
            fail_msg("known_hosts \"%s\": %d, %d", cases[i].known, good, revoked);
    }
}

#define ID "0123456789abcdef0123456789abcdef01234567"
#define REF(name) "{\"name\":\"" name "\",\"commit\":\"" ID "\"}"
#define RESULT(state, refs, changes)                                                               \
    "{\"state\":\"" state "\",\"text\":\"t\",\"refs\":[" refs "],\"changes\":[" changes "]}"

static void a_result_is_believed_only_when_all_of_it_is_well_formed(void **state)
{
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        RESULT("fine", "", ""),
        RESULT("ok", "1", ""),
        RESULT("ok", "{\"name\":\"refs/heads/a\",\"commit\":\"0123\"}", ""),
        RESULT("ok",
               "{\"name\":\"refs/heads/a\",\"commit\":\""
               "0123456789ABCDEF0123456789abcdef01234567"
               "\"}",
               ""),
        RESULT("ok", REF("HEAD"), ""),
        RESULT("ok", REF("refs/remotes/a"), ""),
        RESULT("ok", REF("refs/heads/"), ""),
        RESULT("ok", REF("refs/heads/a/../b"), ""),
        RESULT("ok", REF("refs/heads//a"), ""),
        RESULT("ok", REF("refs/heads/.a"), ""),
        RESULT("ok", REF("refs/heads/a."), ""),
        RESULT("ok", REF("refs/heads/a/"), ""),
        RESULT("ok", REF("refs/heads/a b"), ""),
        RESULT("ok", REF("refs/heads/a\\u0007"), ""),
        RESULT("ok", REF("refs/heads/a~1"), ""),
        RESULT("ok", REF("refs/heads/a@{1"), ""),
        RESULT("ok", REF("refs/heads/a") "," REF("refs/heads/a"), ""),
        RESULT("ok", REF("refs/heads/b") "," REF("refs/heads/a"), ""),
        RESULT("ok", "", "{\"kind\":\"odd\",\"name\":\"refs/heads/a\"}"),
        RESULT("ok", "", "{\"kind\":\"new\",\"name\":\"a\"}"),
        RESULT("ok", "", "{\"kind\":\"new\",\"name\":\"refs/heads/a\",\"to\":\"x\"}"),
        "{\"state\":\"ok\",\"refs\":{},\"changes\":[]}",
        RESULT("ok", "", "") "x",
        "{\"fault\":\"the disk was full\",\"passing\":true}",
    };
    struct repos *at = *state;
    struct fetch_result result;
    struct fault why;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (fetch_result_parse(at->arena, str_of(wrong[i]), &result, &why) || result.refs.count)
            fail_msg("believed: %s", wrong[i]);
    assert_int_equal(why.blame, BLAME_PASSING);
    assert_holds(why.text, "the disk was full");
    struct text long_list = { .arena = at->arena };
    text_add(&long_list, S("{\"state\":\"ok\",\"text\":\"\",\"changes\":[],\"refs\":["));
    for (int i = 0; i <= FETCH_REFS_MOST; i++)
        text_print(&long_list, "%s{\"name\":\"refs/heads/b%05d\",\"commit\":\"" ID "\"}",
                   i ? "," : "", i);
    text_add(&long_list, S("]}"));
    assert_false(fetch_result_parse(at->arena, text_str(&long_list), &result, &why));
    assert_true(fetch_result_parse(
        at->arena, S(RESULT("ok", REF("refs/heads/a") "," REF("refs/tags/submit/first"), "")),
        &result, &why));
    assert_int_equal(result.refs.count, 2);
    assert_true(fetch_result_parse(
        at->arena,
        S("{\"state\":\"denied\",\"text\":\"a\\u0007\\u001b[2Jb\",\"refs\":[],\"changes\":[]}"),
        &result, &why));
    assert_true(str_is(result.text, "a??[2Jb"));
}

static void a_request_reads_back_as_it_was(void **state)
{
    struct repos *at = *state;
    struct fetch_request out, request = { .allow_private = true,
                                          .look_only = true,
                                          .want = ID,
                                          .most_bytes = 1ull << 33,
                                          .deadline_ms = 7,
                                          .idle_ms = 8 };
    struct fault why;
    assert_true(address_parse(at->arena, S("git@H:a/b.git"), &request.address, &why));
    assert_true(
        fetch_request_parse(at->arena, fetch_request_print(at->arena, &request), &out, &why));
    assert_true(str_equal(out.address.text, request.address.text));
    assert_true(out.allow_private && out.look_only);
    assert_string_equal(out.want, ID);
    assert_int_equal(out.most_bytes, request.most_bytes);
    assert_int_equal(out.deadline_ms, 7);
    assert_int_equal(out.idle_ms, 8);
}

int main(int argc, char **argv)
{
    int code;
    if (repos_main(argc, argv, &code))
        return code;
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_confined_fetch_reaches_its_repository_and_its_mirror_only),
        TEST(known_hosts_are_matched_by_name_port_and_key),
        TEST(a_result_is_believed_only_when_all_of_it_is_well_formed),
        TEST(a_request_reads_back_as_it_was),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
