/*
 * What a smart HTTP server answers to info/refs, from any bytes: what is taken are branches and
 * tags with names that may be passed on, sorted, and says the same when it is written and read
 * again.
 */
#include "grader/source/fetch_words.h"
#include "grader/source/look.h"
#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static struct str print(struct arena *arena, const struct git_refs *refs)
{
    struct text out = { .arena = arena };
    text_add(&out, S("001e# service=git-upload-pack\n0000"));
    for (size_t i = 0; i < refs->count; i++)
        text_print(&out, "%04zx%s %.*s\n", refs->at[i].name.len + GIT_ID_TEXT + 5, refs->at[i].id,
                   STR_ARGS(refs->at[i].name));
    text_add(&out, S("0000"));
    return text_str(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    scoped_arena arena = arena_open(NULL);
    struct git_refs refs = { .count = 0 }, again = { .count = 0 };
    struct fault why = { .text = "" };
    char seen[SHA256_HEX], seen_again[SHA256_HEX];
    bool twice = false; /* one name with two values: in either order */
    if (!look_refs_parse(arena, (struct str){ (const char *)bytes, size }, &refs, &why)) {
        check(why.text[0] && refs.count == 0);
        return 0;
    }
    check(refs.count <= FETCH_REFS_MOST);
    for (size_t i = 0; i < refs.count; i++) {
        check(fetch_ref_check(refs.at[i].name) && git_id_check(str_of(refs.at[i].id)));
        int order = i == 0 ? -1 : str_order(refs.at[i - 1].name, refs.at[i].name);
        check(order <= 0);
        twice = twice || order == 0;
    }
    check(look_refs_parse(arena, print(arena, &refs), &again, &why) && again.count == refs.count);
    look_digest(&refs, seen);
    look_digest(&again, seen_again);
    check(twice || memcmp(seen, seen_again, sizeof seen) == 0);
    return 0;
}
