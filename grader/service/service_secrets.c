/*
 * Secrets of a course, lent to who needs them: started as root, the web is another user than who
 * wrote secrets/web, and so is fetch for secrets/grader/HOST. The owner stays; the group becomes
 * theirs, which nobody else is in. What is right already is left alone: a change of it is how the
 * web learns that there is something to read.
 */
#include "core/base/file.h"
#include "grader/service/service_parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST 3

/* The directory `name` may be passed through by all, listed by nobody new. */
static int pass_through(int parent, const char *name)
{
    struct stat about;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &about) == 0 && (about.st_mode & 0011) != 0011)
        fchmod(fd, (about.st_mode & 07777) | 0011);
    return fd;
}

static bool lend(int parent, const char *name, gid_t gid, int depth, struct fault *why)
{
    struct stat about;
    scoped(fd) int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || fault_errno(why, "secrets: %s", name);
    if (fstat(fd, &about) != 0)
        return fault_errno(why, "secrets: %s", name);
    bool dir = S_ISDIR(about.st_mode);
    if (!dir && !S_ISREG(about.st_mode))
        return fault_set(why, BLAME_COURSE, "secrets: %s was neither a file nor a directory", name);
    mode_t mode = (about.st_mode & 0700) | (dir ? 0050 : 0040);
    if ((about.st_gid != gid && fchown(fd, (uid_t)-1, gid) != 0) ||
        ((about.st_mode & 07777) != mode && fchmod(fd, mode) != 0))
        return fault_errno(why, "secrets: %s", name);
    if (!dir || depth == DEPTH_MOST)
        return true;
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    bool ok = list != NULL || fault_errno(why, "secrets: %s", name);
    for (struct dirent *entry = ok ? readdir(list) : NULL; ok && entry; entry = readdir(list))
        if (entry->d_name[0] != '.')
            ok = lend(fd, entry->d_name, gid, depth + 1, why);
    if (list)
        closedir(list);
    return ok;
}

bool secrets_lend(const struct house *house, int course, struct fault *why)
{
    if (!house->root || !file_exists(course, "secrets"))
        return true;
    scoped(fd) int secrets = pass_through(course, "secrets");
    if (secrets < 0)
        return fault_errno(why, "secrets");
    return lend(secrets, "web", house->gid[HOUSE_WEB], 0, why) &&
           lend(secrets, "grader", house->gid[HOUSE_FETCH], 0, why);
}

void secrets_watch(struct seat *seat)
{
    struct fault why = { 0 };
    bool ok = secrets_lend(seat->house, seat->course_dir, &why);
    if (!ok && strcmp(seat->secrets_fault, why.text) != 0)
        fprintf(stderr, "level=warning course=%.*s event=secrets fault=\"%s\"\n",
                STR_ARGS(seat->loaded->course.id), why.text);
    snprintf(seat->secrets_fault, sizeof seat->secrets_fault, "%s", ok ? "" : why.text);
}
