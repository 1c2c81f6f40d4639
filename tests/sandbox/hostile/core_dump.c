/* Dies with a core dump wanted: none may appear anywhere. expect: signal
 * signal=6 keep=/opt/ml/output files=0 */
/* cases: 47; walls: rlimits */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    NEVER(setrlimit(RLIMIT_CORE, &limit) == 0);
    if (attack_count)
        return 1; /* where cores go to a program of the host, that one must not start */
    prctl(PR_SET_DUMPABLE, 1);
    chdir("/opt/ml/output");
    abort();
}
