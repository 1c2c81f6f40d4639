/* The root of one box: read the table at the end from top to bottom. */
#include "sandbox/inside/calls.h"
#include "sandbox/inside/ground_host.h"
#include "sandbox/inside/init.h"
#include "sandbox/inside/without.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *plain(const char *path) /* without the first slash */
{
    return path + 1;
}

/* That of the launcher; or the disk, for a job with a root of its own. */
static bool open_root(struct setup *setup, struct trouble *why)
{
    setup->root = setup->own_root ? setup->disk : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return setup->root >= 0 || trouble_set(why, "could not open the root");
}

/*
 * Somewhere, for pieces of a file system can be cloned only where it is attached: beneath what
 * covers /dev/shm.
 */
static bool attach_spaces(struct setup *setup, struct trouble *why)
{
    return tree_attach(setup->scratch, AT_FDCWD, "/dev/shm") ||
           trouble_set(why, "could not attach the scratch space");
}

static bool attach_disk(struct setup *setup, struct trouble *why)
{
    bool attached =
        setup->disk_attached || setup->disk < 0 || tree_attach(setup->disk, setup->scratch, "disk");
    setup->disk_attached = setup->disk >= 0;
    return attached || trouble_set(why, "could not attach the disk");
}

struct spot {
    int dir;
    const char *path; /* from there */
};

/*
 * Where a path of the job really is: on the disk when the root has its first part for this job
 * alone, or when the disk is the root; else in what is mounted already.
 */
static struct spot spot_of(const struct setup *setup, const char *path)
{
    int dir = job_place(setup->room->job, path) ? setup->disk : setup->root;
    return (struct spot){ dir, plain(path) };
}

/* A place to mount on, of the right kind; fine when it is there. */
static bool make_point(int root, const char *path, bool directory)
{
    if (!make_parents(root, path, directory, 0755))
        return false;
    if (directory)
        return true;
    scoped_fd file = open_beneath(root, path, O_CREAT | O_WRONLY | O_NOFOLLOW, 0644, true);
    return file >= 0;
}

static bool attach_parts(struct setup *setup, struct trouble *why)
{
    for (size_t i = 0; i < setup->part_count; i++) {
        const struct part *part = &setup->parts[i];
        errno = 0;
        bool good = make_parents(setup->disk, part->path, false, 0755);
        if (good && part->link[0])
            good = symlinkat(part->link, setup->disk, part->path) == 0;
        else if (good)
            good = make_point(setup->disk, part->path, part->directory) &&
                   tree_attach(part->tree, setup->disk, part->path);
        if (!good)
            return trouble_set(why, "could not attach /%s", part->path);
    }
    return true;
}

/* One file system for both, so that one limit holds for both. They cover where they come from. */
static bool attach_scratch(struct setup *setup, struct trouble *why)
{
    static const struct {
        const char *from, *to;
    } rows[] = { { "tmp", "tmp" }, { "shm", "dev/shm" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scoped_fd tree = tree_clone(setup->scratch, rows[i].from, 0, false);
        if (tree < 0 || !make_parents(setup->root, rows[i].to, true, 0755) ||
            !tree_attach(tree, setup->root, rows[i].to))
            return trouble_set(why, "could not attach /%s", rows[i].to);
    }
    return true;
}

static bool make_first(const struct setup *setup, const struct place *place)
{
    char name[256];
    return mkdirat(setup->disk, place_name(place, name), 0755) == 0;
}

/* All directories and mount points, while they can still be made. */
static bool make_places(struct setup *setup, struct trouble *why)
{
    static const enum wire_list lists[] = { LIST_WRITABLE, LIST_READONLY };
    const struct job *job = setup->room->job;
    for (size_t i = 0; i < job->place_count; i++) /* files at the root make themselves */
        if (job->places[i].directory && !make_first(setup, &job->places[i]))
            return trouble_set(why, "could not make a directory of the root");
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < job->counts[lists[l]]; i++) {
            const struct spot spot = spot_of(setup, job->lists[lists[l]][i]);
            if (!make_parents(spot.dir, spot.path, true, 0755))
                return trouble_set(why, "could not make /%.120s", spot.path);
        }
    for (size_t i = 0; i < job->counts[LIST_BINDS]; i++) {
        const struct spot spot = spot_of(setup, job_bind_path(job->lists[LIST_BINDS][i]));
        if (!make_point(spot.dir, spot.path, job->bind_directories[i]))
            return trouble_set(why, "could not make a place for the bind at /%.120s", spot.path);
    }
    return true;
}

