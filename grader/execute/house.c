/* Users by number, the private view, and becoming one of them. */
#include "grader/execute/house.h"
#include "core/base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VIEW "/mnt"
#define SLOT_OFFSET 16
#define UID_BASE_LEAST 1000
#define UID_BASE_MOST 2000000000

const char *house_role_name(enum house_role role)
{
    static const char *const names[] = { "self", "grader", "runner", "fetch", "web", "send" };
    return names[role];
}

static bool find_base(int64_t *base, struct fault *why)
{
    const char *text = getenv("HOLDOUT_UID_BASE");
    *base = HOUSE_UID_BASE;
    if (!text || !*text)
        return true;
    if (!str_to_int(str_of(text), base) || *base < UID_BASE_LEAST || *base > UID_BASE_MOST)
        return fault_set(why, BLAME_COURSE, "HOLDOUT_UID_BASE=%.40s was not a number from %d to %d",
                         text, UID_BASE_LEAST, UID_BASE_MOST);
    return true;
}

static bool find_users(struct house *house, struct fault *why)
{
    int64_t base;
    house->root = geteuid() == 0;
    if (!find_base(&base, why))
        return false;
    for (int role = HOUSE_SELF; role < HOUSE_ROLES; role++) {
        bool other = house->root && role != HOUSE_SELF;
        house->uid[role] = other ? (uid_t)(base + role) : geteuid();
        house->gid[role] = other ? (gid_t)(base + role) : getegid();
    }
    house->slot_first = house->root ? (uid_t)(base + SLOT_OFFSET) : 0;
    return true;
}

/* BUILD of BUILD/bin/holdout. */
static bool find_prefix(struct house *house, struct fault *why)
{
    ssize_t len = readlink("/proc/self/exe", house->prefix, sizeof house->prefix - 1);
    if (len <= 0)
        return fault_errno(why, "/proc/self/exe");
    house->prefix[len] = 0;
    char *name = strrchr(house->prefix, '/');
    if (!name || strlen(name + 1) >= sizeof house->program)
        return fault_set(why, BLAME_SYSTEM, "the program's own path was not understood");
    memcpy(house->program, name + 1, strlen(name + 1) + 1);
    *name = 0;
    char *above = strrchr(house->prefix, '/');
    if (!above)
        return fault_set(why, BLAME_SYSTEM, "the program did not lie in a bin directory");
    *above = 0;
    return true;
}

static bool find_directory(const char *path, char out[PATH_MAX], struct fault *why)
{
    struct stat st;
    if (!realpath(path, out) || stat(out, &st) != 0)
        return fault_errno(why, "%s", path);
    if (!S_ISDIR(st.st_mode))
        return fault_set(why, BLAME_COURSE, "%s was no directory", path);
    return true;
}

static bool find_courses(struct house *house, const struct house_course *courses, size_t count,
                         struct fault *why)
{
    if (count > HOUSE_COURSES_MOST)
        return fault_set(why, BLAME_COURSE, "there were more than %d courses", HOUSE_COURSES_MOST);
    house->course_count = count;
    for (size_t i = 0; i < count; i++)
        if (!find_directory(courses[i].path, house->course[i], why) ||
            (courses[i].local && !find_directory(courses[i].local, house->local[i], why))) {
            why->blame = BLAME_COURSE;
            return false;
        }
    return true;
}

/* ---- the private view of root's children ---- */

/*
 * A mount that waits for its place: cloned before /mnt is covered, since its source may lie there.
 */
struct place {
    int tree;
    bool read_only;
    char at[64];
};
struct view {
    struct place places[2 * HOUSE_COURSES_MOST + 3];
    size_t count;
};

static bool view_add(struct view *view, const char *source, const char *at, bool read_only,
                     struct fault *why)
{
    struct place *place = &view->places[view->count];
    place->tree = (int)syscall(SYS_open_tree, AT_FDCWD, source,
                               OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (place->tree < 0 && errno == ENOENT && read_only)
        return true;
    if (place->tree < 0)
        return fault_errno(why, "%s could not be cloned for the private view", source);
    place->read_only = read_only;
    snprintf(place->at, sizeof place->at, "%s", at);
    view->count++;
    return true;
}

static bool view_gather(const struct house *house, struct view *view, struct fault *why)
{
    static const char *const parts[] = { "bin", "lib", "include" };
    char source[PATH_MAX + 16], at[64];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(source, sizeof source, "%s/%s", house->prefix, parts[i]);
        snprintf(at, sizeof at, "prefix/%s", parts[i]);
        if (!view_add(view, source, at, true, why))
            return false;
    }
    for (size_t i = 0; i < house->course_count; i++) {
        snprintf(at, sizeof at, "course/%zu", i);
        if (!view_add(view, house->course[i], at, false, why))
            return false;
        snprintf(at, sizeof at, "local/%zu", i);
        if (house->local[i][0] && !view_add(view, house->local[i], at, false, why))
            return false;
    }
    return true;
}

