/* What the host environment shows of this machine: the lists, and the tree made from them. */
#include "sandbox/inside/ground_host.h"
#include "sandbox/inside/calls.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What other things are hidden with. */
#define EMPTY "etc/.empty"
#define BLANK "etc/.blank"

/*
 * Of /usr all that programs of this architecture are; nothing that is the machine owner's
 * (/usr/local) or ships data.
 */
static const char *const usr[] = { "bin", "sbin", "lib", "lib64", "libexec", "include" };
/* What compilers, Python, Perl, R, Node, Java, locales and time zones need. No doc, no datasets. */
static const char *const share[] = {
    "R",          "aclocal",    "autoconf", "automake-1.16", "awk",     "bison",
    "cmake",      "cmake-3.25", "file",     "fontconfig",    "fonts",   "java",
    "javascript", "libtool",    "locale",   "misc",          "mime",    "node_modules",
    "nodejs",     "perl",       "perl5",    "pkgconfig",     "python3", "python-wheels",
    "tcltk",      "terminfo",   "zoneinfo", "zoneinfo-icu",
};
static const char *const etc[] = {
    "R",           "alternatives", "fonts",        "java-11-openjdk", "java-17-openjdk",
    "ld.so.cache", "ld.so.conf",   "ld.so.conf.d", "localtime",       "mime.types",
    "perl",        "protocols",    "python3",      "python3.11",      "services",
    "timezone",
};
static const struct {
    const char *name;
    unsigned minor; /* their major number is 1 */
} devices[] = {
    { "null", 3 }, { "zero", 5 }, { "full", 7 }, { "random", 8 }, { "urandom", 9 },
};
static const char *const tops[] = { "bin", "sbin", "lib", "lib64" };
/* Directories. */
static const char *const masks[] = { "usr/lib/R/site-library", "usr/share/R/doc" };

static const struct {
    const char *path, *text;
} made[] = {
    { "etc/passwd", "root:x:0:0:root:/:/usr/sbin/nologin\nbox:x:1000:1000:box:/tmp:/bin/sh\n"
                    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n" },
    { "etc/group", "root:x:0:\nbox:x:1000:\nnogroup:x:65534:\n" },
    { "etc/hosts", "127.0.0.1 localhost box\n::1 localhost\n" },
    { "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n"
                           "protocols: files\n" },
    { BLANK, "" },
};
static const struct {
    const char *path, *target;
} links[] = {
    { "dev/fd", "/proc/self/fd" },       { "dev/stdin", "/proc/self/fd/0" },
    { "dev/stdout", "/proc/self/fd/1" }, { "dev/stderr", "/proc/self/fd/2" },
    { "etc/mtab", "/proc/self/mounts" },
};
static const char *const directories[] = {
    "usr", "usr/share", "usr/local", "etc", EMPTY, "dev/shm", "proc", "tmp",
};

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define SHOWN (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID)

/*
 * The host's PATH at `to` beneath the working directory: a link as a link, a file or
 * directory bound. By mount, which takes a third of the time that open_tree and move_mount take.
 */
static bool show(const char *path, const char *to)
{
    struct stat about;
    char link[256];
    if (lstat(path, &about))
        return errno == ENOENT;
    if (S_ISLNK(about.st_mode)) {
        ssize_t len = readlink(path, link, sizeof link - 1);
        if (len < 0)
            return false;
        link[len] = 0;
        return symlinkat(link, AT_FDCWD, to) == 0;
    }
    bool there = S_ISDIR(about.st_mode) ? mkdirat(AT_FDCWD, to, 0755) == 0
                                        : mknodat(AT_FDCWD, to, S_IFREG | 0644, 0) == 0;
    return (there || errno == EEXIST) &&
           (mount(path, to, NULL, MS_BIND, NULL) == 0 ||
            /* What lies below may be locked to what covers it: then all of it comes along. */
            (errno == EINVAL && mount(path, to, NULL, MS_BIND | MS_REC, NULL) == 0));
}

static bool show_all(const char *folder, const char *const *names, size_t count,
                     struct trouble *why)
{
    char path[256];
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%s", folder, names[i]);
        if (!show(path, path + 1))
            return trouble_set(why, "could not show %s", path);
    }
    return true;
}

/*
 * A mount of its own: the one place with devices. Nodes of its own where that is allowed, they cost
 * no mount; else the host's.
 */
