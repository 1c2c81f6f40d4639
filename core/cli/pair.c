/* Two files that take their places together. */
#include "core/cli/pair.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Another name for what stands at `path`; where links are not to be had, the file is moved away. */
static bool keep(const char *path, const char *kept, bool *was_there)
{
    struct stat found;
    unlink(kept); /* of an earlier process of our number */
    if (lstat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        errno = EISDIR;
        return false;
    }
    *was_there = true;
    if (link(path, kept) == 0)
        return true;
    *was_there = errno != ENOENT;
    return !*was_there || rename(path, kept) == 0;
}

bool pair_rename(struct arena *arena, struct pair_move first, struct pair_move second,
                 struct fault *why)
{
    const char *kept = arena_print(arena, "%s.old-%d", first.from, (int)getpid());
    bool was_there;
    if (!keep(first.to, kept, &was_there))
        return fault_errno(why, "%s", first.to);
    if (rename(first.from, first.to) != 0) {
        fault_errno(why, "%s", first.to);
        if (was_there)
            rename(kept, first.to);
        unlink(kept); /* rename leaves it where both are names of one file */
        return false;
    }
    if (rename(second.from, second.to) != 0) {
        fault_errno(why, "%s", second.to);
        rename(first.to, first.from);
        if (was_there)
            rename(kept, first.to);
        return false;
    }
    if (was_there)
        unlink(kept);
    return true;
}
