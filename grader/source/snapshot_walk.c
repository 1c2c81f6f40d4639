/* Walking a commit's tree with all rules of a snapshot. */
#include "grader/source/snapshot_walk.h"
#include "grader/source/shown.h"
#include "grader/source/snapshot_name.h"
#include <stdio.h>
#include <stdlib.h>

#define MODE_DIR 040000
#define MODE_LINK 0120000
#define MODE_SUBMODULE 0160000
#define MODE_FILE 0100000
#define LINK_BYTES_MOST 4096
#define LFS_POINTER_BYTES_MOST 1024 /* Git LFS's own bound */
#define SHOWN_PATH 120

__attribute__((format(printf, 3, 4))) static void problem(struct snapshot_walk *walk,
                                                          struct str path, const char *format, ...)
{
    struct snapshot *out = walk->out;
    char rest[200];
    va_list args;
    if (out->problem_count++ >= SNAPSHOT_PROBLEMS_MOST)
        return;
    va_start(args, format);
    vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    struct str shown = shown_text(walk->arena, path, SHOWN_PATH);
    out->problems[out->problem_count - 1] =
        str_of(arena_print(walk->arena, "%.*s%s%s", STR_ARGS(shown), shown.len ? " " : "", rest));
}

bool snapshot_tree_of(struct git_store *store, const char *commit, char tree[GIT_ID_TEXT],
                      struct fault *why)
{
    __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
    if (!git_store_read(store, commit, GIT_KIND_COMMIT, SNAPSHOT_COMMIT_BYTES_MOST, &raw, why))
        return false;
    struct str id = str_until(str_from(raw.bytes, 5), GIT_ID_TEXT - 1);
    if (!str_starts(raw.bytes, S("tree ")) || !git_id_check(id))
        return fault_set(why, BLAME_OPEN, "commit %s named no tree", commit);
    memcpy(tree, id.at, id.len);
    tree[id.len] = 0;
    return true;
}

bool snapshot_entry_cut(struct str *rest, struct snapshot_entry *out, bool *malformed)
{
    static const char digits[] = "0123456789abcdef";
    size_t blank, zero;
    if (rest->len == 0)
        return false;
    *malformed = true;
    if (!str_find(*rest, ' ', &blank) || blank == 0 || blank > 7)
        return false;
    out->mode = 0;
    for (size_t i = 0; i < blank; i++) {
        if (rest->at[i] < '0' || rest->at[i] > '7')
            return false;
        out->mode = out->mode * 8 + (uint32_t)(rest->at[i] - '0');
    }
    struct str name = str_from(*rest, blank + 1);
    if (!str_find(name, 0, &zero) || name.len - zero - 1 < 20)
        return false;
    out->name = str_until(name, zero);
    for (size_t i = 0; i < 20; i++) {
        unsigned char byte = (unsigned char)name.at[zero + 1 + i];
        out->id[2 * i] = digits[byte >> 4];
        out->id[2 * i + 1] = digits[byte & 15];
    }
    out->id[GIT_ID_TEXT - 1] = 0;
    *rest = str_from(name, zero + 21);
    *malformed = false;
    return true;
}

static struct snapshot_file *grow(struct arena *arena, struct snapshot_file **list, size_t *count,
                                  size_t *room)
{
    if (*count == *room) {
        size_t more = *room ? *room * 2 : 64;
        *list = arena_grow(arena, *list, *room * sizeof **list, more * sizeof **list);
        *room = more;
    }
    struct snapshot_file *file = &(*list)[(*count)++];
    *file = (struct snapshot_file){ .mode = 0644 };
    return file;
}

static const char *size_text(uint64_t bytes, char out[32])
{
    if (bytes < 1024)
        snprintf(out, 32, "%d byte%s", (int)bytes, bytes == 1 ? "" : "s");
    else if (bytes < 1048576)
        snprintf(out, 32, "%.1f KB", (double)bytes / 1024.0);
    else
        snprintf(out, 32, "%.1f MB", (double)bytes / 1048576.0);
    return out;
}

