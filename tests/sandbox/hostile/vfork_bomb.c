/* vfork, and clone3 that must look absent so that libc falls back. expect: processes */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    struct {
        uint64_t fields[11];
    } how = { { 0, 0, 0, 0, SIGCHLD } };
    REFUSED(syscall(SYS_clone3, &how, sizeof how));
    if (attack_count)
        return 0;
    for (int i = 0; i < 100000; i++) {
        pid_t pid = (pid_t)syscall(SYS_fork);
        if (pid < 0)
            return 1;
        if (pid == 0)
            for (;;)
                pause();
    }
    return 0;
}
