/* Ignores every signal that can be ignored, SIGXCPU and SIGTERM among them. expect: cpu
 * cpu_ms=400 wall_most_ms=3500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    sigset_t all;
    for (int i = 1; i < 65; i++)
        signal(i, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (;;)
        ;
}
