/* Takes more of the machine than it should by scheduling classes. expect: ok */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    struct sched_param high = { .sched_priority = 10 };
    REFUSED(setpriority(PRIO_PROCESS, 0, -5));
    REFUSED(sched_setscheduler(0, SCHED_FIFO, &high));
    REFUSED(sched_setscheduler(0, SCHED_RR, &high));
    REFUSED(syscall(SYS_sched_setattr, 0, &high, 0));
    REFUSED(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    ATTACK_END;
}
