/* Writes to stdout for ever. expect: output */
/* cases: 38; walls: output */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (!attack_fill(1, BEYOND_OUTPUT))
        return 1;
    dprintf(2, "got through: beyond the limit of output\n");
    return 1;
}
