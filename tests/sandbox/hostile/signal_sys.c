/* Sends itself the signal of a forbidden call. expect: forbidden */
/* cases: 19; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGSYS);
    return 0;
}
