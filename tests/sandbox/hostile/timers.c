/* Timers without end. expect: ok */
/* cases: 24; walls: rlimits */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    timer_t timer;
    int count = 0;
    while (count < 5000 && timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0)
        count++;
    NEVER(count == 5000);
    count = 0;
    while (count <= LIMIT_FILES && syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0) >= 0)
        count++;
    NEVER(count > LIMIT_FILES);
    ATTACK_END;
}
