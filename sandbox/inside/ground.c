/* The launcher's own namespaces, and clones for boxes out of them. */
#include "sandbox/inside/calls.h"
#include "sandbox/inside/ground_host.h"
#include "sandbox/inside/port.h"
#include "sandbox/inside/without.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

/* Without privilege: an own user namespace in which only the own numbers exist. */
static bool user_namespace(struct ground *ground, struct trouble *why)
{
    char map[64];
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
        return trouble_set(why, "no user namespace for an ordinary user");
    write_text(ground->proc, "self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", ground->uid, ground->uid);
    if (!write_text(ground->proc, "self/uid_map", map))
        return trouble_set(why, "could not map the user");
    snprintf(map, sizeof map, "%u %u 1", ground->gid, ground->gid);
    if (!write_text(ground->proc, "self/gid_map", map))
        return trouble_set(why, "could not map the group");
    return true;
}

/* A network with nothing but loopback: every box of this launcher without a port lives in it. */
bool ground_network(struct ground *ground, struct trouble *why)
{
    if (STANDS("netns") && unshare(CLONE_NEWNET))
        return trouble_set(why, "no network namespace");
    if (STANDS("netns") && !loopback_raise(why))
        return false;
    ground->network = openat(ground->proc, "thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return ground->network >= 0 || trouble_set(why, "lost the network namespace");
}

bool ground_enter(struct ground *ground, struct trouble *why)
{
    return !STANDS("netns") || setns(ground->network, CLONE_NEWNET) == 0 ||
           trouble_set(why, "could not enter the network namespace");
}

static bool leave_host(struct trouble *why)
{
    return (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) ||
           trouble_set(why, "no mount namespace");
}

/* A fresh tmpfs attached somewhere: it, or -1. */
static int fresh_tree(struct trouble *why)
{
    static const char *const places[] = { "/tmp", "/run", "/mnt", "/srv" };
    int tree = tmpfs_open(4 << 20, 8192, "0755", geteuid(), getegid());
    for (size_t i = 0; tree >= 0 && i < sizeof places / sizeof *places; i++)
        if (tree_attach(tree, AT_FDCWD, places[i]))
            return tree;
    trouble_set(why, "could not attach a tmpfs");
    fd_close(&tree);
    return -1;
}

static int this_namespace(const struct ground *ground)
{
    return openat(ground->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

/* Clones of the parts. */
static bool parts_clone(const struct ground *ground, struct part *parts, struct trouble *why)
{
    const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
    for (size_t i = 0; i < ground->part_count; i++) {
        if (parts[i].link[0])
            continue;
        parts[i].tree = open_tree(ground->top, parts[i].path, flags);
        if (parts[i].tree < 0)
            return trouble_set(why, "could not clone /%s", parts[i].path);
    }
    return true;
}

static bool show_host(struct ground *ground, const struct ground_options *options,
                      struct trouble *why)
{
    ground->top = leave_host(why) ? fresh_tree(why) : -1;
    return ground->top >= 0 && host_show(ground->top, options->masks, why) &&
           (host_parts(ground->top, ground->parts, &ground->part_count) ||
            trouble_set(why, "could not look at the ground"));
}

/* Into the pantry, and out of it again into another copy of the host's mount namespace. */
static bool keep_pantry(struct ground *ground, struct trouble *why)
{
    if (!pivot_here(ground->top) || !pivot_leave())
        return trouble_set(why, "could not leave the host's root");
    ground->pantry = this_namespace(ground);
    if (ground->pantry < 0)
        return trouble_set(why, "lost a mount namespace");
    if (setns(ground->host_ns, CLONE_NEWNS))
        return trouble_set(why, "could not change the mount namespace");
    return leave_host(why);
}

static bool bare(struct ground *ground, struct trouble *why)
{
    scoped_fd top = fresh_tree(why);
    if (top < 0 || !host_bare(top, why))
        return false;
    if (!pivot_here(top) || !pivot_leave())
        return trouble_set(why, "could not leave the host's root");
    ground->own_ns = this_namespace(ground);
    return ground->own_ns >= 0 || trouble_set(why, "lost the own mount namespace");
}

bool ground_begin(struct ground *ground, const struct ground_options *options, struct trouble *why)
{
    ground->root = geteuid() == 0;
    ground->uid = ground->root ? options->uid : geteuid();
    ground->gid = ground->root ? options->gid : getegid();
    ground->host_ns = ground->own_ns = ground->pantry = ground->network = ground->top = -1;
    errno = 0;
    if (ground->uid == 0 || ground->gid == 0)
        return trouble_set(why, "a box never runs as user or group 0: give the slot a number");
    if (ground->root && (setgroups(0, NULL) || setresgid(0, 0, 0)))
        return trouble_set(why, "could not leave the groups");
    ground->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (ground->proc < 0)
        return trouble_set(why, "/proc is not there");
    umask(022);
    return ground->root || user_namespace(ground, why);
}

bool ground_make(struct ground *ground, const struct ground_options *options, struct trouble *why)
{
    ground->host_ns = this_namespace(ground);
    if (ground->host_ns < 0)
        return trouble_set(why, "lost a mount namespace");
    if (!show_host(ground, options, why))
        return false;
    if (!options->once)
        return keep_pantry(ground, why) && bare(ground, why);
    bool made = parts_clone(ground, ground->parts, why) && bare(ground, why);
    fd_close(&ground->top);
    return made;
}

/* ---- clones ---- */

static bool hop(int ns, struct trouble *why)
{
    return setns(ns, CLONE_NEWNS) == 0 || trouble_set(why, "could not change the mount namespace");
}

/* The same object in the own copy of the host's tree: another's descriptors cannot be cloned. */
static int refind(const struct ground *ground, int fd, uint64_t attributes)
{
    char link[32], path[4096];
    struct stat want, found;
    snprintf(link, sizeof link, "self/fd/%d", fd);
    ssize_t len = readlinkat(ground->proc, link, path, sizeof path - 1);
    if (len <= 0 || fstat(fd, &want))
        return -1;
    path[len] = 0;
    int tree = tree_clone(AT_FDCWD, path, attributes, false);
    if (tree >= 0 &&
        (fstat(tree, &found) || found.st_dev != want.st_dev || found.st_ino != want.st_ino)) {
        close(tree);
        errno = ESTALE;
        return -1;
    }
    return tree;
}

/* Inside the host's mount namespace. */
static int clone_there(const struct ground *ground, int fd, bool writable, bool *directory,
                       struct trouble *why)
{
    struct stat about;
    uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (writable ? 0 : MOUNT_ATTR_RDONLY);
    if (fstat(fd, &about)) {
        trouble_set(why, "could not look at a bind");
        return -1;
    }
    errno = 0;
    if (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode)) {
        trouble_set(why, "a bind is neither a directory nor a regular file");
        return -1;
    }
    *directory = S_ISDIR(about.st_mode);
    int tree =
        ground->root ? tree_clone(fd, "", attributes, false) : refind(ground, fd, attributes);
    if (tree < 0)
        trouble_set(why, "could not clone a bind");
    return tree;
}

int ground_clone(const struct ground *ground, int fd, bool writable, bool *directory,
                 struct trouble *why)
{
    if (!hop(ground->host_ns, why))
        return -1;
    int tree = clone_there(ground, fd, writable, directory, why);
    namespace_return(ground->own_ns, CLONE_NEWNS);
    return tree;
}

void parts_close(struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fd_close(&parts[i].tree);
}

/* Those that were made for the one box, handed over. */
static int parts_once(struct ground *ground, struct part *parts, struct trouble *why)
{
    memcpy(parts, ground->parts, ground->part_count * sizeof *parts);
    errno = 0;
    for (size_t i = 0; i < ground->part_count; i++) {
        if (!parts[i].link[0] && parts[i].tree < 0) {
            trouble_set(why, "a second box on a ground for one");
            return -1;
        }
        ground->parts[i].tree = -1;
    }
    return (int)ground->part_count;
}

int ground_parts(struct ground *ground, struct part *parts, struct trouble *why)
{
    if (ground->pantry < 0)
        return parts_once(ground, parts, why);
    memcpy(parts, ground->parts, ground->part_count * sizeof *parts);
    if (!hop(ground->pantry, why))
        return -1;
    bool good = parts_clone(ground, parts, why);
    namespace_return(ground->own_ns, CLONE_NEWNS);
    if (!good)
        parts_close(parts, ground->part_count);
    return good ? (int)ground->part_count : -1;
}

int ground_devices(struct ground *ground, struct trouble *why)
{
    for (size_t i = 0; ground->pantry < 0 && i < ground->part_count; i++)
        if (strcmp(ground->parts[i].path, "dev") == 0 && ground->parts[i].tree >= 0) {
            int tree = ground->parts[i].tree;
            ground->parts[i].tree = -1;
            return tree;
        }
    if (!hop(ground->pantry, why))
        return -1;
    int tree = open_tree(ground->top, "dev", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0)
        trouble_set(why, "could not clone /dev");
    namespace_return(ground->own_ns, CLONE_NEWNS);
    return tree;
}