static bool view_place(int root, const struct place *place, struct fault *why)
{
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
    if (place->read_only)
        attributes.attr_set |= MOUNT_ATTR_RDONLY;
    if (!dir_make(root, place->at, 0755, why))
        return false;
    if (mount_setattr(place->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                      sizeof attributes) != 0 ||
        move_mount(place->tree, "", root, place->at, MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return fault_errno(why, "%s could not be mounted in the private view", place->at);
    return true;
}

static bool view_furnish(struct view *view, struct fault *why)
{
    if (mount("holdout", VIEW, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=256k,mode=0755"))
        return fault_errno(why, VIEW " could not be covered");
    scoped(fd) int root = open(VIEW, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return fault_errno(why, VIEW);
    for (size_t i = 0; i < view->count; i++)
        if (!view_place(root, &view->places[i], why))
            return false;
    return true;
}

static void view_rename(struct house *house)
{
    snprintf(house->prefix, sizeof house->prefix, VIEW "/prefix");
    for (size_t i = 0; i < house->course_count; i++) {
        snprintf(house->course[i], PATH_MAX, VIEW "/course/%zu", i);
        if (house->local[i][0])
            snprintf(house->local[i], PATH_MAX, VIEW "/local/%zu", i);
    }
}

static bool view_enter(struct house *house, struct fault *why)
{
    struct view view = { .count = 0 };
    mode_t mask = umask(022);
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        return fault_errno(why, "as root, but no mount namespace could be made: start holdout as "
                                "an ordinary user");
    bool done = view_gather(house, &view, why) && view_furnish(&view, why);
    for (size_t i = 0; i < view.count; i++)
        close(view.places[i].tree);
    umask(mask);
    if (done)
        view_rename(house);
    return done;
}

bool house_enter(struct house *out, const struct house_course *courses, size_t course_count,
                 struct fault *why)
{
    *out = (struct house){ .root = false };
    if (!find_users(out, why) || !find_prefix(out, why) ||
        !find_courses(out, courses, course_count, why))
        return false;
    return !out->root || view_enter(out, why);
}

bool house_program(const struct house *house, const char *name, char out[PATH_MAX])
{
    int len = snprintf(out, PATH_MAX, "%s/%s", house->prefix, name);
    return len > 0 && len < PATH_MAX;
}

/* ---- becoming somebody ---- */

static bool drop_user(const struct house *house, enum house_role role, struct fault *why)
{
    const gid_t helpers[] = { house->gid[HOUSE_RUNNER], house->gid[HOUSE_FETCH],
                              house->gid[HOUSE_WEB] };
    size_t count = role == HOUSE_GRADER ? sizeof helpers / sizeof *helpers : 0;
    gid_t gid = house->gid[role];
    uid_t uid = house->uid[role];
    if (setgroups(count, helpers) != 0 || setresgid(gid, gid, gid) != 0 ||
        setresuid(uid, uid, uid) != 0)
        return fault_errno(why, "user %u of the %s could not be taken", uid, house_role_name(role));
    return true;
}

static bool drop_capabilities(struct fault *why)
{
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &head, none) == 0 ||
           fault_errno(why, "capabilities could not be dropped");
}

/* What was asked for is what is there now, and there is no way back. */
static bool drop_check(const struct house *house, enum house_role role, struct fault *why)
{
    uid_t uids[3];
    gid_t gids[3];
    if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 || getresgid(&gids[0], &gids[1], &gids[2]))
        return fault_errno(why, "users could not be read");
    for (int i = 0; i < 3; i++)
        if (uids[i] != house->uid[role] || gids[i] != house->gid[role])
            return fault_set(why, BLAME_SYSTEM, "the %s did not become user %u",
                             house_role_name(role), house->uid[role]);
    if (uids[0] != 0 && (setuid(0) == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) == 0))
        return fault_set(why, BLAME_SYSTEM, "the %s could become root again",
                         house_role_name(role));
    return true;
}

bool house_drop(const struct house *house, enum house_role role, pid_t parent, struct fault *why)
{
    if (house->root && (!drop_user(house, role, why) || !drop_capabilities(why)))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
        return fault_errno(why, "the %s could not be closed off", house_role_name(role));
    if (parent && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return fault_errno(why, "the %s could not be bound to its parent", house_role_name(role));
    if (parent && getppid() != parent)
        return fault_set(why, BLAME_PASSING, "the parent had ended");
    return drop_check(house, role, why);
}

bool house_own(const struct house *house, int dir, const char *path, struct house_owner owner,
               struct fault *why)
{
    char link[64];
    scoped(fd) int fd = openat(dir, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return fault_errno(why, "%s", path);
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return fault_set(why, BLAME_COURSE, "%s was neither a file nor a directory", path);
    if (house->root &&
        fchownat(fd, "", house->uid[owner.user], house->gid[owner.group], AT_EMPTY_PATH) != 0)
        return fault_errno(why, "%s could not be given to the %s", path,
                           house_role_name(owner.user));
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return chmod(link, owner.mode) == 0 || fault_errno(why, "%s: mode %o", path, owner.mode);
}
