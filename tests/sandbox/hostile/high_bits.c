/* The same doors with the high 32 bits set, which the kernel ignores. expect: ok */
/* cases: 75; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <sys/ioctl.h>

#define HIGH (1ULL << 32)

int main(void)
{
    char byte = 'x';
    REFUSED(syscall(SYS_socket, HIGH | 40, 1, 0));
    REFUSED(syscall(SYS_socket, HIGH | AF_PACKET, SOCK_RAW, 0));
    REFUSED(syscall(SYS_socket, HIGH | AF_NETLINK, SOCK_RAW, HIGH | 9));
    REFUSED(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, HIGH | 15));
    REFUSED(syscall(SYS_ioctl, 0, HIGH | TIOCSTI, &byte));
    REFUSED(syscall(SYS_ioctl, 0, HIGH | TIOCLINUX, &byte));
    REFUSED(syscall(SYS_clone, HIGH | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
    REFUSED(syscall(SYS_unshare, HIGH | CLONE_NEWUSER));
    REFUSED(syscall(SYS_personality, HIGH | 0x0040000));
    REFUSED(syscall(SYS_fcntl, 0, HIGH | F_NOTIFY, 1));
    REFUSED(syscall(SYS_fcntl, 0, HIGH | F_SETLEASE, F_RDLCK));
    REFUSED(syscall(SYS_prctl, HIGH | 35, 0, 0, 0, 0)); /* PR_SET_MM */
    REFUSED(syscall(SYS_sched_setscheduler, 0, HIGH | SCHED_FIFO, &byte));
    REFUSED(syscall(SYS_mknod, "/tmp/disk", HIGH | S_IFBLK | 0600, 0xfe00));
    ATTACK_END;
}