static bool show_devices(struct trouble *why)
{
    char path[32];
    if (mkdirat(AT_FDCWD, "dev", 0755) || mount("dev", "dev", NULL, MS_BIND, NULL) || chdir("dev"))
        return trouble_set(why, "could not make /dev");
    for (size_t i = 0; i < COUNT(devices); i++) {
        const char *name = devices[i].name;
        snprintf(path, sizeof path, "/dev/%s", name);
        if (mknodat(AT_FDCWD, name, S_IFCHR | 0666, makedev(1, devices[i].minor)) == 0
                ? fchmodat(AT_FDCWD, name, 0666, 0)
                : errno != EPERM || !show(path, name))
            return trouble_set(why, "could not show %s", path);
    }
    return true;
}

static bool seal(int top, struct trouble *why)
{
    struct mount_attr all = { .attr_set = SHOWN | MOUNT_ATTR_NODEV },
                      device = { .attr_set = MOUNT_ATTR_NOEXEC, .attr_clr = MOUNT_ATTR_NODEV };
    return (mount_setattr(top, "", AT_EMPTY_PATH | AT_RECURSIVE, &all, sizeof all) == 0 &&
            mount_setattr(top, "dev", AT_RECURSIVE, &device, sizeof device) == 0) ||
           trouble_set(why, "could not seal the ground");
}

static bool make_fixed(int top, struct trouble *why)
{
    for (size_t i = 0; i < COUNT(directories); i++)
        if (mkdirat(top, directories[i], 0755))
            return trouble_set(why, "could not make /%s", directories[i]);
    for (size_t i = 0; i < COUNT(made); i++) {
        scoped_fd fd = openat(top, made[i].path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        size_t size = strlen(made[i].text);
        if (fd < 0 || write(fd, made[i].text, size) != (ssize_t)size)
            return trouble_set(why, "could not write /%s", made[i].path);
    }
    for (size_t i = 0; i < COUNT(links); i++)
        if (symlinkat(links[i].target, top, links[i].path))
            return trouble_set(why, "could not link /%s", links[i].path);
    return true;
}

bool host_covers(int top, struct covers *covers)
{
    covers->directory = openat(top, EMPTY, O_PATH | O_DIRECTORY | O_CLOEXEC);
    covers->file = openat(top, BLANK, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return covers->directory >= 0 && covers->file >= 0;
}

void covers_close(struct covers *covers)
{
    fd_close(&covers->directory);
    fd_close(&covers->file);
}

bool host_mask(int root, const struct covers *covers, const char *path, struct trouble *why)
{
    struct stat about;
    scoped_fd target = open_beneath(root, path, O_PATH | O_NOFOLLOW, 0, true);
    if (target < 0 || fstat(target, &about))
        return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ||
               trouble_set(why, "could not look at %s to hide it", path);
    int from = S_ISDIR(about.st_mode) ? covers->directory : covers->file;
    scoped_fd cover = tree_clone(from, "", SHOWN | MOUNT_ATTR_NODEV, false);
    if (cover < 0 || !tree_attach(cover, target, ""))
        return trouble_set(why, "could not hide %s", path);
    return true;
}

static bool mask_all(int top, char *const *paths, struct trouble *why)
{
    struct covers covers;
    bool good = host_covers(top, &covers) || trouble_set(why, "lost what hides things");
    for (size_t i = 0; good && paths[i]; i++)
        good = host_mask(top, &covers, paths[i], why);
    covers_close(&covers);
    return good;
}

bool host_show(int top, char *const *extra, struct trouble *why)
{
    if (fchdir(top))
        return trouble_set(why, "could not enter the ground");
    if (!show_devices(why) || fchdir(top) || !make_fixed(top, why) ||
        !show_all("/usr/", usr, COUNT(usr), why) ||
        !show_all("/usr/share/", share, COUNT(share), why) ||
        !show_all("/etc/", etc, COUNT(etc), why) || !show_all("/", tops, COUNT(tops), why))
        return false;
    for (size_t i = 0; i < COUNT(masks); i++)
        if (mount(EMPTY, masks[i], NULL, MS_BIND, NULL) && errno != ENOENT && errno != ENOTDIR)
            return trouble_set(why, "could not hide %s", masks[i]);
    return (!extra || !extra[0] || mask_all(top, extra, why)) && seal(top, why);
}

bool host_has(int top, const char *name)
{
    bool known = strcmp(name, "dev") == 0;
    for (size_t i = 0; !known && i < COUNT(directories); i++)
        known = strcmp(name, directories[i]) == 0;
    for (size_t i = 0; !known && i < COUNT(tops); i++)
        known = strcmp(name, tops[i]) == 0;
    return known && faccessat(top, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}
