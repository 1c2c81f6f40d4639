/* Snapshots of real and of crafted commits: what becomes files, and what is refused with which
 * sentence. */
#include "tests/grader/source/repos.h"
#include "grader/source/snapshot_apart.h"
#include "grader/source/snapshot_name.h"

struct kept {
    struct arena *arena;
    size_t count;
    struct str at[64];
    bool full;
};

static bool keep(void *at, struct str bytes, char sha256[SHA256_HEX], struct fault *why)
{
    struct kept *kept = at;
    if (kept->full)
        return fault_set(why, BLAME_PASSING, "the disk is full");
    sha256_of(bytes, sha256);
    if (kept->count < 64)
        kept->at[kept->count++] = str_keep(kept->arena, bytes);
    return true;
}

struct taken {
    bool good;
    struct snapshot snapshot;
    struct kept kept;
    struct fault why;
};

static int open_bare(struct repos *at)
{
    struct fault why = { .text = "" };
    int fd = dir_open(at->fd, "team.git", &why);
    if (fd < 0)
        fail_msg("%s", why.text);
    return fd;
}

static void assert_same(const struct taken *here, const struct taken *apart)
{
    if (here->good != apart->good || strcmp(here->why.text, apart->why.text) != 0)
        fail_msg("here \"%s\", apart \"%s\"", here->why.text, apart->why.text);
    assert_int_equal(here->snapshot.problem_count, apart->snapshot.problem_count);
    for (size_t i = 0; i <= SNAPSHOT_PROBLEMS_MOST; i++)
        assert_true(str_equal(here->snapshot.problems[i], apart->snapshot.problems[i]));
    if (!here->good)
        return;
    assert_int_equal(here->snapshot.count, apart->snapshot.count);
    assert_string_equal(here->snapshot.tree, apart->snapshot.tree);
    assert_string_equal(here->snapshot.commit, apart->snapshot.commit);
    assert_int_equal(here->snapshot.bytes_total, apart->snapshot.bytes_total);
    for (size_t i = 0; i < here->snapshot.count; i++) {
        const struct snapshot_file *a = &here->snapshot.files[i], *b = &apart->snapshot.files[i];
        assert_true(str_equal(a->path, b->path) && a->mode == b->mode && a->bytes == b->bytes);
        assert_string_equal(a->sha256, b->sha256);
        assert_string_equal(a->blob, b->blob);
    }
}

/* In this process and in one of its own, which must agree. */
static struct taken take(struct repos *at, const char *commit, const struct snapshot_limits *limits)
{
    struct taken taken = { .kept = { .arena = at->arena } };
    struct taken apart = { .kept = { .arena = at->arena } };
    struct snapshot_put put = { keep, &taken.kept };
    scoped(fd) int mirror = open_bare(at);
    struct snapshot_apart how = { .mirror = mirror, .put = { keep, &apart.kept } };
    if (limits)
        how.limits = *limits;
    taken.good =
        snapshot_take(at->arena, mirror, commit, limits, &put, &taken.snapshot, &taken.why);
    apart.good = snapshot_take_apart(at->arena, &how, commit, &apart.snapshot, &apart.why);
    assert_same(&taken, &apart);
    return taken;
}

static const char *first_problem(struct repos *at, struct taken *taken)
{
    assert_false(taken->good);
    assert_int_equal(taken->kept.count, 0); /* nothing was kept of a refused tree */
    if (taken->snapshot.problem_count == 0)
        fail_msg("refused for another reason: %s", taken->why.text);
    return str_zero(at->arena, taken->snapshot.problems[0]);
}

/* Commit the working copy after a script in it. */
static const char *commit_after(struct repos *at, const char *script)
{
    return repos_sh(
        at,
        "cd work; %s; git add -A 2>/dev/null; git commit -qm more; git push -q origin HEAD:main; "
        "git rev-parse HEAD",
        script);
}

/* A commit whose root is this raw tree object, which git itself would never write. */
static const char *commit_raw(struct repos *at, struct str tree)
{
    struct fault why = { .text = "" };
    assert_true(file_save(at->fd, "raw", tree, 0600, &why));
    return repos_sh(at, "cd team.git; t=$(git hash-object -t tree -w --literally ../raw); "
                        "git commit-tree -m raw $t");
}