/* A pointer stands in the place of a file that the repository itself does not hold. */
static bool check_lfs(struct snapshot_walk *walk, const struct snapshot_file *file,
                      struct fault *why)
{
    __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
    uint64_t promised;
    if (file->bytes > LFS_POINTER_BYTES_MOST)
        return true;
    if (!git_store_read(walk->store, file->blob, GIT_KIND_BLOB, LFS_POINTER_BYTES_MOST, &raw, why))
        return false;
    if (snapshot_is_lfs_pointer(raw.bytes, &promised))
        problem(walk, file->path,
                "is a Git LFS pointer (to %s); commit the file itself, at most %.1f MB",
                size_text(promised, (char[32]){ "" }), (double)walk->limits.file_bytes / 1048576.0);
    return true;
}

static bool add_file(struct snapshot_walk *walk, struct snapshot_file wanted, struct fault *why)
{
    struct snapshot *out = walk->out;
    enum git_kind kind;
    if (!git_store_measure(walk->store, wanted.blob, &kind, &wanted.bytes))
        return fault_set(why, BLAME_OPEN, "file %.*s was not in the mirror", STR_ARGS(wanted.path));
    if (kind != GIT_KIND_BLOB) {
        problem(walk, wanted.path, "is listed as a file and is none");
        return true;
    }
    if (wanted.bytes > walk->limits.file_bytes) {
        problem(walk, wanted.path, "has %llu bytes, %llu are allowed for a file",
                (unsigned long long)wanted.bytes, (unsigned long long)walk->limits.file_bytes);
        return true;
    }
    out->bytes_total += wanted.bytes;
    if (out->bytes_total > walk->limits.bytes_total) {
        problem(walk, S(""), "the files come to more than %llu bytes, which are allowed in total",
                (unsigned long long)walk->limits.bytes_total);
        walk->full = true;
        return true;
    }
    *grow(walk->arena, &out->files, &out->count, &walk->file_room) = wanted;
    return check_lfs(walk, &wanted, why);
}

static bool walk_tree(struct snapshot_walk *walk, const char *id, struct str path, int depth,
                      struct fault *why);

static bool walk_entry(struct snapshot_walk *walk, const struct snapshot_entry *entry,
                       struct str path, int depth, struct fault *why)
{
    const char *wrong = snapshot_name_check(entry->name);
    struct snapshot_file file = { .path = path, .mode = entry->mode & 0111 ? 0755 : 0644 };
    memcpy(file.blob, entry->id, GIT_ID_TEXT);
    if (wrong) {
        problem(walk, path, "%s", wrong);
        return true;
    }
    if (path.len > SNAPSHOT_PATH_MOST) {
        problem(walk, path, "has a path of %zu bytes, %d are allowed", path.len,
                SNAPSHOT_PATH_MOST);
        return true;
    }
    switch (entry->mode & 0170000) {
    case MODE_FILE:
        return add_file(walk, file, why);
    case MODE_DIR:
        return walk_tree(walk, entry->id, path, depth + 1, why);
    case MODE_LINK:
        *grow(walk->arena, &walk->links, &walk->link_count, &walk->link_room) = file;
        return true;
    case MODE_SUBMODULE:
        problem(walk, path, "is a submodule; commit the files themselves");
        return true;
    default:
        problem(walk, path, "has the unknown kind %o", entry->mode);
        return true;
    }
}

static int name_order(const void *a, const void *b)
{
    return snapshot_name_order(*(const struct str *)a, *(const struct str *)b);
}

static void check_twins(struct snapshot_walk *walk, struct str dir, struct str *names, size_t count)
{
    qsort(names, count, sizeof *names, name_order);
    for (size_t i = 1; i < count; i++)
        if (snapshot_name_order(names[i - 1], names[i]) == 0) {
            struct str shown = shown_text(walk->arena, names[i - 1], SHOWN_PATH);
            struct str path = str_of(arena_print(walk->arena, "%.*s%s%.*s", STR_ARGS(dir),
                                                 dir.len ? "/" : "", STR_ARGS(names[i])));
            problem(walk, path, "and %.*s differ in case only", STR_ARGS(shown));
        }
}

