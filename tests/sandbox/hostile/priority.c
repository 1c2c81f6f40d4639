/* Takes more of the machine than it should by scheduling classes. expect: ok */
/* cases: 23; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    struct sched_param high = { .sched_priority = 10 };
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } deadline = { sizeof deadline, 6, 0, 0, 0, 10000000, 20000000, 20000000 };
    REFUSED(setpriority(PRIO_PROCESS, 0, -5));
    REFUSED(sched_setscheduler(0, SCHED_FIFO, &high));
    REFUSED(sched_setscheduler(0, SCHED_RR, &high));
    REFUSED(syscall(SYS_sched_setattr, 0, &deadline, 0));
    REFUSED(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    REFUSED(syscall(SYS_ioprio_set, 1, 0, 2 << 13)); /* first among the ordinary ones */
    ATTACK_END;
}