static void add_entry(struct repos *at, struct text *tree, const char *mode, struct str name,
                      const char *id)
{
    (void)at;
    text_print(tree, "%s ", mode);
    text_add(tree, name);
    text_char(tree, 0);
    for (size_t i = 0; i < 20; i++) {
        char pair[3] = { id[2 * i], id[2 * i + 1], 0 };
        text_char(tree, (char)strtol(pair, NULL, 16));
    }
}

static const char *a_blob(struct repos *at)
{
    return repos_sh(at, "git init -q --bare -b main team.git; cd team.git; "
                        "echo hello | git hash-object -w --stdin");
}

static void a_commit_becomes_paths_modes_digests_and_contents(void **state)
{
    struct repos *at = *state;
    struct taken taken = take(at, repos_team(at), NULL);
    static const struct {
        const char *path;
        int mode;
        const char *content;
    } want[] = { { "src/a.c", 0644, "int main;\n" },
                 { "submission.yaml", 0644, "schema: 1\n" },
                 { "train", 0755, "#!/bin/sh\n" } };
    if (!taken.good)
        fail_msg("%s", taken.why.text);
    assert_int_equal(taken.snapshot.count, 3);
    assert_int_equal(taken.snapshot.bytes_total, 30);
    for (size_t i = 0; i < 3; i++) {
        const struct snapshot_file *file = &taken.snapshot.files[i];
        char digest[SHA256_HEX];
        sha256_of(str_of(want[i].content), digest);
        assert_true(str_is(file->path, want[i].path));
        assert_int_equal(file->mode, want[i].mode);
        assert_string_equal(file->sha256, digest);
        assert_true(str_is(taken.kept.at[i], want[i].content));
    }
}

static void packed_objects_read_like_loose_ones(void **state)
{
    struct repos *at = *state;
    const char *commit = repos_team(at);
    repos_sh(at, "cd team.git; git gc -q --aggressive; "
                 "test -z \"$(find objects -path '*[0-9a-f][0-9a-f]' -type d)\"; echo");
    struct taken taken = take(at, commit, NULL);
    assert_true(taken.good);
    assert_int_equal(taken.snapshot.count, 3);
}

static void an_inner_link_to_a_file_becomes_its_content(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    struct taken taken =
        take(at, commit_after(at, "ln -s ../train src/run; ln -s ./src/../src/a.c b.c"), NULL);
    if (!taken.good)
        fail_msg("%s", taken.why.text);
    assert_int_equal(taken.snapshot.count, 5);
    assert_true(str_is(taken.snapshot.files[0].path, "b.c"));
    assert_true(str_is(taken.kept.at[0], "int main;\n"));
    assert_true(str_is(taken.snapshot.files[2].path, "src/run"));
    assert_int_equal(taken.snapshot.files[2].mode, 0755);
}

static void other_links_and_submodules_and_pointers_are_refused(void **state)
{
    static const struct {
        const char *script, *says;
    } cases[] = {
        { "ln -s /etc/passwd x",
          "x is a symbolic link that leaves the repository (to /etc/passwd)" },
        { "ln -s ../../outside src/x", "src/x is a symbolic link that leaves the repository" },
        { "ln -s src/../../work/train x", "x is a symbolic link that leaves the repository" },
        { "ln -s src x", "x is a symbolic link to src; only a link to a regular file" },
        { "ln -s nothing x", "x is a symbolic link to nothing; only" },
        { "ln -s train y; ln -s y x", "x is a symbolic link to y; only" },
        { "ln -s src d; ln -s d/a.c x", "d is a symbolic link to src; only" },
        { "ln -s . x", "x is a symbolic link to .; only" },
        { "git init -q sub; git -C sub commit -q --allow-empty -m s; git add sub 2>/dev/null",
          "sub is a submodule; commit the files themselves" },
        { "printf 'version https://git-lfs.github.com/spec/v1\\n"
          "oid sha256:%064d\\nsize 52428800\\n' 0 > m.bin",
          "m.bin is a Git LFS pointer (to 50.0 MB); commit the file itself, at most 200.0 MB" },
    };
    struct repos *at = *state;
    repos_team(at);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *script =
            arena_print(at->arena, "git reset -q --hard HEAD; git clean -qffdx 2>/dev/null; %s",
                        cases[i].script);
        const char *commit = commit_after(at, script);
        struct taken taken = take(at, commit, NULL);
        assert_holds(first_problem(at, &taken), cases[i].says);
        repos_sh(
            at,
            "cd work; git reset -q --hard HEAD~1 2>/dev/null; git push -qf origin HEAD:main; echo");
    }
}

