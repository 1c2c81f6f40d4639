/* Ours come first, or in front. */
#include "grader/execute/own_env.h"

static const struct own {
    const char *name;
    const char *front;     /* always; NULL: theirs takes the place of `otherwise` */
    const char *otherwise; /* behind it, without theirs; NULL: theirs does not count */
} owns[OWN_ENV_COUNT] = {
    { "PATH", "/opt/holdout/bin", "/usr/bin:/bin" },
    { "LD_LIBRARY_PATH", "/opt/holdout/lib", "" },
    { "PKG_CONFIG_PATH", "/opt/holdout/lib/pkgconfig", "" },
    { "HOME", "/tmp", NULL },
    { "LANG", NULL, "C.UTF-8" },
};

static const char *value_find(const char *const *theirs, size_t count, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(theirs[i], name, len) == 0 && theirs[i][len] == '=' && theirs[i][len + 1])
            return theirs[i] + len + 1;
    return NULL;
}

static bool is_own(const char *pair)
{
    for (size_t i = 0; i < OWN_ENV_COUNT; i++) {
        size_t len = strlen(owns[i].name);
        if (strncmp(pair, owns[i].name, len) == 0 && pair[len] == '=')
            return true;
    }
    return false;
}

void own_env(struct arena *arena, const char *const *theirs, size_t count, const char **out)
{
    for (size_t i = 0; i < OWN_ENV_COUNT; i++) {
        const struct own *own = &owns[i];
        const char *front = own->front ? own->front : "", *behind = "";
        if (own->otherwise) {
            const char *value = value_find(theirs, count, own->name);
            behind = value ? value : own->otherwise;
        }
        *out++ = arena_print(arena, "%s=%s%s%s", own->name, front, front[0] && behind[0] ? ":" : "",
                             behind);
    }
    for (size_t i = 0; i < count; i++)
        if (!is_own(theirs[i]))
            *out++ = theirs[i];
    *out = NULL;
}
