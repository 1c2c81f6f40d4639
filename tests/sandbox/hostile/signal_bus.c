/* Ends by SIGBUS, which the report must name exactly. expect: signal signal=7 */
/* cases: 19; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGBUS);
    return 0;
}
