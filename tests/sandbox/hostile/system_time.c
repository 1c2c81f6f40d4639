/* Burns CPU inside the kernel only. expect: cpu cpu_ms=200 */
/* cases: 16; walls: cpu */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    while (attack_cpu_ms() < attack_cpu_most(argv))
        for (int i = 0; i < 100; i++)
            free(calloc(1, 8 << 20)), syscall(SYS_getppid);
    attack_beyond("CPU time");
}
