/*
 * What the process that took a snapshot says, from any bytes: what is taken keeps its bounds, its
 * paths are harmless and in order, and it says the same when it is written and read again.
 */
#include "grader/source/snapshot_words.h"
#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct snapshot_limits limits = { 100, 1000, 5000 };
    scoped_arena arena = arena_open(NULL);
    struct snapshot snapshot = { .count = 0 }, again = { .count = 0 };
    struct fault why = { .text = "" };
    struct str text = { (const char *)bytes, size };
    if (!snapshot_manifest_parse(arena, text, &limits, &snapshot, &why)) {
        check(why.text[0] != 0);
        return 0;
    }
    uint64_t total = 0;
    check(snapshot.count <= limits.entries);
    for (size_t i = 0; i < snapshot.count; i++) {
        const struct snapshot_file *file = &snapshot.files[i];
        check(snapshot_path_check(file->path) && file->bytes <= limits.file_bytes);
        check(!i || str_order(snapshot.files[i - 1].path, file->path) < 0);
        check(strlen(file->blob) == GIT_ID_TEXT - 1);
        total += file->bytes;
    }
    check(total == snapshot.bytes_total && total <= limits.bytes_total);
    check(snapshot.problem_count < INT32_MAX);
    if (snapshot.problem_count) /* then the files are not said */
        return 0;
    struct str said = snapshot_manifest_print(arena, &snapshot, NULL);
    check(snapshot_manifest_parse(arena, said, &limits, &again, &why));
    check(again.count == snapshot.count && again.bytes_total == total);
    return 0;
}
