/* Ignores every signal that can be ignored, SIGXCPU and SIGTERM among them. expect: cpu
 * cpu_ms=200 */
/* cases: 14; walls: cpu */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    sigset_t all;
    for (int i = 1; i < 65; i++)
        signal(i, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    attack_burn(attack_cpu_most(argv));
    attack_beyond("CPU time");
}
