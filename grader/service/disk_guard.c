/* The guard of the disk: no run is begun while there is little room. */
#include "grader/service/disk_guard.h"
#include "grader/grader.h"
#include <sys/statvfs.h>

#define LOOK_US 1000000

bool disk_low(const char *path, int64_t guard_mb, int64_t *free_mb)
{
    struct statvfs disk;
    if (guard_mb <= 0 || statvfs(path, &disk) != 0)
        return false;
    *free_mb = (int64_t)(((uint64_t)disk.f_bavail * disk.f_frsize) >> 20);
    return *free_mb < guard_mb;
}

bool disk_guard_waits(struct grader *grader, int64_t guard_mb)
{
    int64_t now_us = clock_mono_us(), free_mb = 0;
    pthread_mutex_lock(&grader->disk.lock);
    bool was = grader->disk.low;
    if (guard_mb != grader->disk.guard_mb || now_us - grader->disk.looked_us >= LOOK_US) {
        grader->disk.low = disk_low(grader->state_path, guard_mb, &free_mb);
        grader->disk.guard_mb = guard_mb;
        grader->disk.looked_us = now_us;
    }
    bool low = grader->disk.low;
    pthread_mutex_unlock(&grader->disk.lock);
    if (low && !was)
        grader_log(grader, "warning", "event=disk_low free_mb=%lld disk_guard_mb=%lld",
                   (long long)free_mb, (long long)guard_mb);
    if (was && !low)
        grader_log(grader, "info", "event=disk_room disk_guard_mb=%lld", (long long)guard_mb);
    return low;
}
