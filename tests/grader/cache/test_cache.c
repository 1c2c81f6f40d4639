/* The step cache: what is found again, what is not, who makes room. */
#include "grader/cache.h"
#include "grader/steps/work_key.h"
#include "grader/store/cache.h"
#include "tests/grader/steps/stage.h"
#include <sys/stat.h>

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define MODEL "weights: 1 2 3\n"

/* A training that left a model of two files with the same content, and its log. */
struct left {
    struct stage *stage;
    int rundir;
    struct job job;
    struct job_step *step;
    struct job_artifact artifacts[2];
    struct job_step_result result;
};

static void left_make(struct left *left, bool heldout)
{
    struct stage *stage = left->stage = stage_open("rmse", STAGE_SOLUTION);
    struct fault *why = &stage->why;
    stage->grader.state = dir_open(stage->root, "state", why);
    stage_need(stage, dir_make(stage->root, "run/artifacts", 0700, why));
    stage_need(stage, dir_make(stage->root, "run/logs", 0700, why));
    left->rundir = dir_open(stage->root, "run", why);
    left->job = (struct job){ .run = "r" };
    left->step = job_step_add(stage->arena, &left->job);
    left->step->key = "train-1";
    left->step->kind = heldout ? "predict" : "train";
    left->step->heldout = heldout;
    left->step->keep[left->step->keep_count++] = "/opt/ml/model";
    for (size_t i = 0; i < 2; i++) {
        left->artifacts[i] =
            (struct job_artifact){ .path = i ? "/opt/ml/model/b" : "/opt/ml/model/a",
                                   .bytes = sizeof MODEL - 1,
                                   .mode = i ? 0755 : 0644 };
        sha256_of(S(MODEL), left->artifacts[i].sha256);
    }
    left->result = (struct job_step_result){ .key = "train-1",
                                             .verdict = "ok",
                                             .message = "",
                                             .report = { .wall_us = 1234567, .cpu_us = 7 },
                                             .artifacts = left->artifacts,
                                             .artifact_count = 2,
                                             .log = { .bytes = 3 } };
    sha256_of(S("log"), left->result.log.sha256);
    stage_need(stage, file_save(left->rundir, "logs/4.log", S("log"), 0600, why));
    stage_need(stage,
               file_save(left->rundir,
                         arena_print(stage->arena, "artifacts/%s", left->artifacts[0].sha256),
                         S(MODEL), 0600, why));
}

static void left_drop(struct left *left)
{
    close(left->rundir);
    close(left->stage->grader.state);
    stage_close(left->stage);
}

static void keep(struct left *left, const char *key, const char *team)
{
    char host[256];
    snprintf(host, sizeof host, "{\"host\":\"%s\",\"kernel\":\"k\",\"cpu\":\"c\",\"blas\":\"b\"}",
             KEY_A);
    struct cache_keeping what = { .key = key,
                                  .team = team,
                                  .run = "01",
                                  .seed_at = 1,
                                  .step = left->step,
                                  .result = &left->result,
                                  .host = str_zero(left->stage->arena, str_of(host)),
                                  .layers = "[\"userns\"]",
                                  .rundir = left->rundir,
                                  .log_at = 4,
                                  .most_bytes = 1 << 20 };
    struct stage *stage = left->stage;
    stage_need(stage, cache_keep(&stage->grader, stage->store, stage->arena, &what, &stage->why));
}

static bool find(struct left *left, const char *key, struct cache_entry *out)
{
    bool found = false;
    struct stage *stage = left->stage;
    struct cache_wanted wanted = { key, left->step };
    stage_need(stage, cache_find(&stage->grader, stage->store, stage->arena, &wanted, out, &found,
                                 &stage->why));
    return found;
}

static const char *entry_file(struct left *left, const char *key, const char *name)
{
    return arena_print(left->stage->arena, "%s/%s/%s",
                       left->step->heldout ? CACHE_SEALED : CACHE_STEPS, key, name);
}

static const char *model_name(struct left *left)
{
    return arena_print(left->stage->arena, "artifacts/%s", left->artifacts[0].sha256);
}

