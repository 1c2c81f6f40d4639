/* System call numbers that do not exist. expect: ok */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (long i = 480; i < 600; i++)
        REFUSED(syscall(i, 0, 0, 0, 0, 0, 0));
    REFUSED(syscall(-1));
    REFUSED(syscall(0x3fffffff));
    ATTACK_END;
}
