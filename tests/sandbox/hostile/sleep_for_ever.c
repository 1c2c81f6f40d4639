/* Uses no CPU time at all. expect: wall wall_ms=300 */
/* cases: 11; walls: wall */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    attack_outlast(argv);
    attack_beyond("wall time");
}
