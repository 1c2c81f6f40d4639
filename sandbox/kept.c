/* Kept files in the caller: listed in the report, copied to its directory. */
#include "sandbox/run.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

bool kept_add(struct box_report *report, const char *path, int64_t bytes, mode_t mode)
{
    size_t count = report->artifact_count;
    if (!wire_path_check(path))
        return false;
    if ((count & (count - 1)) == 0) { /* full at each power of two */
        size_t room = count ? 2 * count : 1;
        void *grown =
            realloc((void *)(uintptr_t)report->artifacts, room * sizeof *report->artifacts);
        if (!grown)
            return false;
        report->artifacts = grown;
    }
    struct box_artifact *row = (struct box_artifact *)(uintptr_t)report->artifacts + count;
    row->path = strdup(path);
    row->bytes = bytes;
    row->mode = mode;
    report->artifact_count += row->path != NULL;
    return row->path != NULL;
}

void box_report_close(struct box_report *report)
{
    for (size_t i = 0; i < report->artifact_count; i++)
        free((void *)(uintptr_t)report->artifacts[i].path);
    free((void *)(uintptr_t)report->artifacts);
    report->artifacts = NULL;
    report->artifact_count = 0;
}

/* The directory above the last part of path, made when missing; -1. The last part is in *name. */
static int parent_open(int dir, const char *path, const char **name)
{
    char part[256];
    int at = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (;;) {
        path += strspn(path, "/");
        size_t len = strcspn(path, "/");
        *name = path;
        if (at < 0 || path[len] == 0)
            return at;
        if (len >= sizeof part) {
            close(at);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, path, len);
        part[len] = 0;
        if (mkdirat(at, part, 0755) && errno != EEXIST) {
            close(at);
            return -1;
        }
        int next = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(at);
        at = next;
        path += len;
    }
}

static bool copy_bytes(int to, int from, int64_t bytes)
{
    for (off_t at = 0; at < bytes;) {
        ssize_t sent = sendfile(to, from, &at, (size_t)(bytes - at));
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
    }
    return true;
}

bool kept_copy(int dir, const char *path, int fd, int64_t bytes, mode_t mode)
{
    const char *name;
    int parent = parent_open(dir, path, &name);
    if (parent < 0)
        return false;
    int to = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = errno;
    close(parent);
    errno = error;
    if (to < 0)
        return false;
    bool done = copy_bytes(to, fd, bytes) && fchmod(to, mode) == 0;
    error = errno;
    done = close(to) == 0 && done;
    errno = error;
    return done;
}