static void names_that_could_hurt_a_file_system_are_refused(void **state)
{
    static const struct {
        struct str name;
        const char *says;
    } cases[] = {
#define NAME(text, says) { { text, sizeof text - 1 }, says }
        NAME("", "has an empty name"),
        NAME(".", "is named \".\" or \"..\""),
        NAME("..", "is named \".\" or \"..\""),
        NAME(".git", "would become a .git directory"),
        NAME(".GIT", "would become a .git directory"),
        NAME(".gIt", "would become a .git directory"),
        NAME(".git.", "would become a .git directory"),
        NAME(".git . ", "would become a .git directory"),
        NAME("git~1", "would become a .git directory"),
        NAME("GIT~1", "would become a .git directory"),
        NAME(".git::$INDEX_ALLOCATION", "would become a .git directory"),
        NAME(".g\xe2\x80\x8cit", "would become a .git directory"),
        NAME("\xef\xbb\xbf.git", "would become a .git directory"),
        NAME(".gi\xe2\x81\xaat", "would become a .git directory"),
        NAME("a/b", "has a slash or backslash"),
        NAME("../x", "has a slash or backslash"),
        NAME("/etc", "has a slash or backslash"),
        NAME("a\\b", "has a slash or backslash"),
        NAME("a\nb", "has a control character"),
        NAME("a\x1b[2J", "has a control character"),
        NAME("a\x7f", "has a control character"),
        NAME("a\xff", "has a name that is not UTF-8"),
    };
    struct repos *at = *state;
    const char *blob = a_blob(at);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text tree = { .arena = at->arena };
        add_entry(at, &tree, "100644", cases[i].name, blob);
        struct taken taken = take(at, commit_raw(at, text_str(&tree)), NULL);
        assert_holds(first_problem(at, &taken), cases[i].says);
    }
    static const char *const fine[] = { ".gitignore", ".gitattributes", "git",   "a.git",   "..a",
                                        "...",        "\xc3\xa4",       "git~2", ".github", "a b",
                                        "-rf" };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_null(snapshot_name_check(str_of(fine[i])));
    char long_name[257];
    memset(long_name, 'a', sizeof long_name);
    assert_null(snapshot_name_check((struct str){ long_name, 255 }));
    assert_non_null(snapshot_name_check((struct str){ long_name, 256 }));
}

static void a_git_directory_deep_in_a_tree_is_refused(void **state)
{
    struct repos *at = *state;
    const char *blob = a_blob(at);
    struct text inner = { .arena = at->arena };
    add_entry(at, &inner, "100755", S("post-checkout"), blob);
    struct fault why;
    assert_true(file_save(at->fd, "raw", text_str(&inner), 0600, &why));
    const char *hooks = repos_sh(at, "cd team.git; git hash-object -t tree -w --literally ../raw");
    struct text dot_git = { .arena = at->arena };
    add_entry(at, &dot_git, "40000", S(".Git"), hooks);
    assert_true(file_save(at->fd, "raw", text_str(&dot_git), 0600, &why));
    const char *sub = repos_sh(at, "cd team.git; git hash-object -t tree -w --literally ../raw");
    struct text root = { .arena = at->arena };
    add_entry(at, &root, "40000", S("src"), sub);
    struct taken taken = take(at, commit_raw(at, text_str(&root)), NULL);
    assert_holds(first_problem(at, &taken), "src/.Git would become a .git directory");
}

static void names_that_differ_in_case_only_are_refused(void **state)
{
    struct repos *at = *state;
    const char *blob = a_blob(at);
    struct text tree = { .arena = at->arena };
    add_entry(at, &tree, "100644", S("Makefile"), blob);
    add_entry(at, &tree, "100644", S("a"), blob);
    add_entry(at, &tree, "100644", S("makefile"), blob);
    struct taken taken = take(at, commit_raw(at, text_str(&tree)), NULL);
    assert_holds(first_problem(at, &taken), "differ in case only");
    struct text twice = { .arena = at->arena };
    add_entry(at, &twice, "100644", S("a"), blob);
    add_entry(at, &twice, "100644", S("a"), blob);
    taken = take(at, commit_raw(at, text_str(&twice)), NULL);
    assert_holds(first_problem(at, &taken), "differ in case only");
}

