/* Ends by SIGSEGV, which the report must name exactly. expect: signal signal=11 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGSEGV);
    return 0;
}
