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

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
    int status;
    while (waitpid(ground->nobody, &status, 0) < 0 && errno == EINTR)
        ;
    return !STANDS("netns") || setns(ground->network, CLONE_NEWNET) == 0 ||
           trouble_set(why, "could not enter the network namespace");
}

static bool leave_host(struct trouble *why)
{
    return (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) ||
           trouble_set(why, "no mount namespace");
}

static int this_namespace(const struct ground *ground)
{
    return openat(ground->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

/*
 * A file system for the root, twice: its tree, to be sealed, on top of the other, which is never
 * in a box, and by which the launcher writes. The tree or -1.
 */
static int fresh_root(struct ground *ground, struct trouble *why)
{
    static const char *const places[] = { "/tmp", "/run", "/mnt", "/srv" };
    bool attached = false;
    ground->top = tmpfs_open(4 << 20, 8192, "0755", geteuid(), getegid());
    for (size_t i = 0; !attached && i < sizeof places / sizeof *places; i++)
        attached = ground->top >= 0 && tree_attach(ground->top, AT_FDCWD, places[i]);
    int root = attached ? tree_clone(ground->top, "", 0, false) : -1;
    if (root >= 0 && tree_attach(root, ground->top, ""))
        return root;
    trouble_set(why, "could not attach a tmpfs");
    fd_close(&root);
    return -1;
}

/* The first and only process of a pid namespace. */
static int open_proc(void *arg)
{
    *(int *)arg = proc_open();
    _exit(0);
}

/*
 * No box may mount its own /proc unless its mount namespace has one already. This one is of a pid
 * namespace without a process: it shows nothing.
 */
static bool keep_proc(struct ground *ground, int root, struct trouble *why)
{
    static char stack[16384] __attribute__((aligned(16)));
    int proc = -1;
    pid_t pid = clone(open_proc, stack + sizeof stack,
                      CLONE_NEWPID | CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &proc);
    if (pid < 0)
        return trouble_set(why, "no process namespace");
    ground->nobody = pid;
    scoped_fd tree = proc;
    return (tree >= 0 && tree_attach(tree, root, "proc")) || !is_passing() ||
           trouble_set(why, "could not keep /proc");
}

bool ground_begin(struct ground *ground, const struct ground_options *options, struct trouble *why)
{
    ground->root = geteuid() == 0;
    ground->uid = ground->root ? options->uid : geteuid();
    ground->gid = ground->root ? options->gid : getegid();
    ground->host_ns = ground->own_ns = ground->network = ground->top = ground->oom = -1;
    errno = 0;
    if (ground->uid == 0 || ground->gid == 0)
        return trouble_set(why, "a box never runs as user or group 0: give the slot a number");
    if (ground->root && (setgroups(0, NULL) || setresgid(0, 0, 0)))
        return trouble_set(why, "could not leave the groups");
    ground->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (ground->proc < 0)
        return trouble_set(why, "/proc is not there");
    umask(022);
    ground->oom = openat(ground->proc, "self/oom_score_adj", O_RDWR | O_CLOEXEC);
    ssize_t got = ground->oom < 0 ? 0 : pread(ground->oom, ground->oom_own, OOM_TEXT - 1, 0);
    ground->oom_own[got > 0 ? got : 0] = 0;
    return ground->root || user_namespace(ground, why);
}

void ground_mark(const struct ground *ground, bool box)
{
    const char *text = box ? "1000" : ground->oom_own;
    if (ground->oom >= 0 && *text && pwrite(ground->oom, text, strlen(text), 0) < 0)
        return; /* then it is as likely to be killed as the launcher */
}

bool ground_make(struct ground *ground, const struct ground_options *options, struct trouble *why)
{
    ground->host_ns = this_namespace(ground);
    if (ground->host_ns < 0)
        return trouble_set(why, "lost a mount namespace");
    scoped_fd root = leave_host(why) ? fresh_root(ground, why) : -1;
    if (root < 0 || !host_show(root, options->masks, why) || !keep_proc(ground, root, why))
        return false;
    if (!pivot_here(root) || !pivot_leave())
        return trouble_set(why, "could not leave the host's root");
    ground->own_ns = this_namespace(ground);
    return ground->own_ns >= 0 || trouble_set(why, "lost the own mount namespace");
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
static int clone_there(const struct ground *ground, int fd, bool writable, struct trouble *why)
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
    int tree =
        ground->root ? tree_clone(fd, "", attributes, false) : refind(ground, fd, attributes);
    if (tree < 0)
        trouble_set(why, "could not clone a bind");
    return tree;
}

int ground_clone(const struct ground *ground, int fd, bool writable, struct trouble *why)
{
    if (!hop(ground->host_ns, why))
        return -1;
    int tree = clone_there(ground, fd, writable, why);
    namespace_return(ground->own_ns, CLONE_NEWNS);
    return tree;
}

/* ---- places ---- */

static bool make_name(int dir, const char *name, bool directory)
{
    return directory ? mkdirat(dir, name, 0755) == 0 : mknodat(dir, name, S_IFREG | 0644, 0) == 0;
}

/* leaf: what the whole path leads to is a directory, not a file. */
static bool place_make(const struct ground *ground, struct job *job, const char *path, bool leaf,
                       struct trouble *why)
{
    char name[256];
    size_t len = 1 + strcspn(path + 1, "/");
    const struct place place = { path, len, path[len] == '/' || leaf };
    if (job_place(job, path) || host_has(ground->top, place_name(&place, name)))
        return true;
    errno = 0;
    if (job->place_count == PLACES_MOST)
        return trouble_set(why, "more than %d names in the root", PLACES_MOST);
    bool made = make_name(ground->top, name, place.directory);
    if (!made && errno == EEXIST) { /* one could not be taken away before */
        unlinkat(ground->top, name, 0);
        unlinkat(ground->top, name, AT_REMOVEDIR);
        made = make_name(ground->top, name, place.directory);
    }
    if (!made)
        return trouble_set(why, "could not make a place for /%.100s", name);
    job->places[job->place_count++] = place;
    return true;
}

bool ground_places(const struct ground *ground, struct job *job, struct trouble *why)
{
    bool good = true;
    char **const *lists = job->lists;
    if (job->fds[FD_ROOT] >= 0) /* it makes its own */
        return true;
    for (size_t i = 0; good && i < job->counts[LIST_WRITABLE]; i++)
        good = place_make(ground, job, lists[LIST_WRITABLE][i], true, why);
    for (size_t i = 0; good && i < job->counts[LIST_READONLY]; i++)
        good = place_make(ground, job, lists[LIST_READONLY][i], true, why);
    for (size_t i = 0; good && i < job->counts[LIST_BINDS]; i++)
        good = place_make(ground, job, job_bind_path(lists[LIST_BINDS][i]),
                          job->bind_directories[i], why);
    for (size_t i = 0; good && i < job->counts[LIST_FILES]; i++)
        good = place_make(ground, job, job_file_path(lists[LIST_FILES][i]), false, why);
    return good;
}

void ground_clear(const struct ground *ground, struct job *job)
{
    char name[256];
    for (size_t i = 0; i < job->place_count; i++) {
        int flags = job->places[i].directory ? AT_REMOVEDIR : 0;
        for (int try = 0; try < 3; try++)
            if (unlinkat(ground->top, place_name(&job->places[i], name), flags) == 0)
                break;
    }
    job->place_count = 0;
}

/* ---- a root of the job's own ---- */

void parts_close(struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fd_close(&parts[i].tree);
}

int ground_devices(struct trouble *why)
{
    int tree = tree_clone(AT_FDCWD, "/dev", 0, true);
    if (tree < 0)
        trouble_set(why, "could not clone /dev");
    return tree;
}
