/* By which version of its task a board is made. */
#include "grader/board_rule.h"
#include "core/base/json.h"
#include "grader/course/scoring.h"
#include "grader/store/batch.h"
#include "grader/store/board_rule.h"

static bool move(const struct loaded *loaded, struct store *store, const struct course_task *task,
                 const char *digest, struct fault *why)
{
    struct store_board_move to = { task->id.at, digest, loaded->version.digest,
                                   loaded->course.board.release == COURSE_RELEASE_LADDER };
    return store_board_move(store, &to, why);
}

static bool adopt(const struct loaded *loaded, struct store *store, const struct course_task *task,
                  const char *digest, struct fault *why)
{
    char scoring[SHA256_HEX];
    scoring_digest(loaded, task, scoring);
    struct store_board_adopt how = { task->id.at, digest, scoring,
                                     version_task_digest(&loaded->version, task->id) };
    return store_board_adopt(store, &how, why);
}

bool board_rule_begin(const struct loaded *loaded, struct store *store,
                      const struct course_task *task, int64_t at_ms, bool *held, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char digest[SHA256_HEX];
    struct store_board_rule rule;
    bool found;
    scoring_board_digest(loaded, task, digest);
    *held = false;
    if (!adopt(loaded, store, task, digest, why) ||
        !store_board_rule(store, arena, task->id.at, &rule, &found, why))
        return false;
    if (found && !str_is(rule.digest, digest) &&
        !store_board_held(store, task->id.at, rule.digest.at, at_ms, held, why))
        return false;
    return *held || move(loaded, store, task, digest, why);
}

bool board_rule_is(const struct loaded *loaded, struct store *store, const struct course_task *task,
                   bool *is, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    char digest[SHA256_HEX];
    struct store_board_rule rule;
    bool found;
    scoring_board_digest(loaded, task, digest);
    if (!store_board_rule(store, arena, task->id.at, &rule, &found, why))
        return false;
    *is = !found || str_is(rule.digest, digest);
    return found || move(loaded, store, task, digest, why);
}

static struct loaded *read_again(const struct grader *grader, struct store *store,
                                 const char *version, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct loaded_from from = { &grader->artifacts, &grader->sealed, grader->scratch };
    struct loaded *out;
    struct str files;
    const struct json *list;
    return store_version_files(store, arena, version, &files, why) &&
                   json_parse(arena, files, &list, why) && loaded_read(&from, list, &out, why)
               ? out
               : NULL;
}

bool board_rule_loaded(const struct grader *grader, const struct loaded *loaded,
                       struct store *store, struct str task, struct loaded **own,
                       const struct loaded **out, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    const struct course_task *known = course_task_find(&loaded->course, task);
    struct store_board_rule rule;
    struct fault unread = { 0 };
    bool is = false, found;
    *own = NULL;
    *out = loaded;
    if (!known || !board_rule_is(loaded, store, known, &is, why))
        return false;
    if (is)
        return true;
    if (!store_board_rule(store, arena, task.at, &rule, &found, why))
        return false;
    *out = *own = read_again(grader, store, rule.version.at, &unread);
    if (!*own)
        grader_log(grader, "error", "event=board task=%s version=%.12s fault=\"%s\"", task.at,
                   rule.version.at, unread.text);
    return *own || unread.blame != BLAME_PASSING || fault_set(why, unread.blame, "%s", unread.text);
}
