/* tmpfs for boxes. */
#include "sandbox/inside/spaces.h"
#include "sandbox/inside/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PARTS_FRESH_MOST 512
#define PROBE "probe"

static const struct {
    const char *name;
    mode_t mode;
} directories[SCRATCH_DIRECTORIES] = { { "tmp", 01777 }, { "shm", 01777 }, { "disk", 0700 } };

static int64_t disk_inodes(const struct box_limits *limits, int64_t files)
{
    return limits->inodes + PARTS_FRESH_MOST + files;
}

static void sizes_set(struct spaces *spaces, const struct box_limits *limits, int64_t files)
{
    spaces->bytes = limits->disk_bytes;
    spaces->inodes = limits->inodes;
    spaces->disk_inodes = disk_inodes(limits, files);
}

void spaces_nothing(struct spaces *spaces)
{
    memset(spaces, 0, sizeof *spaces);
    spaces->scratch = spaces->home = spaces->disk = -1;
}

void spaces_close(struct spaces *spaces)
{
    fd_close(&spaces->scratch);
    fd_close(&spaces->home);
    fd_close(&spaces->disk);
}

/* ---- the scratch space ---- */

/* The box's user's own. */
static bool make_directories(int scratch, const struct ground *ground)
{
    bool made = true;
    files_as(ground->uid, ground->gid);
    umask(0);
    for (size_t i = 0; made && i < SCRATCH_DIRECTORIES; i++)
        made = mkdirat(scratch, directories[i].name, directories[i].mode) == 0;
    umask(022);
    files_as(geteuid(), getegid());
    return made;
}

static bool look(int scratch, struct untouched *at)
{
    for (size_t i = 0; i < SCRATCH_DIRECTORIES; i++)
        if (fstatat(scratch, directories[i].name, &at->directories[i], AT_SYMLINK_NOFOLLOW))
            return false;
    return true;
}

static bool is_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid &&
           a->st_nlink == b->st_nlink && is_time(a->st_atim, b->st_atim) &&
           is_time(a->st_mtim, b->st_mtim) && is_time(a->st_ctim, b->st_ctim);
}

/* A tmpfs counts the numbers that it gives out, and tells by the next one whether any is gone. */
static bool next_is(int scratch, ino_t number)
{
    struct stat about;
    if (mknodat(scratch, PROBE, S_IFREG | 0600, 0))
        return false;
    bool known = fstatat(scratch, PROBE, &about, AT_SYMLINK_NOFOLLOW) == 0;
    return unlinkat(scratch, PROBE, 0) == 0 && known && about.st_ino == number;
}

static bool is_untouched(int scratch, struct untouched *was)
{
    struct untouched now;
    struct statvfs room;
    if (fstatvfs(scratch, &room) || room.f_bfree != room.f_blocks ||
        room.f_files - room.f_ffree != 1 + SCRATCH_DIRECTORIES || !look(scratch, &now))
        return false;
    for (size_t i = 0; i < SCRATCH_DIRECTORIES; i++)
        if (!is_same(&now.directories[i], &was->directories[i]))
            return false;
    return next_is(scratch, was->next++);
}

/* What is attached to a box goes with it: it gets a clone, if the kernel (6.15) can make one. */
static bool scratch_share(struct spaces *spaces)
{
    spaces->scratch = tree_clone(spaces->home, "", 0, false);
    return spaces->scratch >= 0;
}

static bool scratch_open(struct spaces *spaces, const struct ground *ground)
{
    struct untouched *untouched = &spaces->untouched;
    spaces->home = tmpfs_open(spaces->bytes, spaces->inodes, "0755", ground->uid, ground->gid);
    if (spaces->home < 0 || !make_directories(spaces->home, ground))
        return false;
    if (!look(spaces->home, untouched) || !scratch_share(spaces)) {
        spaces->scratch = spaces->home;
        spaces->home = -1;
    }
    untouched->next = untouched->directories[SCRATCH_DIRECTORIES - 1].st_ino + 1;
    return true;
}

/* ---- */

bool spaces_open(struct spaces *spaces, const struct ground *ground,
                 const struct box_limits *limits, bool disk, int64_t files)
{
    int64_t more = disk_inodes(limits, files);
    if (spaces->bytes != limits->disk_bytes || spaces->inodes != limits->inodes) {
        fd_close(&spaces->scratch);
        fd_close(&spaces->home);
    }
    if (!disk || spaces->bytes != limits->disk_bytes || spaces->disk_inodes != more)
        fd_close(&spaces->disk);
    sizes_set(spaces, limits, files);
    if (disk && spaces->disk < 0)
        spaces->disk =
            tmpfs_open(spaces->bytes, spaces->disk_inodes, "0755", ground->uid, ground->gid);
    if (spaces->scratch < 0 && spaces->home >= 0 && !scratch_share(spaces))
        fd_close(&spaces->home);
    bool scratch = spaces->scratch >= 0 || scratch_open(spaces, ground);
    return scratch && (spaces->disk >= 0 || !disk);
}

bool spaces_resize(struct spaces *spaces, const struct box_limits *limits, int64_t files)
{
    int64_t more = disk_inodes(limits, files);
    bool bytes = spaces->bytes != limits->disk_bytes;
    if ((spaces->disk >= 0 && (bytes || more != spaces->disk_inodes) &&
         !tmpfs_resize(spaces->disk, limits->disk_bytes, more)) ||
        ((bytes || spaces->inodes != limits->inodes) &&
         !tmpfs_resize(spaces->scratch, limits->disk_bytes, limits->inodes)))
        return false;
    sizes_set(spaces, limits, files);
    return true;
}

void spaces_pass(struct spaces *from, struct spaces *to)
{
    if (to->scratch >= 0 || to->home >= 0 || to->disk >= 0 || from->home < 0 ||
        !is_untouched(from->home, &from->untouched))
        return;
    *to = *from;
    to->scratch = to->disk = from->home = -1;
}
