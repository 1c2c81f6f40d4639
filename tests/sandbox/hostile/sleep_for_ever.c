/* Uses no CPU time at all. expect: wall wall_ms=500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (;;)
        sleep(1000);
}
