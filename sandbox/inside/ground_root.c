/* A directory that is a whole root: which pieces of it a box gets. */
#include "sandbox/inside/calls.h"
#include "sandbox/inside/ground.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST 16

struct walk {
    const struct ground *ground;
    char **const *paths; /* what the job puts into the box */
    size_t path_lists;
    struct part *parts;
    size_t count;
    struct trouble *why;
};

/* Does a path of the job lie beneath `at` ("opt/x"), or on it? Texts may have a mode in front. */
static void relation(const struct walk *walk, const char *at, bool *on, bool *beneath)
{
    size_t len = strlen(at);
    *on = *beneath = false;
    for (size_t l = 0; l < walk->path_lists; l++)
        for (size_t i = 0; walk->paths[l][i]; i++) {
            const char *path = strchr(walk->paths[l][i], '/') + 1;
            if (strncmp(path, at, len) != 0)
                continue;
            *on |= path[len] == 0;
            *beneath |= path[len] == '/';
        }
}

static bool own(const char *at)
{
    static const char *const names[] = { "proc", "dev", "tmp", "sys", "run" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(at, names[i]) == 0)
            return true;
    return false;
}

static bool take(struct walk *walk, int dir, const char *name, const char *at,
                 const struct stat *about)
{
    struct part *part = &walk->parts[walk->count];
    errno = 0;
    if (walk->count == PARTS_MOST - 1)
        return trouble_set(walk->why, "the root directory has too many entries");
    if (strlen(at) >= sizeof part->path)
        return trouble_set(walk->why, "the root directory has a path that is too long");
    memset(part, 0, sizeof *part);
    part->tree = -1;
    memcpy(part->path, at, strlen(at) + 1);
    part->directory = S_ISDIR(about->st_mode);
    if (S_ISLNK(about->st_mode)) {
        if (readlinkat(dir, name, part->link, sizeof part->link - 1) <= 0)
            return trouble_set(walk->why, "could not read the link /%.100s", at);
    } else if (part->directory || S_ISREG(about->st_mode)) {
        scoped_fd from = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        part->tree = from < 0 ? -1 : ground_clone(walk->ground, from, false, walk->why);
        if (part->tree < 0)
            return trouble_set(walk->why, "could not clone /%.100s", at);
    } else {
        return true; /* devices, sockets, pipes: not shown */
    }
    walk->count++;
    return true;
}

static bool walk_directory(struct walk *walk, int dir, const char *prefix, int depth);

static bool walk_entry(struct walk *walk, int dir, const char *name, const char *prefix, int depth)
{
    char at[256];
    struct stat about;
    bool on, beneath;
    if ((size_t)snprintf(at, sizeof at, "%s%s", prefix, name) >= sizeof at - 1)
        return true;
    if (fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT || errno == EACCES ||
               trouble_set(walk->why, "could not look at /%.100s", at);
    relation(walk, at, &on, &beneath);
    if (on || (!*prefix && own(at)))
        return true;
    if (!beneath)
        return take(walk, dir, name, at, &about);
    if (!S_ISDIR(about.st_mode) || depth == DEPTH_MOST)
        return true;
    scoped_fd below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    size_t len = strlen(at);
    at[len] = '/';
    at[len + 1] = 0;
    return below < 0 ? trouble_set(walk->why, "could not open /%.100s", at)
                     : walk_directory(walk, below, at, depth + 1);
}

static bool walk_directory(struct walk *walk, int dir, const char *prefix, int depth)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) {
        trouble_set(walk->why, "could not list the root directory");
        fd_close(&copy);
        return false;
    }
    bool good = true;
    while (good) {
        errno = 0;
        struct dirent *entry = readdir(list);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            good = walk_entry(walk, dir, entry->d_name, prefix, depth);
    }
    if (good && errno) /* what it holds would be missing in the box */
        good = trouble_set(walk->why, "could not list the root directory");
    closedir(list);
    return good;
}

int ground_root_parts(struct ground *ground, int root, char **const *paths, size_t path_lists,
                      struct part *parts, struct trouble *why)
{
    struct walk walk = { ground, paths, path_lists, parts, 0, why };
    /* With the rights of the box: what a closed directory holds must not be shown by its parts. */
    files_as(ground->uid, ground->gid);
    bool walked = walk_directory(&walk, root, "", 0);
    files_as(geteuid(), getegid());
    if (!walked) {
        parts_close(parts, walk.count);
        return -1;
    }
    /* Devices are the machine's own few, whatever the directory holds. */
    struct part *devices = &parts[walk.count++];
    memset(devices, 0, sizeof *devices);
    snprintf(devices->path, sizeof devices->path, "dev");
    devices->directory = true;
    devices->tree = ground_devices(why);
    if (devices->tree < 0)
        parts_close(parts, walk.count);
    return devices->tree < 0 ? -1 : (int)walk.count;
}
