/* Raises its own limits before it burns CPU. expect: cpu cpu_ms=200 */
/* cases: 15 16; walls: cpu rlimits */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
        NEVER(setrlimit(i, &limit) == 0 &&
              (i == RLIMIT_CPU || i == RLIMIT_NPROC || i == RLIMIT_CORE));
        if (getrlimit(i, &limit) == 0) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(i, &limit);
        }
    }
    attack_burn(attack_cpu_most(argv));
    attack_beyond("CPU time");
}
