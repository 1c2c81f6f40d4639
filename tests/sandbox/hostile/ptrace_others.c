/* Reads and steers other processes: pid 1, its parent, itself by a child. expect: ok */
/* cases: 71; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <sys/ptrace.h>
#include <sys/uio.h>

int main(void)
{
    char bytes[64];
    struct iovec here = { bytes, sizeof bytes }, there = { (void *)0x400000, sizeof bytes };
    REFUSED(ptrace(PTRACE_ATTACH, 1, 0, 0));
    REFUSED(ptrace(PTRACE_SEIZE, getppid(), 0, 0));
    REFUSED(ptrace(PTRACE_TRACEME, 0, 0, 0));
    REFUSED(process_vm_readv(1, &here, 1, &there, 1, 0));
    REFUSED(process_vm_writev(getpid(), &here, 1, &there, 1, 0));
    REFUSED(syscall(SYS_kcmp, 1, getpid(), 0, 0, 0));
    REFUSED(syscall(SYS_process_madvise, 0, &there, 1, 0, 0));
    int one = (int)syscall(SYS_pidfd_open, 1, 0);
    REFUSED(syscall(SYS_pidfd_getfd, one, 0, 0));
    NEVER(one >= 0 && syscall(SYS_pidfd_send_signal, one, SIGKILL, NULL, 0) == 0 && getppid() != 1);
    ATTACK_END;
}
