/* Ends by SIGSEGV, which the report must name exactly. expect: signal signal=11 */
/* cases: 19; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGSEGV);
    return 0;
}
