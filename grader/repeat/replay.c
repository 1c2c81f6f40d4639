/* Beginning a run that is done again: its receipt, its course, its files. */
#include "grader/repeat/replay.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/repeat/receipts.h"
#include "grader/steps/receipt.h"
#include "grader/store/batch.h"
#include <stdio.h>

#define FILES_BYTES_MOST ((size_t)1 << 30) /* sealed predictions */

bool run_is_again(const struct run *run)
{
    return run->claim.purpose.len > 0;
}

bool run_is_replay(const struct run *run)
{
    return str_is(run->claim.purpose, "replay");
}

static bool receipt_load(struct run *run, struct fault *why)
{
    struct str bytes;
    const char *path = arena_print(run->arena, "receipts/%s.json", run->claim.of_run.at);
    if (!file_load(run->arena, run->grader->state, path, RECEIPT_BYTES_MOST, &bytes, why) ||
        !json_parse(run->arena, bytes, &run->again.receipt, why))
        return fault_within(why, "%s", path);
    return true;
}

static bool course_load_again(struct run *run, struct fault *why)
{
    struct str files;
    const struct json *list;
    struct loaded_from from = { &run->grader->artifacts, &run->grader->sealed,
                                run->grader->scratch };
    if (!store_version_files(run->store, run->arena, run->claim.version, &files, why) ||
        !json_parse(run->arena, files, &list, why) ||
        !loaded_read(&from, list, &run->again.own, why))
        return false;
    run->loaded = run->again.own;
    return true;
}

bool replay_begin(struct run *run, struct fault *why)
{
    if (!run_is_again(run) || run->again.receipt)
        return true;
    if (receipt_load(run, why) && (!run_is_replay(run) || course_load_again(run, why)))
        return true;
    why->blame = BLAME_SYSTEM;
    return false;
}

void replay_end(struct run *run)
{
    loaded_free(run->again.own);
    run->again.own = NULL;
}

static bool file_take(const struct run *run, const struct json *from, struct snapshot_file *out)
{
    struct str sha256 = json_get_text(from, "sha256", "");
    out->path = json_get_text(from, "path", "");
    out->mode = (uint16_t)json_get_int(from, "mode", 0);
    out->bytes = (uint64_t)json_get_int(from, "bytes", 0);
    if (!out->path.len || !sha256_is_hex(sha256) || (out->mode != 0644 && out->mode != 0755))
        return false;
    memcpy(out->sha256, sha256.at, SHA256_HEX);
    return artifacts_has(&run->grader->artifacts, out->sha256);
}

bool replay_snapshot(struct run *run, bool *found, struct fault *why)
{
    (void)why;
    const struct json *list = json_get(run->again.receipt, "snapshot");
    struct snapshot *tree = &run->snapshot.tree;
    *found = false;
    if (!list || list->kind != JSON_LIST || !list->count)
        return true;
    *tree =
        (struct snapshot){ .count = list->count,
                           .files = arena_array(run->arena, struct snapshot_file, list->count) };
    snprintf(tree->commit, sizeof tree->commit, "%s", run->claim.commit.at);
    snprintf(tree->tree, sizeof tree->tree, "%s", json_get_text(run->again.receipt, "tree", "").at);
    for (size_t i = 0; i < list->count; i++) {
        if (!file_take(run, &list->members[i], &tree->files[i])) {
            *tree = (struct snapshot){ .count = 0 };
            return true;
        }
        tree->bytes_total += tree->files[i].bytes;
    }
    *found = true;
    return true;
}

static bool sealed_load(void *at, struct arena *arena, struct str sha256, struct str *out)
{
    const struct run *run = at;
    struct fault ignored = { 0 };
    return sha256_is_hex(sha256) &&
           artifacts_load(&run->grader->sealed, sha256.at, arena, FILES_BYTES_MOST, out, &ignored);
}

bool replay_judge(struct run *run, struct fault *why)
{
    struct str text;
    struct replay_pair pair = { .before = run->again.receipt, .load = sealed_load, .at = run };
    if (!run_is_replay(run) || !run->again.receipt)
        return true;
    if (!receipt_print(run, "", &text, why) || !json_parse(run->arena, text, &pair.now, why))
        return false;
    replay_compare(run->arena, &pair, &run->again.rows, &run->again.row_count);
    return true;
}
