/*
 * A layer over those before it. It is read twice: the first time to hash it and to remove what it
 * says is gone, since that concerns what lay there before, wherever in the layer it stands; the
 * second time to write.
 */
#include "core/base/file.h"
#include "grader/course/environment_parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"
#define KEPT_BY_AUFS ".wh..wh." /* others that start so are notes of a file system */

static bool is_whiteout(const char *name)
{
    const char *slash = strrchr(name, '/');
    return strncmp(slash ? slash + 1 : name, WHITEOUT, strlen(WHITEOUT)) == 0;
}

static bool is_gone(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

static bool inside_remove(int dir, struct fault *why)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    bool ok = list || fault_errno(why, "could not be listed");
    for (struct dirent *one; ok && list && (one = readdir(list));)
        if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0)
            ok = dir_remove(dir, one->d_name, why);
    if (list)
        closedir(list);
    return ok;
}

static bool whiteout_apply(struct unpacking *work, struct tar_entry *entry, struct fault *why)
{
    const char *last;
    if (!unpacking_name(entry->name, why))
        return false;
    if (!is_whiteout(entry->name))
        return true;
    scoped(fd) int dir = unpacking_parent(work, entry->name, false, &last);
    if (dir < 0)
        return is_gone(errno) || fault_errno(why, "%.150s", entry->name);
    if (strcmp(last, OPAQUE) == 0)
        return inside_remove(dir, why);
    if (strncmp(last, KEPT_BY_AUFS, strlen(KEPT_BY_AUFS)) == 0)
        return true;
    const char *gone = last + strlen(WHITEOUT);
    if (!gone[0] || strcmp(gone, ".") == 0 || strcmp(gone, "..") == 0)
        return fault_set(why, BLAME_OPEN, "has %.150s, which removes no file", entry->name);
    return dir_remove(dir, gone, why);
}

static bool entry_take(struct unpacking *work, struct tar *tar, struct tar_entry *entry,
                       struct fault *why)
{
    if (!unpacking_name(entry->name, why))
        return false;
    return is_whiteout(entry->name) || unpacking_write(work, tar, entry, why);
}

/* One reading of the layer. */
static bool pass(struct unpacking *work, struct tar *tar, bool writing, struct fault *why)
{
    struct tar_entry *entry = calloc(1, sizeof *entry);
    enum tar_step step = TAR_ENTRY;
    int64_t count = 0;
    if (!entry)
        abort();
    while (step == TAR_ENTRY && (step = tar_next(tar, entry, why)) == TAR_ENTRY) {
        bool ok = writing ? entry_take(work, tar, entry, why) : whiteout_apply(work, entry, why);
        if (ok && ++count > ARCHIVE_FILES_MOST)
            ok = fault_set(why, BLAME_OPEN, "has more than %d files", ARCHIVE_FILES_MOST);
        if (!ok)
            step = TAR_FAULT;
    }
    free(entry);
    return step != TAR_FAULT; /* an end without a mark is fine: the digest says that it is all */
}

static bool first_pass(struct unpacking *work, struct tar *tar, const struct image_layer *layer,
                       struct fault *why)
{
    char hex[SHA256_HEX];
    tar_hash(tar);
    return pass(work, tar, false, why) && tar_digest(tar, hex, why) &&
           (strcmp(hex, layer->diff_id) == 0 ||
            fault_set(why, BLAME_OPEN, "unpacks to %.12s…, not to %.12s… as the configuration says",
                      hex, layer->diff_id));
}

bool layer_unpack(struct unpacking *work, int layout, const struct image_layer *layer,
                  struct fault *why)
{
    scoped(fd) int fd = image_open(layout, layer->path, why);
    if (fd < 0)
        return false;
    struct tar *tar = tar_open(fd, why);
    bool ok = tar && first_pass(work, tar, layer, why);
    tar_close(tar);
    if (ok && lseek(fd, 0, SEEK_SET) != 0)
        ok = fault_errno(why, "could not be read");
    tar = ok ? tar_open(fd, why) : NULL;
    ok = tar && pass(work, tar, true, why);
    tar_close(tar);
    return ok;
}
