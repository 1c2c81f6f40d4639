/*
 * Loaded before a program's libraries (LD_PRELOAD): clocks that jump, and a record of what reached
 * the disk. HOLDOUT_FAULT_CLOCK: a file of two 64-bit numbers, milliseconds added to CLOCK_REALTIME
 * and to CLOCK_BOOTTIME. HOLDOUT_FAULT_SYNCED: a directory; after each fsync it holds under the
 * inode's number and generation what the file was.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shifts; /* of the two clocks */
static int synced = -1;
static atomic_uint serial;

__attribute__((constructor)) static void shim_open(void)
{
    const char *clock = getenv("HOLDOUT_FAULT_CLOCK"), *dir = getenv("HOLDOUT_FAULT_SYNCED");
    int fd = clock ? open(clock, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED)
        shifts = at;
    if (fd >= 0)
        close(fd);
    if (dir)
        synced = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int code = (int)syscall(SYS_clock_gettime, id, out);
    if (code != 0 || !shifts || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME))
        return code;
    int64_t ns = out->tv_sec * 1000000000 + out->tv_nsec + shifts[id == CLOCK_BOOTTIME] * 1000000;
    out->tv_sec = ns / 1000000000;
    out->tv_nsec = ns % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

static void bytes_write(int fd, int to)
{
    static _Thread_local char buffer[1 << 16];
    ssize_t got;
    for (off_t at = 0; (got = pread(fd, buffer, sizeof buffer, at)) > 0; at += got)
        if (write(to, buffer, (size_t)got) != got)
            abort();
}

/* A descriptor that was opened for writing only is read through /proc. */
static int readable(int fd)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void note(int fd)
{
    struct stat about;
    char name[64], fresh[96];
    if (synced < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return;
    int generation = 0; /* inodes are used again; zero where the file system has none */
    ioctl(fd, FS_IOC_GETVERSION, &generation);
    snprintf(name, sizeof name, "%llu-%d", (unsigned long long)about.st_ino, generation);
    snprintf(fresh, sizeof fresh, ".%s-%d-%u", name, (int)getpid(), atomic_fetch_add(&serial, 1));
    /* One at a time: of two that end together the older content must not come out on top. */
    int turn = openat(synced, "turn", O_RDONLY | O_CREAT | O_CLOEXEC, 0666);
    if (turn < 0 || flock(turn, LOCK_EX) != 0)
        abort();
    int to = openat(synced, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int from = readable(fd);
    if (to < 0 || from < 0)
        abort(); /* a record with holes would accuse the innocent */
    bytes_write(from, to);
    close(to);
    close(from);
    if (renameat(synced, fresh, synced, name) != 0)
        abort();
    close(turn);
}

int fsync(int fd)
{
    int code = (int)syscall(SYS_fsync, fd);
    if (code == 0)
        note(fd);
    return code;
}

int fdatasync(int fd)
{
    int code = (int)syscall(SYS_fdatasync, fd);
    if (code == 0)
        note(fd);
    return code;
}