/* ---- files ---- */

static bool copy_one(const struct setup *setup, const char *text, int from, struct trouble *why)
{
    struct stat about;
    const char *path = job_file_path(text);
    const struct spot spot = spot_of(setup, path);
    uint64_t flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
    errno = 0;
    if (fstat(from, &about) || !S_ISREG(about.st_mode))
        return trouble_set(why, "what shall be copied to %.120s is not a regular file", path);
    int fd = open_beneath(spot.dir, spot.path, flags, 0600, true);
    if (fd < 0 && errno == ENOENT && make_parents(spot.dir, spot.path, false, 0755))
        fd = open_beneath(spot.dir, spot.path, flags, 0600, true);
    scoped_fd to = fd;
    if (to < 0)
        return trouble_set(why, "could not make %.120s", path);
    for (off_t at = 0; at < about.st_size;) {
        ssize_t sent = sendfile(to, from, &at, (size_t)(about.st_size - at));
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return trouble_set(why, "could not copy to %.120s", path);
        if (sent == 0)
            break;
    }
    return fchmod(to, job_file_mode(text)) == 0 || trouble_set(why, "could not set a mode");
}

static bool receive_files(struct setup *setup, struct trouble *why)
{
    const struct job *job = setup->room->job;
    struct wire_message message;
    for (size_t at = 0; at < job->counts[LIST_FILES];) {
        errno = 0;
        if (!wire_receive(setup->job_socket, &message))
            return trouble_set(why, "the job ended before its files");
        bool good = message.head.kind == WIRE_FILES && message.fd_count &&
                    message.fd_count <= job->counts[LIST_FILES] - at;
        if (!good)
            trouble_set(why, "files were announced, something else came");
        for (size_t i = 0; good && i < message.fd_count; i++)
            good = copy_one(setup, job->lists[LIST_FILES][at++], message.fds[i], why);
        wire_close_fds(&message);
        if (!good)
            return false;
    }
    return true;
}

/* ---- protection ---- */

static bool beneath_one(const char *path, char *const *above)
{
    for (size_t i = 0; above[i]; i++) {
        size_t len = strlen(above[i]);
        if (strncmp(path, above[i], len) == 0 && path[len] == '/')
            return true;
    }
    return false;
}

static int path_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int clone_at(const struct setup *setup, const char *path, uint64_t attributes)
{
    const struct spot spot = spot_of(setup, path);
    return tree_clone(spot.dir, spot.path, attributes, false);
}

static bool is_one_of(const struct place *place, char *const *paths)
{
    for (size_t i = 0; paths[i]; i++)
        if (strncmp(paths[i], place->path, place->len) == 0 && !paths[i][place->len])
            return true;
    return false;
}

