/* Not an attack: memory that children share by copy on write counts once. expect: ok */
/* cases: 31; walls: none: it must work */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    attack_touch(LIMIT_MEMORY / 2);
    for (int i = 0; i < 6; i++)
        if (fork() == 0) {
            usleep(300000);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    return 0;
}
