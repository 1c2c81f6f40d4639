/* Burns CPU in children that die before anybody looks. expect: cpu cpu_ms=600 wall_most_ms=3500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        pid_t pid = fork();
        if (pid == 0) {
            for (volatile unsigned long k = 0; k < 3000000; k++)
                ;
            _exit(0);
        }
        while (pid > 0 && kill(pid, 0) == 0)
            usleep(200);
    }
}
