/* The fetch process: how it reaches its directories, and what it gives up before it reads
 * foreign bytes. */
#include "core/base/file.h"
#include "core/base/landlock.h"
#include "grader/source/fetch_child.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define FILES_MOST 256
#define SLACK_BYTES (4u << 20) /* index files, refs */
#define DNS_PORT 53

/* The path of an open directory, if this user reaches the same directory by it. */
static bool path_of(int dir, char out[PATH_MAX])
{
    char link[64];
    struct stat here, there;
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t len = readlink(link, out, PATH_MAX - 1);
    if (len <= 0)
        return false;
    out[len] = 0;
    scoped(fd) int again = open(out, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return again >= 0 && fstat(dir, &here) == 0 && fstat(again, &there) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static bool map_self(const char *file, unsigned int id, struct fault *why)
{
    char line[48];
    snprintf(line, sizeof line, "%u %u 1\n", id, id);
    scoped(fd) int fd = open(file, O_WRONLY | O_CLOEXEC);
    return fd >= 0 ? fd_write(fd, str_of(line), why)
                   : fault_errno(why, "%s could not be written", file);
}

/* A user namespace, to be allowed the rest. The user stays the same. */
static bool enter_user_namespace(struct fault *why)
{
    unsigned int uid = geteuid(), gid = getegid();
    if (unshare(CLONE_NEWUSER) != 0)
        return fault_errno(why, "the mirror's path could not be reached, nor a namespace be made");
    scoped(fd) int deny = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    if (deny >= 0 && !fd_write(deny, S("deny"), why))
        return false;
    return map_self("/proc/self/uid_map", uid, why) && map_self("/proc/self/gid_map", gid, why);
}

static bool mount_dir(int dir, const char *at, struct fault *why)
{
    scoped(fd) int tree =
        (int)syscall(SYS_open_tree, dir, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0 || mkdir(at, 0700) != 0 ||
        syscall(SYS_move_mount, tree, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return fault_errno(why, "%s could not be mounted", at);
    return true;
}

/*
 * A descriptor keeps to the mount namespace in which it was opened and cannot be mounted in another
 * one. What unshare does carry over are the working directory and the root: two, as many as there
 * are directories. So the repository of file: becomes the root for a moment, and the place of both
 * is then a tmpfs on top of it.
 */
static bool make_namespace(const struct fetch_request *request, struct fetch_room *out,
                           struct fault *why)
{
    bool local = request->repository >= 0;
    if (!enter_user_namespace(why))
        return false;
    if (local && (fchdir(request->repository) != 0 || chroot(".") != 0))
        return fault_errno(why, "the repository could not be entered");
    if (fchdir(request->mirror) != 0 || unshare(CLONE_NEWNS) != 0)
        return fault_errno(why, "the mirror could not be carried into a namespace");
    scoped(fd) int mirror = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    scoped(fd) int repository = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *place = local ? "/" : "/tmp";
    if (mount("holdout", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=0700") ||
        (local && (chdir("/..") != 0 || chroot(".") != 0))) /* ".." steps onto what lies on top */
        return fault_errno(why, "the namespace of the fetch process could not be furnished");
    snprintf(out->mirror, sizeof out->mirror, "%s/mirror", local ? "" : place);
    snprintf(out->repository, sizeof out->repository, "%s", local ? "/repository" : "");
    return mount_dir(mirror, out->mirror, why) &&
           (!local || mount_dir(repository, out->repository, why));
}

bool fetch_room_find(const struct fetch_request *request, struct fetch_room *out, struct fault *why)
{
    *out = (struct fetch_room){ .mirror = "" };
    if (path_of(request->mirror, out->mirror) &&
        (request->repository < 0 || path_of(request->repository, out->repository)))
        return true;
    return make_namespace(request, out, why);
}

static bool set_limit(int what, rlim_t most, struct fault *why)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)what, &now) != 0)
        return fault_errno(why, "a limit could not be read");
    struct rlimit limit = { most < now.rlim_max ? most : now.rlim_max,
                            most < now.rlim_max ? most : now.rlim_max };
    return setrlimit((__rlimit_resource_t)what, &limit) == 0 ||
           fault_errno(why, "a limit could not be set");
}

static bool set_limits(uint64_t most_bytes, int deadline_ms, struct fault *why)
{
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails with EFBIG instead */
    return set_limit(RLIMIT_FSIZE, most_bytes, why) && set_limit(RLIMIT_NOFILE, FILES_MOST, why) &&
           set_limit(RLIMIT_CORE, 0, why) &&
           set_limit(RLIMIT_CPU, (rlim_t)deadline_ms / 1000 + 1, why);
}

void fetch_alarm(int deadline_ms)
{
    struct itimerval timer = { .it_value = { deadline_ms / 1000, (deadline_ms % 1000) * 1000 } };
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* No capability is left, neither root's nor those of a namespace of our own. */
static bool drop_capabilities(struct fault *why)
{
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &head, none) == 0 ||
           fault_errno(why, "capabilities could not be dropped");
}

static bool enter(const struct landlock *wanted, uint64_t most_bytes, int deadline_ms,
                  struct fault *why)
{
    prctl(PR_SET_DUMPABLE, 0); /* it may hold keys: no other process of this user looks inside */
    return set_limits(most_bytes, deadline_ms, why) && landlock_enter(wanted, why) &&
           drop_capabilities(why);
}

bool fetch_room_enter_reading(int mirror, int deadline_ms, struct fault *why)
{
    const struct room room = { mirror, NULL, ROOM_READ };
    struct landlock wanted = { .rooms = &room, .room_count = 1, .tcp_bounded = true };
    return enter(&wanted, 0, deadline_ms, why);
}

static bool enter_bounded(const struct fetch_request *request, bool looks, struct fault *why)
{
    /* The last ones are for getaddrinfo, which loads its modules when asked. */
    const struct room rooms[] = {
        { request->mirror, NULL, ROOM_WRITE },       { request->repository, NULL, ROOM_READ },
        { AT_FDCWD, "/etc/resolv.conf", ROOM_READ }, { AT_FDCWD, "/etc/hosts", ROOM_READ },
        { AT_FDCWD, "/etc/host.conf", ROOM_READ },   { AT_FDCWD, "/etc/nsswitch.conf", ROOM_READ },
        { AT_FDCWD, "/etc/gai.conf", ROOM_READ },    { AT_FDCWD, "/etc/ld.so.cache", ROOM_READ },
        { AT_FDCWD, "/etc/ssl", ROOM_READ },         { AT_FDCWD, "/dev/urandom", ROOM_READ },
        { AT_FDCWD, "/usr/lib", ROOM_READ },         { AT_FDCWD, "/lib", ROOM_READ },
    };
    const uint16_t ports[] = { request->address.port, DNS_PORT };
    bool local = request->address.scheme == ADDRESS_FILE;
    struct room kept[sizeof rooms / sizeof *rooms];
    size_t count = 0;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        if ((i == 0 && !looks) || (i > 0 && (i == 1) == local))
            kept[count++] = rooms[i];
    struct landlock wanted = { .rooms = kept,
                               .room_count = count,
                               .tcp_bounded = true,
                               .ports = ports,
                               .port_count = local ? 0 : 2 };
    return enter(&wanted, looks ? 0 : request->most_bytes + SLACK_BYTES, request->deadline_ms, why);
}

bool fetch_room_enter(const struct fetch_request *request, struct fault *why)
{
    return enter_bounded(request, false, why);
}

bool fetch_room_enter_looking(const struct fetch_request *request, struct fault *why)
{
    return enter_bounded(request, true, why);
}
