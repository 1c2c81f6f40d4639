/* Fetching from repositories on this machine: what changes, what is refused, what a mirror never
 * loses. */
#include "tests/grader/source/repos.h"
#include <grp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static const struct fetch_change *change_of(const struct fetch_result *result, const char *name)
{
    for (size_t i = 0; i < result->change_count; i++)
        if (str_is(result->changes[i].name, name))
            return &result->changes[i];
    fail_msg("%s did not change", name);
    return NULL;
}

static const char *said(struct repos *at, const struct fetch_result *result, const char *name)
{
    return fetch_change_print(at->arena, change_of(result, name)).at;
}

static void a_first_fetch_gives_branches_and_tags(void **state)
{
    struct repos *at = *state;
    const char *head = repos_team(at);
    repos_sh(at, "cd work; git tag light; git tag -am x submit/first; git tag tree HEAD^{tree}; "
                 "git push -q --tags origin; echo");
    struct fetch_request request = repos_request(at, "team.git");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(result.refs.count, 3); /* a tag on a tree is no submission */
    assert_int_equal(result.change_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(result.refs.at[i].id, head);
    assert_string_equal(fetch_find(&result, S("main"))->id, head);
    assert_true(str_is(fetch_find(&result, S("submit/first"))->name, "refs/tags/submit/first"));
    assert_non_null(fetch_find(&result, str_of(head)));
    assert_null(fetch_find(&result, S("other")));
    assert_null(fetch_find(&result, S("")));
}

static void a_second_fetch_finds_nothing_new_and_writes_nothing(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    struct fetch_request request = repos_request(at, "team.git");
    repos_fetch(at, &request);
    const char *before = repos_sh(at, "find mirror -printf '%%p %%T@ %%s\\n' | sort");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(result.change_count, 0);
    assert_int_equal(result.refs.count, 1);
    assert_string_equal(before, repos_sh(at, "find mirror -printf '%%p %%T@ %%s\\n' | sort"));
}

static void moves_force_pushes_deletions_and_moved_tags_are_told_apart(void **state)
{
    struct repos *at = *state;
    const char *first = repos_team(at);
    repos_sh(at, "cd work; git tag t; git push -q origin t HEAD:side HEAD:gone HEAD:back; echo");
    struct fetch_request request = repos_request(at, "team.git");
    repos_fetch(at, &request);
    const char *second =
        repos_sh(at, "cd work; git commit -q --allow-empty -m second; git push -q origin main; "
                     "git push -qf origin HEAD:refs/tags/t :gone; git rev-parse HEAD");
    const char *other = repos_sh(
        at, "cd work; git commit -q --amend --allow-empty -m other; git checkout -q --orphan o; "
            "git commit -qm other; git push -qf origin HEAD:side; git rev-parse HEAD");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(result.change_count, 4);
    assert_int_equal(change_of(&result, "refs/heads/main")->kind, FETCH_MOVED);
    assert_int_equal(change_of(&result, "refs/heads/side")->kind, FETCH_FORCED);
    assert_int_equal(change_of(&result, "refs/heads/gone")->kind, FETCH_DELETED);
    assert_int_equal(change_of(&result, "refs/tags/t")->kind, FETCH_TAG_MOVED);
    assert_string_equal(change_of(&result, "refs/tags/t")->from, first);
    assert_string_equal(change_of(&result, "refs/tags/t")->to, second);
    assert_string_equal(change_of(&result, "refs/heads/side")->to, other);
    assert_string_equal(change_of(&result, "refs/heads/gone")->from, first);
    assert_null(fetch_find(&result, S("gone")));
    assert_holds(said(at, &result, "refs/heads/side"), "branch side was force-pushed to ");
    assert_holds(said(at, &result, "refs/heads/side"), "its results stay");
    assert_holds(said(at, &result, "refs/heads/gone"), "branch gone was deleted");
    assert_holds(said(at, &result, "refs/tags/t"), "tag t was moved from ");
    result = repos_fetch(at, &request);
    assert_int_equal(result.change_count, 0);
}

static void a_commit_that_was_seen_once_stays_readable_after_a_force_push(void **state)
{
    struct repos *at = *state;
    const char *first = repos_team(at);
    struct fetch_request request = repos_request(at, "team.git");
    repos_fetch(at, &request);
    repos_sh(at,
             "cd work; git commit -q --amend -m again; git push -qf origin main; cd ../team.git; "
             "git reflog expire --expire=now --all; git gc -q --prune=now; echo");
    request.want = first;
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_int_equal(change_of(&result, "refs/heads/main")->kind, FETCH_FORCED);
    struct str text;
    struct fault why;
    bool found;
    assert_true(
        snapshot_file(at->arena, request.mirror, first, S("train"), 100, &found, &text, &why));
    assert_true(found);
}

static void a_commit_that_vanished_before_it_was_seen_is_a_state(void **state)
{
    struct repos *at = *state;
    const char *first = repos_team(at);
    repos_sh(at, "cd work; git commit -q --amend -m again; git push -qf origin main; echo");
    struct fetch_request request = repos_request(at, "team.git");
    request.want = first;
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_VANISHED);
    assert_holds(result.text.at, "is not in the repository (any more)");
    assert_int_equal(result.refs.count, 1);
}