static void limits_hold_with_a_sentence_each(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    const char *commit = commit_after(at, "head -c 5000 /dev/zero > big");
    struct snapshot_limits file = { .file_bytes = 4999 };
    struct snapshot_limits total = { .bytes_total = 5020 };
    struct snapshot_limits entries = { .entries = 4 };
    struct taken taken = take(at, commit, &file);
    assert_holds(first_problem(at, &taken), "big has 5000 bytes, 4999 are allowed for a file");
    taken = take(at, commit, &total);
    assert_holds(first_problem(at, &taken), "come to more than 5020 bytes");
    taken = take(at, commit, &entries);
    assert_holds(first_problem(at, &taken), "more than 4 files and directories");
    struct snapshot_limits just = { .file_bytes = 5000, .bytes_total = 5030, .entries = 5 };
    taken = take(at, commit, &just);
    assert_true(taken.good);
    commit = commit_after(at, "d=.; for i in $(seq 40); do d=$d/d; done; mkdir -p $d; echo > $d/x");
    taken = take(at, commit, NULL);
    assert_holds(first_problem(at, &taken), "is nested deeper than 32");
    commit = commit_after(
        at, "git rm -rq d; d=.; n=$(printf %0200d 0); for i in 1 2 3 4 5 6; do d=$d/$n; done; "
            "mkdir -p $d; echo > $d/x");
    taken = take(at, commit, NULL);
    assert_holds(first_problem(at, &taken), "has a path of 1205 bytes, 1024 are allowed");
}

/* Ten trees that each name the one below ten times: ten thousand million files in a few hundred
 * bytes. */
static void a_tree_bomb_stops_at_the_limit(void **state)
{
    struct repos *at = *state;
    const char *id = a_blob(at);
    struct fault why;
    struct text tree = { .arena = at->arena };
    for (int level = 0; level < 10; level++) {
        tree = (struct text){ .arena = at->arena };
        for (int i = 0; i < 10; i++) {
            char name[2] = { (char)('a' + i), 0 };
            add_entry(at, &tree, level ? "40000" : "100644", str_of(name), id);
        }
        assert_true(file_save(at->fd, "raw", text_str(&tree), 0600, &why));
        id = repos_sh(at, "cd team.git; git hash-object -t tree -w --literally ../raw");
    }
    struct taken taken = take(at, commit_raw(at, text_str(&tree)), NULL);
    assert_holds(first_problem(at, &taken), "more than 20000 files and directories");
}

static void malformed_trees_and_unknown_kinds_are_refused(void **state)
{
    struct repos *at = *state;
    const char *blob = a_blob(at);
    static const char *const raws[] = { "100644", "100644 a", "x00644 a", "99999999 a" };
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
        struct taken taken = take(at, commit_raw(at, str_of(raws[i])), NULL);
        assert_holds(first_problem(at, &taken), "is a malformed directory");
    }
    struct text tree = { .arena = at->arena };
    add_entry(at, &tree, "10644", S("fifo"), blob);
    struct taken taken = take(at, commit_raw(at, text_str(&tree)), NULL);
    assert_holds(first_problem(at, &taken), "fifo has the unknown kind 10644");
    struct text liar = { .arena = at->arena };
    add_entry(at, &liar, "100644", S("x"),
              repos_sh(at, "cd team.git; git hash-object -t tree -w --stdin </dev/null"));
    taken = take(at, commit_raw(at, text_str(&liar)), NULL);
    assert_holds(first_problem(at, &taken), "x is listed as a file and is none");
}

static void all_problems_are_said_up_to_twenty(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    struct taken taken =
        take(at, commit_after(at, "for i in $(seq 10 34); do ln -s /etc $i; done"), NULL);
    assert_false(taken.good);
    assert_int_equal(taken.snapshot.problem_count, 25);
    assert_true(str_is(taken.snapshot.problems[20], "and 5 more"));
    assert_holds(str_zero(at->arena, taken.snapshot.problems[19]), "29 is a symbolic link");
    assert_holds(taken.why.text, "(and 24 more)");
}

