/* Dies with a core dump wanted: none may appear anywhere. expect: signal
 * signal=6 keep=/opt/ml/output files=0 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
    setrlimit(RLIMIT_CORE, &limit);
    prctl(PR_SET_DUMPABLE, 1);
    chdir("/opt/ml/output");
    abort();
}
