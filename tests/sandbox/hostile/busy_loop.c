/* Burns one core. expect: cpu cpu_ms=200 */
/* cases: 9; walls: cpu */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    attack_burn(attack_cpu_most(argv));
    attack_beyond("CPU time");
}
