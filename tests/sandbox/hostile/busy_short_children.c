/* Burns CPU in children that die before anybody looks. expect: cpu cpu_ms=200 */
/* cases: 10; walls: cpu */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    signal(SIGCHLD, SIG_IGN);
    for (int64_t burnt_ms = 0; burnt_ms < attack_cpu_most(argv); burnt_ms += 5) {
        pid_t pid = fork();
        if (pid == 0) {
            attack_burn(5);
            _exit(0);
        }
        while (pid > 0 && kill(pid, 0) == 0)
            usleep(200);
    }
    attack_beyond("CPU time");
}
