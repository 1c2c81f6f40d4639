/* Stops itself and its group: a stopped process cannot be killed by a polite signal. expect: wall
 * wall_ms=500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    kill(0, SIGSTOP);
    raise(SIGSTOP);
    for (;;)
        pause();
}
