/* CSV files to tables. */
#include "core/data/csv.h"
#include "core/data/source.h"
#include <fcntl.h>

bool csv_load_fd(struct arena *arena, int fd, const struct csv_options *how, struct table *out,
                 struct fault *why)
{
    size_t bytes_most = how && how->bytes_most ? how->bytes_most : CSV_BYTES_MOST;
    scoped(source) struct source source;
    if (!source_open(arena, fd, bytes_most, false, &source, why))
        return how && how->file.len ? fault_within(why, "%.*s", STR_ARGS(str_until(how->file, 100)))
                                    : false;
    return csv_parse(arena, source.bytes, how, out, why);
}

bool csv_load(struct arena *arena, int dir, const char *path, const struct csv_options *how,
              struct table *out, struct fault *why)
{
    scoped(fd) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fault_errno(why, "%s", path);
    struct csv_options named = how ? *how : (struct csv_options){ 0 };
    if (!named.file.len)
        named.file = str_of(path);
    return csv_load_fd(arena, fd, &named, out, why);
}