static void a_missing_commit_and_a_full_store_are_faults_without_problems(void **state)
{
    struct repos *at = *state;
    const char *commit = repos_team(at);
    struct taken taken = take(at, "0123456789012345678901234567890123456789", NULL);
    assert_false(taken.good);
    assert_int_equal(taken.snapshot.problem_count, 0);
    assert_holds(taken.why.text,
                 "commit 0123456789012345678901234567890123456789 was not in the mirror");
    taken = take(at, "main", NULL);
    assert_holds(taken.why.text, "40 lower-case hex digits");
    scoped(fd) int mirror = open_bare(at);
    struct kept kept = { .arena = at->arena, .full = true };
    struct snapshot_put put = { keep, &kept };
    struct snapshot snapshot;
    struct fault why;
    struct snapshot_apart how = { .mirror = mirror, .put = put };
    for (int apart = 0; apart < 2; apart++) {
        assert_false(apart ? snapshot_take_apart(at->arena, &how, commit, &snapshot, &why)
                           : snapshot_take(at->arena, mirror, commit, NULL, &put, &snapshot, &why));
        assert_int_equal(snapshot.problem_count, 0);
        assert_int_equal(why.blame, BLAME_PASSING);
        assert_holds(why.text, "the disk is full");
    }
}

static void a_mirror_that_borrows_objects_is_not_read(void **state)
{
    struct repos *at = *state;
    const char *commit = repos_team(at);
    repos_sh(at, "git clone -q --bare --shared team.git other.git; mv team.git real.git; "
                 "mv other.git team.git; "
                 "sed -i s/team/real/ team.git/objects/info/alternates; echo");
    struct taken taken = take(at, commit, NULL);
    assert_false(taken.good);
    assert_holds(taken.why.text, "alternates");
}

static void one_file_is_read_without_the_rest(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    const char *commit = commit_after(at, "ln -s train link");
    scoped(fd) int mirror = open_bare(at);
    struct str text;
    struct fault why;
    bool found;
    assert_true(
        snapshot_file(at->arena, mirror, commit, S("submission.yaml"), 100, &found, &text, &why));
    assert_true(found);
    assert_true(str_is(text, "schema: 1\n"));
    assert_true(snapshot_file(at->arena, mirror, commit, S("src/a.c"), 100, &found, &text, &why));
    assert_true(found);
    static const char *const none[] = { "nothing", "src", "src/b", "train/x", "link", "src/", "" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_true(
            snapshot_file(at->arena, mirror, commit, str_of(none[i]), 100, &found, &text, &why));
        assert_false(found);
    }
    assert_false(
        snapshot_file(at->arena, mirror, commit, S("submission.yaml"), 9, &found, &text, &why));
    assert_holds(why.text, "has 10 bytes, 9 are allowed");
}

static void the_history_names_authors_and_merges_once(void **state)
{
    struct repos *at = *state;
    repos_team(at);
    const char *commit = repos_sh(
        at, "cd work; git checkout -qb side; "
            "git -c user.name=B commit -q --author='Bo <b@example.org>' "
            "--allow-empty -m 'from the side'; git checkout -q main; "
            "git commit -q --allow-empty -m straight; "
            "git merge -q --no-ff -m joined side; git push -q origin main; git rev-parse HEAD");
    scoped(fd) int mirror = open_bare(at);
    struct snapshot_history history;
    struct fault why;
    assert_true(snapshot_history(at->arena, mirror, commit, &history, &why));
    assert_int_equal(history.count, 4);
    assert_false(history.cut);
    assert_true(str_is(history.commits[0].subject, "joined"));
    assert_int_equal(history.commits[0].parents, 2);
    assert_true(str_is(history.commits[2].author, "Bo <b@example.org>"));
    assert_int_equal(history.commits[3].author_s, 1767000000);
}

int main(int argc, char **argv)
{
    int code;
    if (repos_main(argc, argv, &code))
        return code;
#define TEST(name) cmocka_unit_test_setup_teardown(name, repos_setup, repos_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_commit_becomes_paths_modes_digests_and_contents),
        TEST(packed_objects_read_like_loose_ones),
        TEST(an_inner_link_to_a_file_becomes_its_content),
        TEST(other_links_and_submodules_and_pointers_are_refused),
        TEST(names_that_could_hurt_a_file_system_are_refused),
        TEST(a_git_directory_deep_in_a_tree_is_refused),
        TEST(names_that_differ_in_case_only_are_refused),
        TEST(limits_hold_with_a_sentence_each),
        TEST(a_tree_bomb_stops_at_the_limit),
        TEST(malformed_trees_and_unknown_kinds_are_refused),
        TEST(all_problems_are_said_up_to_twenty),
        TEST(a_missing_commit_and_a_full_store_are_faults_without_problems),
        TEST(a_mirror_that_borrows_objects_is_not_read),
        TEST(one_file_is_read_without_the_rest),
        TEST(the_history_names_authors_and_merges_once),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