static bool walk_tree(struct snapshot_walk *walk, const char *id, struct str path, int depth,
                      struct fault *why)
{
    __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
    if (depth > SNAPSHOT_DEPTH_MOST) {
        problem(walk, path, "is nested deeper than %d directories", SNAPSHOT_DEPTH_MOST);
        return true;
    }
    if (!git_store_read(walk->store, id, GIT_KIND_TREE, SNAPSHOT_TREE_BYTES_MOST, &raw, why))
        return false;
    struct str rest = raw.bytes;
    struct snapshot_entry entry;
    bool malformed = false;
    struct str *names = arena_array(walk->arena, struct str, rest.len / 23 + 1);
    size_t count = 0;
    while (!walk->full && snapshot_entry_cut(&rest, &entry, &malformed)) {
        if (++walk->entries > walk->limits.entries) {
            problem(walk, S(""), "the repository has more than %u files and directories",
                    walk->limits.entries);
            walk->full = true;
            break;
        }
        names[count++] = entry.name;
        struct str child = str_of(arena_print(walk->arena, "%.*s%s%.*s", STR_ARGS(path),
                                              path.len ? "/" : "", STR_ARGS(entry.name)));
        if (!walk_entry(walk, &entry, child, depth, why))
            return false;
    }
    if (malformed)
        problem(walk, path, "is a malformed directory");
    check_twins(walk, path, names, count);
    return true;
}

static int path_order(const void *a, const void *b)
{
    return str_order(((const struct snapshot_file *)a)->path,
                     ((const struct snapshot_file *)b)->path);
}

static bool resolve_link(struct snapshot_walk *walk, const struct snapshot_file *link,
                         size_t file_count, struct fault *why)
{
    __attribute__((cleanup(git_bytes_scoped))) struct git_bytes raw = { .held = NULL };
    if (!git_store_read(walk->store, link->blob, GIT_KIND_BLOB, LINK_BYTES_MOST, &raw, why))
        return false;
    struct snapshot_file key = { .mode = 0 };
    struct str shown = shown_text(walk->arena, raw.bytes, 60);
    if (!snapshot_link_target(walk->arena, link->path, raw.bytes, &key.path)) {
        problem(walk, link->path, "is a symbolic link that leaves the repository (to %.*s)",
                STR_ARGS(shown));
        return true;
    }
    const struct snapshot_file *target =
        bsearch(&key, walk->out->files, file_count, sizeof key, path_order);
    if (!target) {
        problem(walk, link->path,
                "is a symbolic link to %.*s; only a link to a regular file of the repository is "
                "allowed",
                STR_ARGS(shown));
        return true;
    }
    struct snapshot_file file = *target;
    file.path = link->path;
    return add_file(walk, file, why);
}

bool snapshot_walk_all(struct snapshot_walk *walk, struct fault *why)
{
    struct snapshot *out = walk->out;
    if (!walk_tree(walk, out->tree, S(""), 0, why))
        return false;
    if (out->count > 0)
        qsort(out->files, out->count, sizeof *out->files, path_order);
    size_t file_count = out->count;
    for (size_t i = 0; i < walk->link_count && !walk->full; i++)
        if (!resolve_link(walk, &walk->links[i], file_count, why))
            return false;
    if (out->count > file_count)
        qsort(out->files, out->count, sizeof *out->files, path_order);
    if (out->problem_count > SNAPSHOT_PROBLEMS_MOST)
        out->problems[SNAPSHOT_PROBLEMS_MOST] = str_of(
            arena_print(walk->arena, "and %zu more", out->problem_count - SNAPSHOT_PROBLEMS_MOST));
    return true;
}
