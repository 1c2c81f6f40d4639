/* System call numbers that do not exist, or not for boxes. expect: ok */
/* cases: 76; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (long i = 450; i < 600; i++) {
        errno = 0;
        REFUSED(syscall(i, 0, 0, 0, 0, 0, 0));
        NEVER(errno != ENOSYS);
    }
    REFUSED(syscall(-1));
    REFUSED(syscall(0x3fffffff));
    ATTACK_END;
}
