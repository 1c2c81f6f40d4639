/* CSV files to tables. */
#include "core/base/file.h"
#include "core/data/csv.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct mapping {
    void *at;
    size_t len;
};

static void mapping_scoped(struct mapping *mapping)
{
    if (mapping->at)
        munmap(mapping->at, mapping->len);
}

bool csv_load_fd(struct arena *arena, int fd, const struct csv_options *how, struct table *out,
                 struct fault *why)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fault_errno(why, "could not look at the file");
    size_t bytes_most = how && how->bytes_most ? how->bytes_most : CSV_BYTES_MOST;
    scoped(mapping) struct mapping map = { 0 };
    struct str bytes = { 0 };
    if (S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= bytes_most) {
        map.len = (size_t)st.st_size;
        map.at = mmap(NULL, map.len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (map.at == MAP_FAILED)
            map.at = NULL;
        bytes = (struct str){ map.at, map.len };
    }
    if (!map.at && !fd_load(arena, fd, bytes_most, &bytes, why))
        return how && how->file.len ? fault_within(why, "%.*s", STR_ARGS(str_until(how->file, 100)))
                                    : false;
    return csv_parse(arena, bytes, how, out, why);
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
