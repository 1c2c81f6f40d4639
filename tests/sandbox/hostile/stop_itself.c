/* Stops itself and its group: a stopped process cannot be killed by a polite signal. expect: wall
 * wall_ms=300 */
/* cases: 12; walls: wall */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    pid_t main = getpid();
    if (fork() == 0) {
        setsid();
        attack_outlast(argv);
        dprintf(2, "got through: beyond the limit of wall time\n");
        kill(main, SIGCONT);
        _exit(0);
    }
    usleep(20000);
    kill(0, SIGSTOP);
    wait(NULL);
    return 1;
}
