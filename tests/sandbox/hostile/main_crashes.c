/* The main process crashes, its child is fine: the crash counts. expect: signal signal=6 */
/* cases: 22; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (fork() == 0)
        _exit(0);
    wait(NULL);
    abort();
}