/* The disk as the root can no longer be written; or its pieces show in the root, read-only. */
static bool show_disk(struct setup *setup, char *const *writable, struct trouble *why)
{
    const struct job *job = setup->room->job;
    uint64_t closed = STANDS("readonly") ? MOUNT_ATTR_RDONLY : 0;
    struct mount_attr attributes = { .attr_set = closed };
    char name[256];
    if (setup->own_root)
        return mount_setattr(setup->disk, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0 ||
               trouble_set(why, "could not make the root read-only");
    for (size_t i = 0; i < job->place_count; i++) {
        const struct place *place = &job->places[i];
        if (is_one_of(place, writable))
            continue;
        scoped_fd tree = tree_clone(setup->disk, place_name(place, name), closed, false);
        if (tree < 0 || !tree_attach(tree, setup->root, name))
            return trouble_set(why, "could not attach /%.100s", name);
    }
    return true;
}

/*
 * Writable directories become mounts of their own, what is around them turns read-only. Outer ones
 * first, so that an inner one lies on top.
 */
static bool protect(struct setup *setup, struct trouble *why)
{
    const struct job *job = setup->room->job;
    char *writable[WIRE_LIST_MOST + 1] = { NULL }, **readonly = job->lists[LIST_READONLY];
    int trees[WIRE_LIST_MOST];
    memcpy(writable, job->lists[LIST_WRITABLE], job->counts[LIST_WRITABLE] * sizeof *writable);
    qsort(writable, job->counts[LIST_WRITABLE], sizeof *writable, path_order);
    for (size_t i = 0; writable[i]; i++)
        if ((trees[i] = clone_at(setup, writable[i], 0)) < 0)
            return trouble_set(why, "could not open %.120s", writable[i]);
    if (!show_disk(setup, writable, why))
        return false;
    for (size_t i = 0; writable[i]; i++) {
        scoped_fd tree = trees[i];
        if (!tree_attach(tree, setup->root, plain(writable[i])))
            return trouble_set(why, "could not attach %.120s", writable[i]);
    }
    for (size_t i = 0; readonly[i]; i++) {
        if (!beneath_one(readonly[i], writable))
            continue;
        scoped_fd tree = clone_at(setup, readonly[i], MOUNT_ATTR_RDONLY);
        if (tree < 0 || !tree_attach(tree, setup->root, plain(readonly[i])))
            return trouble_set(why, "could not make %.120s read-only", readonly[i]);
    }
    return true;
}

static bool attach_binds(struct setup *setup, struct trouble *why)
{
    const struct job *job = setup->room->job;
    for (size_t i = 0; i < job->counts[LIST_BINDS]; i++) {
        const char *path = job_bind_path(job->lists[LIST_BINDS][i]);
        scoped_fd point = open_beneath(setup->root, path, O_PATH | O_NOFOLLOW, 0, true);
        if (point < 0 || !tree_attach(setup->bind_trees[i], point, ""))
            return trouble_set(why, "could not attach the bind at %.120s", path);
    }
    return true;
}

/* Before anything may cover it. */
static bool open_covers(struct setup *setup, struct trouble *why)
{
    if (!setup->room->job->counts[LIST_MASKS])
        return true;
    scoped_fd here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return (here >= 0 && host_covers(here, &setup->covers)) ||
           trouble_set(why, "lost what hides things");
}

static bool hide(struct setup *setup, struct trouble *why)
{
    const struct job *job = setup->room->job;
    for (size_t i = 0; i < job->counts[LIST_MASKS]; i++)
        if (!host_mask(setup->root, &setup->covers, job->lists[LIST_MASKS][i], why))
            return false;
    return true;
}

/* Processes only; refused where the host's own /proc is covered (some containers): then none. */
static bool mount_proc(struct setup *setup, struct trouble *why)
{
    if (!make_parents(setup->root, "proc", true, 0755))
        return trouble_set(why, "could not make /proc");
    scoped_fd tree = proc_open();
    setup->proc = tree >= 0 && tree_attach(tree, setup->root, "proc");
    return setup->proc || !is_passing() || trouble_set(why, "could not mount /proc");
}

static bool enter(struct setup *setup, struct trouble *why)
{
    return !setup->own_root || pivot_here(setup->disk) ||
           trouble_set(why, "could not enter the root");
}

static bool enter_early(struct setup *setup, struct trouble *why)
{
    return setup->enter_late || enter(setup, why);
}

static bool enter_late(struct setup *setup, struct trouble *why)
{
    return !setup->enter_late || enter(setup, why);
}

/* The command's standard input, whatever the job hides. */
static bool open_null(struct setup *setup, struct trouble *why)
{
    setup->null = openat(setup->root, "dev/null", O_RDONLY | O_CLOEXEC);
    return setup->null >= 0 || trouble_set(why, "could not open /dev/null");
}

static bool all(bool (*const *steps)(struct setup *, struct trouble *), size_t count,
                struct setup *setup, struct trouble *why)
{
    for (size_t i = 0; i < count; i++) {
        errno = 0;
        if (!steps[i](setup, why))
            return false;
    }
    return true;
}

bool root_prepare(struct setup *setup, struct trouble *why)
{
    static bool (*const steps[])(struct setup *, struct trouble *) = {
        open_root,      attach_spaces, attach_disk, attach_parts,
        attach_scratch, mount_proc,    open_null,   enter_early,
    };
    return all(steps, sizeof steps / sizeof *steps, setup, why);
}

bool root_finish(struct setup *setup, struct trouble *why)
{
    static bool (*const steps[])(struct setup *, struct trouble *) = {
        open_covers, attach_disk,  make_places, receive_files,
        protect,     attach_binds, hide,        enter_late,
    };
    return all(steps, sizeof steps / sizeof *steps, setup, why);
}
