/* Every process forks two, until the limit: an exponential bomb. expect: cpu|wall|processes
 * cpu_ms=600 wall_ms=1500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (;;)
        if (fork() < 0)
            sched_yield();
}
