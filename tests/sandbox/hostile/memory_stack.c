/* Recurses without end, whatever its own limit says. expect: signal signal=11 */
/* cases: 34; walls: rlimits */
#include "tests/sandbox/hostile/attack.h"

static int deeper(volatile char *above, int64_t bytes)
{
    volatile char here[4096];
    here[0] = above[0];
    if (bytes < 0)
        attack_beyond("stack");
    return deeper(here, bytes - (int64_t)sizeof here) + here[0];
}

int main(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_STACK, &limit);
    char start = 1;
    return deeper(&start, LIMIT_STACK + MIB);
}