static void an_empty_repository_is_a_state_also_when_it_became_empty(void **state)
{
    struct repos *at = *state;
    repos_sh(at, "git init -q --bare none.git; echo");
    struct fetch_request request = repos_request(at, "none.git");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_EMPTY);
    assert_holds(result.text.at, "push a first commit");
    repos_team(at);
    request = repos_request(at, "team.git");
    assert_state(repos_fetch(at, &request), FETCH_OK);
    repos_sh(at, "cd team.git; git update-ref -d refs/heads/main; echo");
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_EMPTY);
    assert_int_equal(change_of(&result, "refs/heads/main")->kind, FETCH_DELETED);
}

static void a_look_lists_refs_and_fetches_nothing(void **state)
{
    struct repos *at = *state;
    const char *head = repos_team(at);
    struct fetch_request request = repos_request(at, "team.git");
    request.look_only = true;
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_string_equal(fetch_find(&result, S("main"))->id, head);
    assert_string_equal(repos_sh(at, "find mirror -name '*.pack' | wc -l"), "0");
}

static void too_many_bytes_stop_a_fetch_and_leave_the_mirror_as_it_was(void **state)
{
    struct repos *at = *state;
    const char *first = repos_team(at);
    struct fetch_request request = repos_request(at, "team.git");
    request.most_bytes = 1 << 20;
    assert_state(repos_fetch(at, &request), FETCH_OK);
    repos_sh(at, "cd work; head -c 9000000 /dev/urandom > big; git add big; "
                 "git commit -qm big; git push -q origin main; echo");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_TOO_BIG);
    assert_true(result.text.len > 0);
    request.most_bytes = 8 << 20;
    assert_state(repos_fetch(at, &request), FETCH_TOO_BIG);
    assert_true(atoll(repos_sh(at, "du -sk mirror | cut -f1")) < 1024);
    struct str text;
    struct fault why;
    bool found;
    assert_true(
        snapshot_file(at->arena, request.mirror, first, S("train"), 100, &found, &text, &why));
    request.most_bytes = 64 << 20;
    assert_state(repos_fetch(at, &request), FETCH_OK);
    request.most_bytes = 8 << 20;
    result = repos_fetch(at, &request);
    assert_state(result, FETCH_TOO_BIG);
    assert_holds(result.text.at, "git.max_repo_mb");
}

static void too_many_refs_are_refused(void **state)
{
    struct repos *at = *state;
    const char *head = repos_team(at);
    repos_sh(
        at,
        "cd team.git; for i in $(seq 5001); do echo %s refs/heads/b$i; done >> packed-refs; echo",
        head);
    struct fetch_request request = repos_request(at, "team.git");
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_TOO_BIG);
    assert_holds(result.text.at, "more than 5000 branches and tags");
    repos_sh(at, "cd team.git; sed -i '/b[12][0-9]*$/d' packed-refs; echo");
    assert_state(repos_fetch(at, &request), FETCH_OK);
}

