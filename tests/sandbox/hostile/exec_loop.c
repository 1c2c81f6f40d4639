/* Executes itself for ever under changing names, a new process image each time. expect: cpu
 * cpu_ms=500 */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    char name[32];
    (void)argv;
    snprintf(name, sizeof name, "%d", argc);
    prctl(PR_SET_NAME, name);
    char *const again[] = { name, NULL };
    execv("/proc/self/exe", again);
    return 1;
}
