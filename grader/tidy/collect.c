/* Marking what is named, and sweeping what is not. */
#include "grader/tidy/collect.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/repeat/receipts.h"
#include "grader/store/erase.h"
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define STOP_LOOKS 64 /* receipts between two looks at whether to go on */

struct marking {
    const struct collecting *how;
    struct marks *out;
};

static bool row_skip(void *at, struct str run, bool log)
{
    const struct collecting *how = ((const struct marking *)at)->how;
    return (how->skip && marks_has(how->skip, run)) ||
           (log && how->skip_logs && marks_has(how->skip_logs, run));
}

/* All that a receipt names but its logs. */
static void tree_mark(struct marking *marking, const struct json *at)
{
    if (at->kind == JSON_TEXT && !str_is(at->key, "log"))
        marks_add_digests(marking->out, at->text);
    for (size_t i = 0; i < at->count; i++)
        tree_mark(marking, &at->members[i]);
}

static void row_mark(void *at, struct str text)
{
    struct marking *marking = at;
    marks_add_digests(marking->out, text);
}

static bool receipt_mark(struct marking *marking, int dir, const char *name, struct fault *why)
{
    scoped_arena arena = arena_open(NULL);
    struct str bytes;
    struct str run = str_until(str_of(name), ULID_TEXT - 1);
    if (row_skip(marking, run, false))
        return true;
    if (!file_load(arena, dir, name, RECEIPT_BYTES_MOST, &bytes, why))
        return false;
    const struct json *receipt;
    struct fault ignored = { 0 };
    if (row_skip(marking, run, true) && json_parse(arena, bytes, &receipt, &ignored))
        tree_mark(marking, receipt);
    else
        marks_add_digests(marking->out, bytes);
    return true;
}

static bool receipts_mark(struct marking *marking, struct fault *why)
{
    const struct grader *stop = marking->how->stop;
    scoped(fd) int dir = dir_open(marking->how->state, "receipts", why);
    int own = dir >= 0 ? dup(dir) : -1;
    DIR *entries = own >= 0 ? fdopendir(own) : NULL;
    bool ok = entries != NULL || fault_errno(why, "receipts");
    size_t count = 0;
    for (struct dirent *one; ok && (one = readdir(entries));) {
        if (one->d_name[0] == '.' || !str_ends(str_of(one->d_name), S(".json")))
            continue;
        ok = receipt_mark(marking, dir, one->d_name, why);
        if (ok && stop && ++count % STOP_LOOKS == 0 && grader_stopping(stop))
            ok = fault_set(why, BLAME_PASSING, "the grader ends");
    }
    if (entries)
        closedir(entries);
    return ok;
}

bool collect_marks(const struct collecting *how, struct marks *out, struct fault *why)
{
    struct marking marking = { how, out };
    struct store_digests rows = {
        .team = how->team, .skip = row_skip, .each = row_mark, .at = &marking
    };
    return store_digests(how->store, &rows, why) && receipts_mark(&marking, why);
}

/* ---- sweeping ---- */

struct sweeping {
    const struct collecting *how;
    const struct collect_sweep *sweep;
    const struct artifacts *root;
    struct collected *out;
    struct fault *why;
    bool ok;
};

static bool file_sweep(void *at, const char *sha256)
{
    struct sweeping *to = at;
    int64_t bytes = 0;
    bool old = false;
    if (marks_has(to->sweep->named, str_of(sha256)))
        return true;
    if (!artifacts_drop(to->root, sha256,
                        &(struct artifacts_dropping){ .before_ms = to->sweep->before_ms,
                                                      .dry = to->sweep->dry,
                                                      .bytes = &bytes,
                                                      .old = &old },
                        to->why)) {
        to->ok = false;
        return false;
    }
    *(old ? &to->out->files : &to->out->left) += 1;
    *(old ? &to->out->bytes : &to->out->left_bytes) += bytes;
    return !to->how->stop || !grader_stopping(to->how->stop);
}

bool collect_sweep(const struct collecting *how, const struct collect_sweep *sweep,
                   struct collected *out, struct fault *why)
{
    const struct artifacts *const roots[] = { how->artifacts, how->sealed };
    *out = (struct collected){ 0 };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        struct sweeping to = { how, sweep, roots[i], out, why, true };
        if (!artifacts_list(roots[i], file_sweep, &to, why) || !to.ok)
            return false;
    }
    return true;
}
