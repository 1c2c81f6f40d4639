/* Ends by SIGILL, which the report must name exactly. expect: signal signal=4 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGILL);
    return 0;
}
