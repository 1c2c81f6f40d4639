/* Allocates and touches until death. expect: memory */
/* cases: 25; walls: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (size_t bytes = 0; bytes < BEYOND_MEMORY; bytes += MIB)
        attack_touch(MIB);
    attack_beyond_memory();
}
