/* Digests of a course's files, kept by their identity, size and times. */
#include "grader/course/version_known.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include <string.h>

#define NAME "cache/digests.json"
#define FILES_MOST 4096
#define BYTES_MOST ((size_t)4 << 20)
#define SECOND 1000000000

struct row {
    const char *path;
    int64_t device, inode, bytes, modified_ns, changed_ns;
    char sha256[SHA256_HEX];
    bool used; /* found or put since the load: the others are of files that are gone */
};

struct version_known {
    struct arena *arena;
    struct row rows[FILES_MOST];
    size_t count;
    bool changed;
};

static int64_t nanoseconds(struct timespec at)
{
    return (int64_t)at.tv_sec * SECOND + at.tv_nsec;
}

static void row_read(struct version_known *known, const struct json *from)
{
    struct str sha256 = json_get_text(from, "sha256", "");
    struct str path = json_get_text(from, "path", "");
    if (known->count == FILES_MOST || !path.len || !sha256_is_hex(sha256))
        return;
    struct row *row = &known->rows[known->count++];
    *row = (struct row){ .path = str_zero(known->arena, path),
                         .device = json_get_int(from, "device", 0),
                         .inode = json_get_int(from, "inode", 0),
                         .bytes = json_get_int(from, "bytes", -1),
                         .modified_ns = json_get_int(from, "modified_ns", 0),
                         .changed_ns = json_get_int(from, "changed_ns", 0) };
    memcpy(row->sha256, sha256.at, sha256.len + 1);
}

struct version_known *version_known_load(struct arena *arena, int state)
{
    struct version_known *known = arena_new(arena, struct version_known);
    struct fault ignored = { 0 };
    struct str bytes;
    const struct json *list;
    known->arena = arena;
    if (!file_load(arena, state, NAME, BYTES_MOST, &bytes, &ignored) ||
        !json_parse(arena, bytes, &list, &ignored))
        return known;
    for (size_t i = 0; list->kind == JSON_LIST && i < list->count; i++)
        row_read(known, &list->members[i]);
    return known;
}

static struct row *row_find(const struct version_known *known, const char *path)
{
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->rows[i].path, path) == 0)
            return (struct row *)&known->rows[i];
    return NULL;
}

const char *version_known_find(const struct version_known *known, const char *path,
                               const struct stat *info)
{
    struct row *row = known ? row_find(known, path) : NULL;
    if (!row || row->device != (int64_t)info->st_dev || row->inode != (int64_t)info->st_ino ||
        row->bytes != info->st_size || row->modified_ns != nanoseconds(info->st_mtim) ||
        row->changed_ns != nanoseconds(info->st_ctim))
        return NULL;
    row->used = true;
    return row->sha256;
}

void version_known_put(struct version_known *known, const char *path, const struct stat *info,
                       const char sha256[SHA256_HEX], int64_t hashed_s)
{
    time_t newest =
        info->st_mtim.tv_sec > info->st_ctim.tv_sec ? info->st_mtim.tv_sec : info->st_ctim.tv_sec;
    if (!known || newest > hashed_s - KNOWN_OLD_S)
        return;
    struct row *row = row_find(known, path);
    if (!row && known->count == FILES_MOST)
        return;
    if (!row)
        row = &known->rows[known->count++];
    *row = (struct row){ .path = str_zero(known->arena, str_of(path)),
                         .device = (int64_t)info->st_dev,
                         .inode = (int64_t)info->st_ino,
                         .bytes = info->st_size,
                         .modified_ns = nanoseconds(info->st_mtim),
                         .changed_ns = nanoseconds(info->st_ctim),
                         .used = true };
    memcpy(row->sha256, sha256, SHA256_HEX);
    known->changed = true;
}

void version_known_save(const struct version_known *known, int state)
{
    scoped_arena arena = arena_open(NULL);
    struct fault ignored = { 0 };
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    bool changed = known->changed;
    json_open_list(&out, NULL);
    for (size_t i = 0; i < known->count; i++) {
        const struct row *row = &known->rows[i];
        changed |= !row->used;
        if (!row->used)
            continue;
        json_open_map(&out, NULL);
        json_add_zero(&out, "path", row->path);
        json_add_zero(&out, "sha256", row->sha256);
        json_add_int(&out, "device", row->device);
        json_add_int(&out, "inode", row->inode);
        json_add_int(&out, "bytes", row->bytes);
        json_add_int(&out, "modified_ns", row->modified_ns);
        json_add_int(&out, "changed_ns", row->changed_ns);
        json_close_map(&out);
    }
    json_close_list(&out);
    if (changed)
        file_save(state, NAME, text_str(&text), 0644, &ignored);
}
