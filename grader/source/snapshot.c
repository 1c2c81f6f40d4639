/* Snapshots: the files of one commit. */
#include "grader/source/snapshot.h"
#include "grader/source/snapshot_walk.h"

struct snapshot_limits snapshot_limits_full(const struct snapshot_limits *given)
{
    struct snapshot_limits limits = given ? *given : (struct snapshot_limits){ .entries = 0 };
    if (limits.entries == 0)
        limits.entries = SNAPSHOT_ENTRIES_MOST;
    if (limits.bytes_total == 0)
        limits.bytes_total = (uint64_t)SNAPSHOT_MB_MOST << 20;
    if (limits.file_bytes == 0 || limits.file_bytes > limits.bytes_total)
        limits.file_bytes = limits.bytes_total;
    return limits;
}

bool snapshot_refuse(const struct snapshot *snapshot, struct fault *why)
{
    struct str first = str_until(snapshot->problems[0], 200);
    if (snapshot->problem_count == 1)
        return fault_set(why, BLAME_OPEN, "%.*s", STR_ARGS(first));
    return fault_set(why, BLAME_OPEN, "%.*s (and %zu more)", STR_ARGS(first),
                     snapshot->problem_count - 1);
}

static bool put_all(struct git_store *store, const struct snapshot_put *put, struct snapshot *out,
                    struct fault *why)
{
    for (size_t i = 0; i < out->count; i++) {
        __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
        struct snapshot_file *file = &out->files[i];
        if (!git_store_read(store, file->blob, GIT_KIND_BLOB, file->bytes, &raw, why) ||
            !put->put(put->at, raw.bytes, file->sha256, why))
            return fault_within(why, "%.*s", STR_ARGS(str_until(file->path, 100)));
    }
    return true;
}

bool snapshot_take(struct arena *arena, int mirror, const char *commit,
                   const struct snapshot_limits *limits, const struct snapshot_put *put,
                   struct snapshot *out, struct fault *why)
{
    *out = (struct snapshot){ .count = 0 };
    if (!git_id_check(str_of(commit)))
        return fault_set(why, BLAME_OPEN, "a commit id has 40 lower-case hex digits");
    memcpy(out->commit, commit, GIT_ID_TEXT);
    __attribute__((cleanup(git_store_scoped))) struct git_store *store =
        git_store_open(mirror, why);
    if (!store || !snapshot_tree_of(store, commit, out->tree, why))
        return false;
    struct snapshot_walk walk = {
        .arena = arena, .store = store, .limits = snapshot_limits_full(limits), .out = out
    };
    if (!snapshot_walk_all(&walk, why))
        return false;
    if (out->problem_count == 0)
        return put_all(store, put, out, why);
    return snapshot_refuse(out, why);
}

/* The entry of this name in a tree; *found tells. */
static bool find_entry(struct git_store *store, const char *tree, struct str name, bool *found,
                       struct snapshot_entry *out, struct fault *why)
{
    __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
    if (!git_store_read(store, tree, GIT_KIND_TREE, SNAPSHOT_TREE_BYTES_MOST, &raw, why))
        return false;
    struct str rest = raw.bytes;
    bool malformed = false;
    *found = false;
    while (!*found && snapshot_entry_cut(&rest, out, &malformed))
        *found = str_equal(out->name, name);
    return true;
}

bool snapshot_file(struct arena *arena, int mirror, const char *commit, struct str path,
                   uint64_t most, bool *found, struct str *out, struct fault *why)
{
    char at[GIT_ID_TEXT];
    __attribute__((cleanup(git_store_scoped))) struct git_store *store =
        git_store_open(mirror, why);
    *found = false;
    if (!store || !snapshot_tree_of(store, commit, at, why))
        return false;
    struct snapshot_entry entry;
    struct str part;
    while (str_cut(&path, '/', &part)) {
        if (!find_entry(store, at, part, found, &entry, why))
            return false;
        if (!*found)
            return true;
        memcpy(at, entry.id, sizeof at);
        bool last = path.at == NULL;
        uint32_t kind = entry.mode & 0170000;
        *found = kind == (last ? 0100000u : 0040000u);
        if (!*found)
            return true;
    }
    __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
    if (!git_store_read(store, at, GIT_KIND_BLOB, most, &raw, why))
        return false;
    *out = str_keep(arena, raw.bytes);
    return true;
}
