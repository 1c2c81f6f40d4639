/* Fetching over https and ssh from servers on loopback, honest and hostile ones. */
#include "tests/grader/source/servers.h"
#include <signal.h>
#include <time.h>

static void put_secret(struct repos *at, const char *name, const char *text)
{
    struct fault why;
    assert_true(
        file_save(at->fd, arena_print(at->arena, "secrets/%s", name), str_of(text), 0600, &why));
}

static void https_fetches_looks_again_and_keeps_to_its_authority(void **state)
{
    struct repos *at = *state;
    const char *head = repos_team(at);
    make_certificate(at);
    struct server server = start(at, "git");
    struct fetch_request request = request_for(at, &server, "https");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_string_equal(fetch_find(&result, S("main"))->id, head);
    head = repos_sh(at, "cd work; git commit -q --allow-empty -m more; "
                        "git push -q origin main; git rev-parse HEAD");
    request.want = head;
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(result.change_count, 1);
    assert_int_equal(result.changes[0].kind, FETCH_MOVED);
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(result.change_count, 0);
    repos_sh(at, "rm secrets/ca.pem; echo");
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "certificate of localhost was not valid");
    stop(&server);
}

static void a_private_address_is_refused_unless_the_course_allows_it(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    make_certificate(at);
    struct server server = start(at, "git");
    struct fetch_request request = request_for(at, &server, "https");
    request.allow_private = false;
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_REFUSED);
    assert_holds(result.text.at, "git.allow_private");
    stop(&server);
}

static void redirects_are_not_followed(void **state)
{
    struct repos *at = *state;
    repos_team(at); /* where the redirect leads: it would work */
    make_certificate(at);
    static const char *const modes[] = { "redirect", "elsewhere" };
    for (size_t i = 0; i < 2; i++) {
        struct server server = start(at, modes[i]);
        struct fetch_request request = request_for(at, &server, "https");
        struct fetch_result result = repos_fetch(at, &request);
        assert_state(result, FETCH_REFUSED);
        assert_holds(result.text.at, "redirect");
        assert_string_equal(repos_sh(at, "find mirror/objects mirror/refs -type f | wc -l"), "0");
        stop(&server);
    }
}

static void a_token_opens_a_private_repository_and_is_never_repeated(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    make_certificate(at);
    struct server server = start(at, "token");
    struct fetch_request request = request_for(at, &server, "https");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "asked for a login and none was there");
    put_secret(at, "token", "robot:wr0ng\n");
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "refused the token");
    assert_null(strstr(result.text.at, "wr0ng"));
    put_secret(at, "token", "robot:t0ken\n");
    assert_state(repos_fetch(at, &request), FETCH_OK);
    assert_string_equal(repos_sh(at, "grep -rl t0ken mirror | wc -l"), "0");
    stop(&server);
}

static void a_missing_repository_is_said_to_be_missing_or_closed(void **state)
{
    struct repos *at = *state;
    make_certificate(at);
    struct server server = start(at, "git");
    struct fetch_request request = request_for(at, &server, "https");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "not there, or closed to us");
    stop(&server);
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_UNREACHABLE);
    assert_holds(result.text.at, "Connection refused");
}

static void hostile_servers_cost_no_more_than_their_time(void **state)
{
    static const struct {
        const char *mode, *scheme, *says;
        int deadline_ms, idle_ms;
    } cases[] = {
        { "stall", "https", "silent", 10000, 300 },
        { "stall", "https", "no complete answer within 0.5 seconds", 500, 20000 },
        { "stall", "ssh", "no complete answer within 0.5 seconds", 500, 20000 },
        { "garbage", "https", "", 5000, 1000 },
        { "endless", "https", "", 2000, 1000 },
    };
    struct repos *at = *state;
    make_certificate(at);
    put_secret(at, "key", "x");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server server = start(at, cases[i].mode);
        struct fetch_request request = request_for(at, &server, cases[i].scheme);
        request.deadline_ms = cases[i].deadline_ms;
        request.idle_ms = cases[i].idle_ms;
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        struct fetch_result result = repos_fetch(at, &request);
        clock_gettime(CLOCK_MONOTONIC, &to);
        int64_t took_ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
        assert_state(result, FETCH_UNREACHABLE);
        assert_true(result.text.len > 0);
        assert_holds(result.text.at, cases[i].says);
        assert_true(took_ms < cases[i].deadline_ms + 1500);
        stop(&server);
    }
}

static void ssh_fetches_with_a_deploy_key_from_a_known_host_only(void **state)
{
    struct repos *at = *state;
    const char *head = repos_team(at);
    repos_sh(at, "mkdir secrets; ssh-keygen -q -t ed25519 -N '' -f host_key; "
                 "ssh-keygen -q -t ed25519 -N '' -f key; "
                 "ssh-keygen -q -t ed25519 -N '' -f other; echo");
    struct server server = start(at, "ssh");
    struct fetch_request request = request_for(at, &server, "ssh");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "is not in secrets/grader/localhost/known_hosts");
    assert_holds(result.text.at, repos_sh(at, "ssh-keygen -lf host_key.pub | cut -d' ' -f2"));
    repos_sh(at,
             "echo \"localhost $(cat host_key.pub)\" > secrets/known_hosts; cp key secrets/; echo");
    assert_state(repos_fetch(at, &request), FETCH_DENIED); /* that line is for port 22 */
    repos_sh(at, "echo \"[localhost]:%d $(cat other.pub)\" > secrets/known_hosts; echo",
             server.port);
    assert_state(repos_fetch(at, &request), FETCH_DENIED);
    repos_sh(at,
             "rm secrets/key; printf '# c\\n\\nx,[localhost]:%d %%s\\n' \"$(cat host_key.pub)\" "
             "> secrets/known_hosts; echo",
             server.port);
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "asked for a login and none was there");
    repos_sh(at, "cp other secrets/key; echo");
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "refused the key");
    repos_sh(at, "cp key secrets/key; echo");
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_string_equal(fetch_find(&result, S("main"))->id, head);
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(result.change_count, 0);
    repos_sh(at,
             "echo \"@revoked [localhost]:%d $(cat host_key.pub)\" >> secrets/known_hosts; echo",
             server.port);
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_DENIED);
    assert_holds(result.text.at, "is revoked");
    stop(&server);
}

int main(int argc, char **argv)
{
    int code;
    if (repos_main(argc, argv, &code))
        return code;
    signal(SIGPIPE, SIG_IGN);
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(https_fetches_looks_again_and_keeps_to_its_authority),
        TEST(a_private_address_is_refused_unless_the_course_allows_it),
        TEST(redirects_are_not_followed),
        TEST(a_token_opens_a_private_repository_and_is_never_repeated),
        TEST(a_missing_repository_is_said_to_be_missing_or_closed),
        TEST(hostile_servers_cost_no_more_than_their_time),
        TEST(ssh_fetches_with_a_deploy_key_from_a_known_host_only),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
