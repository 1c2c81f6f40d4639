/* pipeline.yaml from a team: read or refused, never more. */
#include "core/learn/recipe.h"
#include <stdlib.h>

/* libfyaml 0.7.12 loses the buffer of a quoted text that it refuses: 64 KiB a file at most. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct arena *arena = arena_open(NULL);
    struct complaints *to = arena_new(arena, struct complaints);
    struct recipe *recipe = arena_new(arena, struct recipe);
    to->arena = arena;
    bool read =
        recipe_parse(arena, "pipeline.yaml", (struct str){ (const char *)bytes, size }, recipe, to);
    if (read != (to->count == 0) || (read && !recipe->learner))
        abort();
    if (read && !recipe->target.len && !(recipe->learner->targets & TARGET_NONE))
        abort();
    arena_drop(arena);
    return 0;
}
