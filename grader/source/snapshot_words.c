/* What parent and child of a snapshot say to each other. */
#include "grader/source/snapshot_words.h"
#include "core/base/json.h"
#include "grader/source/shown.h"
#include "grader/source/snapshot_name.h"
#include <limits.h>

#define PROBLEM_BYTES_MOST 400

struct str snapshot_request_print(struct arena *arena, const char *commit,
                                  const struct snapshot_limits *limits, int deadline_ms)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_zero(&out, "snapshot", commit);
    json_add_int(&out, "entries", limits->entries);
    json_add_int(&out, "file_bytes", (int64_t)limits->file_bytes);
    json_add_int(&out, "bytes_total", (int64_t)limits->bytes_total);
    json_add_int(&out, "deadline_ms", deadline_ms);
    json_close_map(&out);
    return text_str(&text);
}

bool snapshot_request_parse(struct arena *arena, struct str bytes, const char **commit,
                            struct snapshot_limits *limits, int *deadline_ms)
{
    const struct json *json;
    struct fault ignored;
    if (!json_parse(arena, bytes, &json, &ignored))
        return false;
    struct str id = json_get_text(json, "snapshot", "");
    int64_t deadline = json_get_int(json, "deadline_ms", 0);
    if (!git_id_check(id) || deadline < 1 || deadline > INT_MAX)
        return false;
    *commit = id.at;
    *limits =
        (struct snapshot_limits){ .entries = (uint32_t)json_get_int(json, "entries", 0),
                                  .file_bytes = (uint64_t)json_get_int(json, "file_bytes", 0),
                                  .bytes_total = (uint64_t)json_get_int(json, "bytes_total", 0) };
    *deadline_ms = (int)deadline;
    return true;
}

struct str snapshot_manifest_print(struct arena *arena, const struct snapshot *snapshot,
                                   const struct fault *fault)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    size_t said = snapshot->problem_count;
    json_open_map(&out, NULL);
    if (fault) {
        json_add_text(&out, "fault", shown_text(arena, str_of(fault->text), sizeof fault->text));
        json_add_bool(&out, "passing", fault->blame == BLAME_PASSING);
    }
    json_add_zero(&out, "tree", snapshot->tree);
    json_add_int(&out, "problem_count", (int64_t)said);
    json_open_list(&out, "problems");
    for (size_t i = 0; i < said && i <= SNAPSHOT_PROBLEMS_MOST; i++)
        json_add_text(&out, NULL, snapshot->problems[i]);
    json_close_list(&out);
    json_open_list(&out, "files");
    for (size_t i = 0; said == 0 && !fault && i < snapshot->count; i++) {
        const struct snapshot_file *file = &snapshot->files[i];
        json_open_map(&out, NULL);
        json_add_text(&out, "path", file->path);
        json_add_int(&out, "mode", file->mode);
        json_add_int(&out, "bytes", (int64_t)file->bytes);
        json_add_zero(&out, "blob", file->blob);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}

bool snapshot_path_check(struct str path)
{
    struct str part;
    if (path.len == 0 || path.len > SNAPSHOT_PATH_MOST)
        return false;
    while (str_cut(&path, '/', &part))
        if (snapshot_name_check(part))
            return false;
    return true;
}

static bool parse_file(const struct json *json, const struct snapshot_limits *limits,
                       struct snapshot_file *out)
{
    struct str blob = json_get_text(json, "blob", "");
    int64_t mode = json_get_int(json, "mode", 0);
    int64_t bytes = json_get_int(json, "bytes", -1);
    out->path = json_get_text(json, "path", "");
    if (!snapshot_path_check(out->path) || !git_id_check(blob) || (mode != 0644 && mode != 0755) ||
        bytes < 0 || (uint64_t)bytes > limits->file_bytes)
        return false;
    out->mode = (uint16_t)mode;
    out->bytes = (uint64_t)bytes;
    memcpy(out->blob, blob.at, GIT_ID_TEXT);
    return true;
}

static bool parse_files(struct arena *arena, const struct json *list,
                        const struct snapshot_limits *limits, struct snapshot *out)
{
    if (!list || list->kind != JSON_LIST || list->count > limits->entries)
        return false;
    out->files = arena_array(arena, struct snapshot_file, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (!parse_file(&list->members[i], limits, &out->files[i]) ||
            (i > 0 && str_order(out->files[i - 1].path, out->files[i].path) >= 0))
            return false;
        out->bytes_total += out->files[i].bytes;
        if (out->bytes_total > limits->bytes_total)
            return false;
    }
    out->count = list->count;
    return true;
}

static bool parse_problems(struct arena *arena, const struct json *json, struct snapshot *out)
{
    const struct json *list = json_get(json, "problems");
    int64_t count = json_get_int(json, "problem_count", -1);
    if (!list || list->kind != JSON_LIST || list->count > SNAPSHOT_PROBLEMS_MOST + 1 || count < 0 ||
        count > INT_MAX || (size_t)count < list->count || (count > 0 && list->count == 0))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (list->members[i].kind != JSON_TEXT)
            return false;
        out->problems[i] = shown_text(arena, list->members[i].text, PROBLEM_BYTES_MOST);
    }
    out->problem_count = (size_t)count;
    return true;
}

bool snapshot_manifest_parse(struct arena *arena, struct str bytes,
                             const struct snapshot_limits *limits, struct snapshot *out,
                             struct fault *why)
{
    const struct json *json;
    if (!json_parse(arena, bytes, &json, why))
        return fault_set(why, BLAME_SYSTEM, "the snapshot process gave no readable manifest");
    struct str fault = shown_text(arena, json_get_text(json, "fault", ""), sizeof why->text - 1);
    struct str tree = json_get_text(json, "tree", "");
    if (fault.len > 0)
        return fault_set(why, json_get_bool(json, "passing", false) ? BLAME_PASSING : BLAME_OPEN,
                         "%.*s", STR_ARGS(fault));
    if (!git_id_check(tree) || !parse_problems(arena, json, out) ||
        !parse_files(arena, json_get(json, "files"), limits, out)) {
        *out = (struct snapshot){ .count = 0 };
        return fault_set(why, BLAME_SYSTEM, "the snapshot process gave a malformed manifest");
    }
    memcpy(out->tree, tree.at, GIT_ID_TEXT);
    return true;
}
