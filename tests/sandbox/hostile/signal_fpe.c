/* Ends by SIGFPE, which the report must name exactly. expect: signal signal=8 */
/* cases: 19; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGFPE);
    return 0;
}
