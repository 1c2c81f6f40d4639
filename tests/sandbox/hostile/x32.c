/* A system call by the x32 door. expect: forbidden */
/* cases: 76; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    NEVER(syscall(0x40000000 | 39) > 0 || errno == ENOSYS); /* it came as far as the kernel */
    ATTACK_END;
}
