/* Kills every process that it can name, itself last. expect: signal signal=9 */
/* cases: 17 18; walls: pidns,landlock */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    kill(-1, SIGKILL);
    kill(1, SIGKILL);
    kill(getppid(), SIGKILL);
    for (int i = 2; i < 1000; i++)
        if (i != getpid())
            NEVER(kill(i, SIGKILL) == 0);
    if (attack_count)
        return 1;
    kill(getpid(), SIGKILL);
    return 0;
}
