/* Ends by SIGILL, which the report must name exactly. expect: signal signal=4 */
/* cases: 19; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGILL);
    return 0;
}
