/* Turns the clock of the machine. expect: ok */
/* cases: 81; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <sys/time.h>
#include <sys/timex.h>

int main(void)
{
    struct timespec now;
    struct timeval time;
    struct timex tune = { 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    gettimeofday(&time, NULL);
    REFUSED(clock_settime(CLOCK_REALTIME, &now));
    REFUSED(settimeofday(&time, NULL));
    REFUSED(adjtimex(&tune));
    ATTACK_END;
}
