/* The kernel kills a child for memory, the main process survives and says all is well.
 * expect: memory */
/* cases: 33; walls: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (fork() == 0) {
        attack_touch(BEYOND_MEMORY);
        attack_beyond_memory();
    }
    wait(NULL);
    puts("all is well");
    return 0;
}
