/* vfork, and clone3 that must look absent so that libc falls back. expect: processes */
/* cases: 3; walls: pids seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    struct {
        uint64_t fields[11];
    } how = { { 0, 0, 0, 0, SIGCHLD } };
    long child = syscall(SYS_clone3, &how, sizeof how);
    if (child == 0)
        _exit(0);
    REFUSED(child);
    if (attack_count)
        return 0;
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        pid_t pid = (pid_t)syscall(SYS_fork);
        if (pid < 0)
            return 1;
        while (pid == 0)
            pause();
    }
    attack_beyond("processes");
}
