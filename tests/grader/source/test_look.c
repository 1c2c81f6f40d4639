/* Looking at all repositories of a host: what moved, what does not answer, and what is silent. */
#include "grader/source/look.h"
#include "tests/grader/source/servers.h"
#include <signal.h>

static struct look_item item(struct repos *at, const char *url)
{
    struct look_item item = { .looked = false };
    struct fault why = { .text = "" };
    if (!address_parse(at->arena, str_of(url), &item.address, &why))
        fail_msg("%s", why.text);
    return item;
}

static void look(struct repos *at, struct look_item *items, size_t count, int secrets, int local)
{
    struct fault why = { .text = "" };
    struct look_request request = { .items = items,
                                    .count = count,
                                    .secrets = secrets,
                                    .local = local,
                                    .local_path = str_of(at->dir),
                                    .allow_private = true,
                                    .idle_ms = 2000,
                                    .deadline_ms = 10000 };
    if (!look_run(&request, at->arena, &why))
        fail_msg("%s", why.text);
}

static void a_look_by_path_sees_what_a_fetch_sees(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    struct look_item items[2] = { item(at, arena_print(at->arena, "file://%s/team.git", at->dir)),
                                  item(at, arena_print(at->arena, "file://%s/gone.git", at->dir)) };
    char first[SHA256_HEX];
    look(at, items, 2, -1, at->fd);
    assert_true(items[0].looked && items[1].looked);
    assert_int_equal(items[0].state, FETCH_OK);
    assert_int_equal(items[1].state, FETCH_UNREACHABLE);
    memcpy(first, items[0].seen, sizeof first);
    assert_int_equal(strlen(first), 64);
    repos_sh(at, "cd work; git tag -a v1 -m one; git push -q origin v1; echo");
    look(at, items, 2, -1, at->fd);
    assert_string_not_equal(items[0].seen, first);
    memcpy(first, items[0].seen, sizeof first);
    repos_sh(at, "git -C team.git pack-refs --all; echo"); /* the same, stored otherwise */
    look(at, items, 2, -1, at->fd);
    assert_string_equal(items[0].seen, first);
    repos_sh(at,
             "cd work; git commit -q --allow-empty -m more; git push -q origin HEAD:main; echo");
    look(at, items, 2, -1, at->fd); /* loose beside packed */
    assert_string_not_equal(items[0].seen, first);
}

static void a_look_over_https_sees_what_a_fetch_sees(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    make_certificate(at);
    repos_sh(at, "cd work; git tag -a v1 -m one; git push -q origin v1; echo");
    struct server server = start(at, "git");
    struct fetch_request request = request_for(at, &server, "https");
    struct fetch_result fetched = repos_fetch(at, &request);
    assert_int_equal(fetched.state, FETCH_OK);
    const char *base = arena_print(at->arena, "https://localhost:%d", server.port);
    struct look_item items[3] = { item(at, arena_print(at->arena, "%s/team.git", base)),
                                  item(at, arena_print(at->arena, "%s/none.git", base)),
                                  item(at, arena_print(at->arena, "%s/team.git", base)) };
    look(at, items, 3, request.secrets, -1);
    assert_int_equal(items[0].state, FETCH_OK);
    assert_string_equal(items[0].seen, fetched.seen);
    assert_int_equal(items[1].state, FETCH_DENIED);
    assert_string_equal(items[2].seen, fetched.seen);
    items[0] = item(at, arena_print(at->arena, "file://%s/team.git", at->dir));
    look(at, items, 1, -1, at->fd);
    assert_string_equal(items[0].seen, fetched.seen);
    stop(&server);
}

static void a_redirect_is_refused_and_nonsense_is_none_of_git(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    make_certificate(at);
    static const char *const modes[] = { "redirect", "garbage", "token" };
    static const enum fetch_state states[] = { FETCH_REFUSED, FETCH_REFUSED, FETCH_DENIED };
    for (size_t i = 0; i < 3; i++) {
        struct server server = start(at, modes[i]);
        struct fetch_request request = request_for(at, &server, "https");
        struct look_item one =
            item(at, arena_print(at->arena, "https://localhost:%d/team.git", server.port));
        look(at, &one, 1, request.secrets, -1);
        assert_int_equal(one.state, states[i]);
        assert_int_equal(one.seen[0], 0);
        stop(&server);
    }
}

static void a_silent_server_ends_the_look(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    make_certificate(at);
    struct server server = start(at, "stall");
    struct fetch_request request = request_for(at, &server, "https");
    const char *url = arena_print(at->arena, "https://localhost:%d/team.git", server.port);
    struct look_item items[2] = { item(at, url), item(at, url) };
    look(at, items, 2, request.secrets, -1);
    assert_true(items[0].looked);
    assert_int_equal(items[0].state, FETCH_UNREACHABLE);
    assert_false(items[1].looked);
    stop(&server);
}

static void lists_of_branches_are_held_to_their_form(void **state)
{
    struct repos *at = *state;
#define ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    static const struct {
        const char *bytes;
        size_t count; /* 9: refused */
    } rows[] = {
        { "001e# service=git-upload-pack\n0000003d" ID " refs/heads/main\n0000", 1 },
        { "001e# service=git-upload-pack\n0000003d" ID " refs/heads/main\n", 9 },
        { "003d" ID " refs/heads/main\n0000", 9 },
        { "001e# service=git-upload-pack\n0000", 9 },
        { "001e# service=git-upload-pack\n00000000", 0 },
        { "001e# service=git-upload-pack\n0000ffff", 9 },
        { "001e# service=git-upload-pack\n00000008none0000", 9 },
        { "", 9 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct git_refs refs = { .count = 0 };
        struct fault why = { .text = "" };
        bool ok = look_refs_parse(at->arena, str_of(rows[i].bytes), &refs, &why);
        if (ok != (rows[i].count != 9) || (ok && refs.count != rows[i].count))
            fail_msg("row %zu: %s %zu", i, ok ? "taken" : why.text, refs.count);
    }
}

int main(int argc, char **argv)
{
    int code;
    if (repos_main(argc, argv, &code))
        return code;
    signal(SIGPIPE, SIG_IGN);
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_look_by_path_sees_what_a_fetch_sees),
        TEST(a_look_over_https_sees_what_a_fetch_sees),
        TEST(a_redirect_is_refused_and_nonsense_is_none_of_git),
        TEST(a_silent_server_ends_the_look),
        TEST(lists_of_branches_are_held_to_their_form),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
