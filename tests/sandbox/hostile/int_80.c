/* A system call by the 32-bit door: getpid through int 0x80. expect: forbidden */
/* cases: 76; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    NEVER(result > 0);
    ATTACK_END;
}
