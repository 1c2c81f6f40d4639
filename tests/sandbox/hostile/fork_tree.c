/* Every process forks two, until the limit: an exponential bomb. expect: cpu|wall|processes
 * cpu_ms=300 wall_ms=1500 */
/* cases: 1; walls: pids */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int64_t *count = attack_shared();
    *count = 1;
    for (;;) {
        pid_t pid = fork();
        if (pid > 0 && __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) == LIMIT_PROCESSES + 1) {
            attack_note("more processes than the limit", *count);
            _exit(1);
        }
        if (__atomic_load_n(count, __ATOMIC_SEQ_CST) > LIMIT_PROCESSES) {
            usleep(BEYOND_MS * 1000); /* until it is said */
            _exit(1);
        }
        if (pid < 0)
            sched_yield();
    }
}