static void what_would_lead_out_of_a_repository_is_refused(void **state)
{
    static const struct {
        const char *script, *says;
    } cases[] = {
        { "mkdir -p objects/info; echo /tmp > objects/info/alternates", "objects/info/alternates" },
        { "mkdir -p objects/info; : > objects/info/alternates", "objects/info/alternates" },
        { "echo ../x > commondir", "commondir" },
        { "mkdir -p worktrees/a", "worktrees" },
        { "mv objects ../o; ln -s ../o objects", "symbolic link \"objects\"" },
        { "ln -s /etc/passwd refs/heads/x", "symbolic link \"x\"" },
        { "ln -s ../../x.git/objects/pack objects/p", "symbolic link \"p\"" },
        { "rm HEAD; ln -s refs/heads/main HEAD", "symbolic link \"HEAD\"" },
        { "mkfifo objects/pack/f", "neither file nor directory" },
        { "rm -r objects", "is not a bare Git repository" },
    };
    struct repos *at = *state;
    repos_team(at);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        repos_sh(at, "rm -rf x.git o mirror; cp -r team.git x.git; cd x.git; %s; echo",
                 cases[i].script);
        struct fetch_request request = repos_request(at, "x.git");
        struct fetch_result result = repos_fetch(at, &request);
        if (result.state != FETCH_REFUSED)
            fail_msg("%s: %s", cases[i].script, fetch_state_name(result.state));
        assert_holds(result.text.at, cases[i].says);
    }
}

static void broken_repositories_are_states_and_never_a_crash(void **state)
{
    static const char *const scripts[] = {
        "find objects -type f -delete",
        "for f in $(find objects -type f); do chmod +w $f; echo x > $f; done",
        "for f in $(find objects -type f); do chmod +w $f; truncate -s 20 $f; done",
        "printf '\\377\\376' > refs/heads/main",
        "echo 0000000000000000000000000000000000000000 > refs/heads/main",
        "echo 'ref: refs/heads/main' > refs/heads/main",
        "printf '[core]\\n\\trepositoryformatversion = 9\\n' > config",
        "printf '[include]\\n\\tpath = /etc/shadow\\n' >> config",
        "printf '[' > config",
        "head -c 100000 /dev/urandom > packed-refs",
        "head -c 100000 /dev/urandom > HEAD",
    };
    struct repos *at = *state;
    repos_team(at);
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        repos_sh(at, "rm -rf x.git mirror; cp -r team.git x.git; cd x.git; %s; echo", scripts[i]);
        struct fetch_request request = repos_request(at, "x.git");
        struct fetch_result result = repos_fetch(at, &request);
        if (result.state != FETCH_OK && result.text.len == 0)
            fail_msg("%s: %s without a sentence", scripts[i], fetch_state_name(result.state));
    }
}

