/* Collects kept files. */
#include "sandbox/inside/keep.h"
#include "sandbox/inside/without.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MOST 32
#define COVERED_MOST_MS 2000

static bool refuse(struct keep *keep, const char *path, const char *what)
{
    errno = 0;
    return trouble_set(&keep->refused, "%.100s %s", path, what);
}

/*
 * The box's mounts cover what is kept until nobody holds its mount namespace any more: somebody who
 * looks at /proc/PID/mountinfo, or a next box that has just been cloned, may for a moment.
 */
static int open_bare(int dir, const char *path, uint64_t flags)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    int fd = open_beneath(dir, path, flags, 0, false);
    for (int try = 0; fd < 0 && errno == EXDEV && try < COVERED_MOST_MS; try++) {
        nanosleep(&moment, NULL);
        fd = open_beneath(dir, path, flags, 0, false);
    }
    return fd;
}

/* Said by what it is, or a lack of the machine's, which is not the command's doing. */
static bool not_opened(struct keep *keep, const char *path, const char *what)
{
    if (is_passing() || errno == EXDEV)
        return trouble_set(&keep->failed, "could not open %.100s", path);
    return refuse(keep, path, what);
}

static bool send_file(struct keep *keep, const char *path, int fd, const struct stat *about)
{
    struct wire_message message = {
        .head = { .kind = WIRE_KEPT,
                  .bytes = about->st_size,
                  .mode = about->st_mode & 0111 ? 0755 : 0644, /* no setuid, nothing secret */
                  .text = (uint32_t)strlen(path) + 1 },
        .fds = { fd },
        .fd_count = 1,
    };
    memcpy(message.text, path, message.head.text);
    return wire_send(keep->job->socket, &message) ||
           trouble_set(&keep->failed, "could not hand over %.100s", path);
}

static bool keep_file(struct keep *keep, int dir, const char *name, const char *path)
{
    struct stat about;
    const struct box_limits *limits = &keep->job->limits;
    scoped_fd fd = STANDS("keep") ? open_bare(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
                                  : openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about))
        return not_opened(keep, path, "could not be opened");
    if (!STANDS("keep"))
        return send_file(keep, path, fd, &about);
    if (!S_ISREG(about.st_mode))
        return refuse(keep, path, "is not a regular file");
    if (about.st_nlink != 1)
        return refuse(keep, path, "has more than one name");
    if (about.st_size > limits->keep_bytes - keep->bytes)
        return refuse(keep, path, "is larger than what may be kept");
    if (keep->files == limits->keep_files)
        return refuse(keep, path, "is one file more than may be kept");
    keep->bytes += about.st_size;
    keep->files++;
    return send_file(keep, path, fd, &about);
}

/* The kind of dir/name, no link followed; 0: not there, or it could not be seen: errno. */
static mode_t kind_of(int dir, const char *name)
{
    struct stat about;
    if (fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW))
        return 0;
    return about.st_mode & S_IFMT;
}

static bool keep_directory(struct keep *keep, int dir, const char *path, int depth);

static bool keep_entry(struct keep *keep, int dir, const char *name, const char *path, int depth)
{
    mode_t kind = kind_of(dir, name);
    if (!kind)
        return not_opened(keep, path, "could not be opened");
    if (kind == S_IFREG || (kind != S_IFDIR && !STANDS("keep")))
        return keep_file(keep, dir, name, path);
    if (kind == S_IFLNK)
        return refuse(keep, path, "is a symbolic link");
    if (kind != S_IFDIR)
        return refuse(keep, path, "is not a regular file");
    scoped_fd below = open_bare(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (below < 0)
        return not_opened(keep, path, "could not be opened");
    return keep_directory(keep, below, path, depth + 1);
}

static bool keep_directory(struct keep *keep, int dir, const char *path, int depth)
{
    char below[WIRE_PATH_MOST];
    if (depth > DEPTH_MOST && STANDS("keep"))
        return refuse(keep, path, "lies too deep");
    int copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) {
        fd_close(&copy);
        return trouble_set(&keep->failed, "could not list %.100s", path);
    }
    bool good = true;
    while (good) {
        errno = 0;
        struct dirent *entry = readdir(list);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int len = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        good = (size_t)len < sizeof below && (wire_path_check(below) || !STANDS("keep"))
                   ? keep_entry(keep, dir, entry->d_name, below, depth)
                   : refuse(keep, path, "has a name that is too long or has control characters");
    }
    if (good && errno)
        good = trouble_set(&keep->failed, "could not list %.100s", path);
    closedir(list);
    return good;
}

/* Where a path of the box lies: on the scratch space or on the disk. */
static const char *locate(const struct keep *keep, const char *path, int *dir)
{
    *dir = keep->scratch;
    if (wire_path_in(path, "/tmp"))
        return path + 1;
    if (wire_path_in(path, "/dev/shm"))
        return path + strlen("/dev/");
    *dir = keep->disk;
    return path + 1;
}

/* What lies on the way must be directories; a link there is refused, an absent one is fine. */
static bool keep_path(struct keep *keep, const char *path)
{
    int root;
    char parent[WIRE_PATH_MOST];
    const char *from = locate(keep, path, &root), *name = strrchr(from, '/');
    name = name ? name + 1 : from;
    if (root < 0) /* there is no disk */
        return true;
    snprintf(parent, sizeof parent, "%.*s", (int)(name - from), from);
    scoped_fd dir = STANDS("keep") ? open_bare(root, parent, O_PATH | O_DIRECTORY)
                                   : openat(root, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT ||
               not_opened(keep, path, "is reached through something else than directories");
    if (kind_of(dir, name) == 0)
        return !is_passing() || not_opened(keep, path, "");
    return keep_entry(keep, dir, name, path, 0);
}

void keep_run(struct keep *keep)
{
    for (size_t i = 0; i < keep->job->counts[LIST_KEEP]; i++)
        if (!keep_path(keep, keep->job->lists[LIST_KEEP][i]))
            return;
}