/* Other bytes of the same length, or another length, in a file of an entry. */
static void damage(struct left *left, const char *name, const char *bytes)
{
    const char *path = entry_file(left, KEY_A, name);
    int state = left->stage->grader.state;
    assert_return_code(fchmodat(state, path, 0600, 0), 0);
    int fd = openat(state, path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
    close(fd);
}

static void what_a_step_left_is_found_again_with_its_measured_times(void **state)
{
    (void)state;
    struct left left;
    struct cache_entry entry;
    left_make(&left, false);
    assert_false(find(&left, KEY_A, &entry));
    keep(&left, KEY_A, "ada");
    assert_true(find(&left, KEY_A, &entry));
    assert_int_equal(entry.result->report.wall_us, 1234567);
    assert_int_equal(entry.result->artifact_count, 2);
    assert_int_equal(entry.result->artifacts[1].mode, 0755);
    assert_string_equal(entry.run, "01");
    assert_string_equal(entry.layers, "[\"userns\"]");
    assert_true(cache_is_whole(&left.stage->grader, &entry));
    assert_false(find(&left, KEY_B, &entry));
    left_drop(&left);
}

static void what_saw_held_out_rows_lies_beneath_sealed_alone(void **state)
{
    (void)state;
    struct left left;
    struct cache_entry entry;
    left_make(&left, true);
    keep(&left, KEY_A, "ada");
    assert_true(find(&left, KEY_A, &entry));
    assert_true(strncmp(entry.path, "sealed/", 7) == 0);
    assert_false(file_exists(left.stage->grader.state, CACHE_STEPS "/" KEY_A));
    struct stat info;
    assert_return_code(
        fstatat(left.stage->grader.state, entry_file(&left, KEY_A, model_name(&left)), &info, 0),
        0);
    assert_int_equal(info.st_mode & 077, 0);
    left_drop(&left);
}

static void a_damaged_or_missing_file_makes_it_no_entry(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes; /* bytes NULL: the file is missing */
    } cases[] = { { "logs/0.log", "lag" }, { "logs/0.log", NULL }, { "result.json", "{}" },
                  { "result.json", NULL }, { "model", "short" },   { "model", NULL } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct left left;
        struct cache_entry entry;
        left_make(&left, false);
        keep(&left, KEY_A, "ada");
        const char *name = strcmp(cases[i].name, "model") == 0 ? model_name(&left) : cases[i].name;
        if (cases[i].bytes)
            damage(&left, name, cases[i].bytes);
        else
            assert_return_code(
                unlinkat(left.stage->grader.state, entry_file(&left, KEY_A, name), 0), 0);
        assert_false(find(&left, KEY_A, &entry));
        assert_false(file_exists(left.stage->grader.state, CACHE_STEPS "/" KEY_A));
        keep(&left, KEY_A, "ada"); /* and is made anew */
        assert_true(find(&left, KEY_A, &entry));
        left_drop(&left);
    }
}

static void a_model_with_other_bytes_is_found_out_before_it_is_used(void **state)
{
    (void)state;
    struct left left;
    struct cache_entry entry;
    struct stage *stage;
    char sha256[SHA256_HEX];
    left_make(&left, false);
    stage = left.stage;
    stage_need(stage, artifacts_put(&stage->grader.artifacts, S(MODEL), sha256, &stage->why));
    keep(&left, KEY_A, "ada");
    damage(&left, model_name(&left), "weights: 1 2 4\n");
    assert_true(find(&left, KEY_A, &entry));
    assert_false(cache_is_whole(&stage->grader, &entry));
    assert_true(artifacts_has(&stage->grader.artifacts, sha256));
    stage_need(stage, cache_discard(&stage->grader, stage->store, &entry, &stage->why));
    assert_false(artifacts_has(&stage->grader.artifacts, sha256)); /* the same file: damaged too */
    assert_false(find(&left, KEY_A, &entry));
    left_drop(&left);
}

static void who_was_used_longest_ago_makes_room(void **state)
{
    (void)state;
    struct left left;
    struct cache_entry entry;
    struct stage *stage;
    int64_t both, one;
    left_make(&left, false);
    stage = left.stage;
    keep(&left, KEY_A, "ada");
    stage_need(stage, store_cache_bytes(stage->store, &one, &stage->why));
    usleep(2000);
    keep(&left, KEY_B, "bob");
    stage_need(stage, store_cache_bytes(stage->store, &both, &stage->why));
    assert_true(one > 0 && both == 2 * one);
    usleep(2000);
    stage_need(stage, store_cache_use(stage->store, KEY_A, &stage->why));
    stage_need(stage, cache_trim(&stage->grader, stage->store, both, &stage->why));
    assert_true(find(&left, KEY_B, &entry));
    stage_need(stage, cache_trim(&stage->grader, stage->store, both - 1, &stage->why));
    assert_false(find(&left, KEY_B, &entry));
    assert_true(find(&left, KEY_A, &entry));
    assert_false(file_exists(stage->grader.state, CACHE_STEPS "/" KEY_B));
    left_drop(&left);
}

