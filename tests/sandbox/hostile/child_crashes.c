/* A child crashes, the main process is fine: its status counts. expect: ok */
/* cases: 22; walls: none: a report to be exact */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (fork() == 0)
        abort();
    wait(NULL);
    return 0;
}
