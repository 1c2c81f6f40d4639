/* A system call by the x32 door. expect: forbidden */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    return syscall(0x40000000 | 39) > 0 ? 0 : 1;
}
