/* Ends by SIGABRT, which the report must name exactly. expect: signal signal=6 */
/* cases: 19; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGABRT);
    return 0;
}
