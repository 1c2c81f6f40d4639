/* The bytes of a data file. */
#include "core/data/source.h"
#include "core/base/unpack.h"
#include <sys/stat.h>

void source_close(struct source *source)
{
    arena_unmap(source->map);
    *source = (struct source){ 0 };
}

void source_scoped(struct source *source)
{
    source_close(source);
}

static bool source_unpack(struct arena *arena, size_t most, struct source *out, struct fault *why)
{
    struct str bytes;
    out->was_packed = true;
    if (!bytes_unpack(arena, out->bytes, most, &bytes, why)) {
        source_close(out);
        return false;
    }
    arena_unmap(out->map);
    out->map = NULL;
    out->bytes = bytes;
    return true;
}

bool source_open(struct arena *arena, int fd, size_t most, bool packed_too, struct source *out,
                 struct fault *why)
{
    struct stat st;
    *out = (struct source){ 0 };
    if (fstat(fd, &st) != 0)
        return fault_errno(why, "could not look at the file");
    if (S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= most) {
        out->map = arena_map(arena, fd, (size_t)st.st_size);
        if (out->map)
            out->bytes = (struct str){ out->map->at, out->map->len };
    }
    if (!out->map && !fd_load(arena, fd, most, &out->bytes, why))
        return false;
    return !packed_too || !bytes_are_packed(out->bytes) || source_unpack(arena, most, out, why);
}
