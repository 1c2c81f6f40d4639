/* Burns CPU in grandchildren that nobody waits for: rusage is blind to them. expect: cpu
 * cpu_ms=200 */
/* cases: 10; walls: cpu */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    (void)argc;
    int64_t *done = attack_shared();
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 8; i++)
        if (fork() == 0) {
            if (fork() == 0) {
                attack_burn(attack_cpu_most(argv) / 8);
                __atomic_add_fetch(done, 1, __ATOMIC_SEQ_CST);
            }
            _exit(0);
        }
    while (__atomic_load_n(done, __ATOMIC_SEQ_CST) < 8)
        usleep(10000);
    attack_beyond("CPU time");
}
