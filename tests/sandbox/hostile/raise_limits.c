/* Raises its own limits before it burns CPU. expect: cpu cpu_ms=400 wall_most_ms=3500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
        if (setrlimit(i, &limit) == 0 && (i == RLIMIT_CPU || i == RLIMIT_NPROC || i == RLIMIT_CORE))
            return 1;
        if (getrlimit(i, &limit) == 0) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(i, &limit);
        }
    }
    for (;;)
        ;
}
