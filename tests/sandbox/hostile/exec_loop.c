/* Executes itself for ever under changing names, a new process image each time. expect: cpu
 * cpu_ms=200 */
/* cases: 5; walls: cpu */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    char name[32];
    if (attack_cpu_ms() > attack_cpu_most(argv))
        attack_beyond("CPU time");
    snprintf(name, sizeof name, "%d", getpid() + (int)attack_cpu_ms());
    prctl(PR_SET_NAME, name);
    argv[0] = name;
    execv("/proc/self/exe", argv);
    return 1;
}
