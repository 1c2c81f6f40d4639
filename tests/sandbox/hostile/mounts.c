/* Mounts, moves and uncovers file systems. expect: ok */
/* cases: 62 73 80; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <sys/mount.h>

int main(void)
{
    unshare(CLONE_NEWUSER | CLONE_NEWNS); /* an attempt to gain the right to */
    REFUSED(mount("none", "/tmp", "tmpfs", 0, NULL));
    REFUSED(mount("/usr", "/tmp", NULL, MS_BIND, NULL));
    REFUSED(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
    REFUSED(mount("none", "/tmp", "cgroup2", 0, NULL));
    REFUSED(mount("none", "/tmp", "cgroup", 0, "memory"));
    REFUSED(mount("none", "/tmp", "proc", 0, NULL));
    REFUSED(umount2("/usr/lib/R/site-library", MNT_DETACH));
    REFUSED(umount2("/proc", MNT_DETACH));
    REFUSED(syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    REFUSED(syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/tmp", 0));
    REFUSED(syscall(SYS_fsopen, "tmpfs", 0));
    REFUSED(syscall(SYS_fspick, AT_FDCWD, "/", 0));
    REFUSED(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, NULL, 0));
    REFUSED(access("/sys/fs/cgroup", F_OK));
    ATTACK_END;
}
