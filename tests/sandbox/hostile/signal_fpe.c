/* Ends by SIGFPE, which the report must name exactly. expect: signal signal=8 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGFPE);
    return 0;
}