/* Another user than the owner of the mirror's parents, as under `serve` as root. */
static int start_as_other(void *at, const int fds[FETCH_FDS], struct fault *why)
{
    const uid_t uid = *(const uid_t *)at;
    pid_t pid = fork();
    if (pid == 0) {
        if (setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
            setresuid(uid, uid, uid) == 0)
            fetch_become(fds);
        _exit(1);
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    return pidfd >= 0 ? pidfd : (fault_errno(why, "pidfd"), -1);
}

static void a_user_who_cannot_reach_the_paths_fetches_through_descriptors(void **state)
{
    struct repos *at = *state;
    uid_t uid = 54321;
    if (getuid() != 0)
        skip();
    const char *head = repos_team(at);
    struct fetch_request request = repos_request(at, "team.git");
    assert_int_equal(fchown(request.mirror, uid, uid), 0);
    struct stat parent;
    assert_int_equal(stat(at->dir, &parent), 0);
    assert_int_equal(parent.st_mode & 0777, 0700);
    request.spawn = (struct fetch_spawn){ start_as_other, &uid };
    struct fetch_result result = repos_fetch(at, &request);
    assert_state(result, FETCH_OK);
    assert_string_equal(fetch_find(&result, S("main"))->id, head);
    assert_string_equal(repos_sh(at, "stat -c %%u mirror/HEAD"), "54321");
    assert_state(repos_fetch(at, &request), FETCH_OK);
}

static int start_sleeper(void *at, const int fds[FETCH_FDS], struct fault *why)
{
    (void)why;
    pid_t pid = fork();
    if (pid == 0) {
        const char *text = at;
        if (!*text)
            sleep(100); /* silent */
        (void)!write(fds[FETCH_RESULT], text, strlen(text));
        close(fds[FETCH_RESULT]);
        if (*text == '{')
            sleep(100); /* has said all and stays */
        _exit(0);
    }
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void the_deadline_holds_and_foreign_results_are_refused(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    struct fetch_request request = repos_request(at, "team.git");
    struct fetch_result result;
    struct fault why;
    request.spawn = (struct fetch_spawn){ start_sleeper, "" };
    request.deadline_ms = 200;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_true(fetch_run(&request, at->arena, &result, &why));
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_state(result, FETCH_UNREACHABLE);
    assert_holds(result.text.at, "no complete answer within 0.2 seconds");
    assert_true((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 < 2000);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left behind */
    static const char *const garbage[] = { "{", "[]", "{\"state\":\"ok\"}", "x" };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        request.spawn.at = (void *)garbage[i];
        assert_false(fetch_run(&request, at->arena, &result, &why));
        assert_int_equal(why.blame, BLAME_SYSTEM);
    }
}

static void what_a_killed_fetch_left_behind_keeps_nobody_out(void **state)
{
    struct repos *at = *state;
    const char *head = repos_team(at);
    struct fetch_request request = repos_request(at, "team.git");
    assert_state(repos_fetch(at, &request), FETCH_OK);
    static const char *const left[] = {
        "touch mirror/config.lock mirror/HEAD.lock mirror/packed-refs.lock",
        "touch mirror/refs/heads/main.lock; rm mirror/refs/heads/main",
        "truncate -s 0 mirror/HEAD", /* a machine went down */
        "truncate -s 0 mirror/refs/heads/main",
        "rm mirror/config mirror/HEAD",
        "chmod u+w mirror/objects/pack/*; truncate -s 0 mirror/objects/pack/*.pack",
        "chmod u+w mirror/objects/pack/*; truncate -s 0 mirror/objects/pack/*.idx",
        "chmod u+w mirror/objects/pack/*; truncate -s -7 mirror/objects/pack/*.pack",
        "cd mirror/objects/pack; chmod u+w *; n=$(stat -c %%s *.pack); truncate -s $((n - 30)) "
        "*.pack; truncate -s $n *.pack", /* zeros at the end */
        "rm -f mirror/objects/pack/*.pack",
        "rm -r mirror/*; mkdir mirror/objects; echo ref >mirror/HEAD.lock", /* had just begun */
        "rm -r mirror/HEAD mirror/refs; truncate -s 0 mirror/config",
    };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        repos_sh(at, left[i]);
        struct fetch_result result = repos_fetch(at, &request);
        assert_state(result, FETCH_OK);
        assert_string_equal(fetch_find(&result, S("main"))->id, head);
        assert_string_equal(repos_sh(at, "cat mirror/refs/heads/main"), head);
    }
    assert_string_equal(repos_sh(at, "find mirror -name '*.lock'"), "");
    assert_string_equal(repos_sh(at, "git --git-dir=mirror cat-file -t main"), "commit");
}

int main(int argc, char **argv)
{
    int code;
    if (repos_main(argc, argv, &code))
        return code;
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_first_fetch_gives_branches_and_tags),
        TEST(a_second_fetch_finds_nothing_new_and_writes_nothing),
        TEST(moves_force_pushes_deletions_and_moved_tags_are_told_apart),
        TEST(a_commit_that_was_seen_once_stays_readable_after_a_force_push),
        TEST(a_commit_that_vanished_before_it_was_seen_is_a_state),
        TEST(what_a_killed_fetch_left_behind_keeps_nobody_out),
        TEST(an_empty_repository_is_a_state_also_when_it_became_empty),
        TEST(a_look_lists_refs_and_fetches_nothing),
        TEST(too_many_bytes_stop_a_fetch_and_leave_the_mirror_as_it_was),
        TEST(too_many_refs_are_refused),
        TEST(what_would_lead_out_of_a_repository_is_refused),
        TEST(broken_repositories_are_states_and_never_a_crash),
        TEST(a_user_who_cannot_reach_the_paths_fetches_through_descriptors),
        TEST(the_deadline_holds_and_foreign_results_are_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
