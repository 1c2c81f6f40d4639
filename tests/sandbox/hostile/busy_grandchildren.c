/* Burns CPU in grandchildren that nobody waits for: rusage is blind to them. expect: cpu
 * cpu_ms=600 wall_most_ms=3500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 8; i++)
        if (fork() == 0) {
            if (fork() == 0)
                for (volatile unsigned long k = 0;; k++)
                    ;
            _exit(0);
        }
    for (;;)
        pause();
}