static void a_team_can_be_forgotten_and_directories_without_a_row_go(void **state)
{
    (void)state;
    struct left left;
    struct cache_entry entry;
    struct stage *stage;
    left_make(&left, false);
    stage = left.stage;
    keep(&left, KEY_A, "ada");
    keep(&left, KEY_B, "bob");
    stage_need(stage, cache_forget(&stage->grader, stage->store, "bob", &stage->why));
    stage_need(stage, store_cache_drop(stage->store, KEY_A, &stage->why));
    assert_true(file_exists(stage->grader.state, CACHE_STEPS "/" KEY_A));
    keep(&left, KEY_B, "eva");
    stage_need(stage, dir_make(stage->grader.state, CACHE_STEPS "/" KEY_B ".01J.new/artifacts",
                               0700, &stage->why)); /* a grader was killed while it kept it anew */
    stage_need(stage, cache_tidy(&stage->grader, stage->store, &stage->why));
    assert_false(file_exists(stage->grader.state, CACHE_STEPS "/" KEY_A));
    assert_false(file_exists(stage->grader.state, CACHE_STEPS "/" KEY_B ".01J.new"));
    assert_true(find(&left, KEY_B, &entry));
    left_drop(&left);
}

/* ---- keys ---- */

struct changes {
    const char *argv, *env, *writable, *keep, *at, *sha256, *kind;
    unsigned mode;
    int64_t cpu_ms, seed;
    bool again, swapped;
};

static void key_of(struct arena *arena, const struct changes *as, char hex[SHA256_HEX])
{
    struct job *job = arena_new(arena, struct job);
    struct job_step *step = job_step_add(arena, job);
    step->key = as->swapped ? "x" : "y"; /* no box sees it */
    step->kind = as->kind ? as->kind : "train";
    step->seed = as->seed;
    step->limits.cpu_ms = as->cpu_ms;
    step->argv[step->argv_count++] = as->argv ? as->argv : "./train";
    step->env[step->env_count++] = as->env ? as->env : "SM_HP_SEED=1";
    step->writable[step->writable_count++] = as->writable ? as->writable : "/opt/ml/model";
    step->keep[step->keep_count++] = as->keep ? as->keep : "/opt/ml/model";
    struct job_input inputs[] = { { .sha256 = as->sha256 ? as->sha256 : KEY_A,
                                    .at = as->at ? as->at : "/opt/ml/code/a",
                                    .mode = as->mode ? as->mode : 0644 },
                                  { .sha256 = KEY_B, .at = "/opt/ml/code/b", .mode = 0644 } };
    job_input_add(step, &inputs[as->swapped]);
    job_input_add(step, &inputs[!as->swapped]);
    work_key_make(KEY_A, step, as->again, hex);
}

static void all_that_a_step_sees_makes_another_key(void **state)
{
    (void)state;
    scoped_arena arena = arena_open(NULL);
    static const struct changes cases[] = {
        { .argv = "./train2" },
        { .env = "SM_HP_SEED=2" },
        { .writable = "/opt/ml" },
        { .keep = "/opt/ml/model/a" },
        { .at = "/opt/ml/code/c" },
        { .sha256 = KEY_B },
        { .mode = 0755 },
        { .cpu_ms = 1 },
        { .seed = 5 },
        { .kind = "sample" },
        { .again = true },
        { .env = "SM_HP_SEED=11" },
    };
    char plain[SHA256_HEX], other[SHA256_HEX];
    key_of(arena, &(struct changes){ 0 }, plain);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        key_of(arena, &cases[i], other);
        if (strcmp(plain, other) == 0)
            fail_msg("case %zu: the same key", i);
    }
    key_of(arena, &(struct changes){ .swapped = true }, other);
    assert_string_equal(plain, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_step_left_is_found_again_with_its_measured_times),
        cmocka_unit_test(what_saw_held_out_rows_lies_beneath_sealed_alone),
        cmocka_unit_test(a_damaged_or_missing_file_makes_it_no_entry),
        cmocka_unit_test(a_model_with_other_bytes_is_found_out_before_it_is_used),
        cmocka_unit_test(who_was_used_longest_ago_makes_room),
        cmocka_unit_test(a_team_can_be_forgotten_and_directories_without_a_row_go),
        cmocka_unit_test(all_that_a_step_sees_makes_another_key),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
