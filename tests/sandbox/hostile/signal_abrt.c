/* Ends by SIGABRT, which the report must name exactly. expect: signal signal=6 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    raise(SIGABRT);
    return 0;
}
