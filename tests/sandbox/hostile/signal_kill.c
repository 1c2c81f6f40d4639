/* Ends by SIGKILL, which the report must name exactly. expect: signal signal=9 */
/* cases: 19; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGKILL);
    return 0;
}
