/* Writes to stderr for ever. expect: output */
/* cases: 38; walls: output */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (!attack_fill(2, BEYOND_OUTPUT))
        return 1;
    dprintf(1, "got through: beyond the limit of output\n");
    return 1;
}
