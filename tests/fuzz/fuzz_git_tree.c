/* Tree objects from any bytes: entries lie within them, good names are harmless, links never
 * leave the root. */
#include "grader/source/snapshot_name.h"
#include "grader/source/snapshot_walk.h"
#include "grader/source/fetch_words.h"
#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_link(struct arena *arena, struct str path, struct str target)
{
    struct str out, part;
    if (!snapshot_link_target(arena, path, target, &out))
        return;
    check(target.len > 0 && target.at[0] != '/');
    while (out.len > 0 && str_cut(&out, '/', &part))
        check(part.len > 0 && !str_is(part, "..") && !str_is(part, "."));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    scoped_arena arena = arena_open(NULL);
    struct str rest = { (const char *)bytes, size };
    struct snapshot_entry entry;
    struct fetch_result result;
    struct fault why;
    bool malformed = false;
    uint64_t promised;
    snapshot_is_lfs_pointer(rest, &promised);
    fetch_result_parse(arena, rest, &result, &why);
    check_link(arena, S("a/b/c"), rest);
    while (snapshot_entry_cut(&rest, &entry, &malformed)) {
        check(git_id_check(str_of(entry.id)) && entry.name.at >= (const char *)bytes);
        check(entry.name.at + entry.name.len + 21 <= (const char *)bytes + size);
        if (!snapshot_name_check(entry.name)) {
            check(!memchr(entry.name.at, '/', entry.name.len) && entry.name.len > 0);
            check(entry.name.len != 4 || strncasecmp(entry.name.at, ".git", 4) != 0);
        }
        check_link(arena, S("dir/link"), entry.name);
    }
    check(malformed || rest.len == 0);
    return 0;
}
