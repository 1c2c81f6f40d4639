/* Recurses without end. expect: signal signal=11 */
#include "tests/sandbox/hostile/attack.h"

static int deeper(volatile char *above)
{
    volatile char here[4096];
    here[0] = above[0];
    return deeper(here) + here[0];
}

int main(void)
{
    char start = 1;
    return deeper(&start);
}
