/* Fetching from repositories on this machine: what changes, what is refused, what a mirror never loses. */
#include "tests/grader/source/repos.h"

static void a_first_fetch_gives_branches_and_tags(void **state)
{
    struct repos *at = *state;
    const char *head = repos_team(at);
    repos_sh(at,
             "cd work; git tag light; git tag -am x submit/first; git push -q --tags origin; echo");
    struct fetch_request request = repos_request(at, "team.git");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(result.refs.count, 3);
    assert_int_equal(result.change_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(result.refs.at[i].id, head);
    assert_non_null(fetch_find(&result, S("main")));
    assert_non_null(fetch_find(&result, S("submit/first")));
    assert_non_null(fetch_find(&result, str_of(head)));
    assert_null(fetch_find(&result, S("other")));
}

int main(int argc, char **argv)
{
    int code;
    if (repos_main(argc, argv, &code))
        return code;
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_first_fetch_gives_branches_and_tags),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
