/* Leaves a daemon that holds stdout and exits at once. expect: ok */
/* cases: 7 8; walls: pidns */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            sleep(60);
        _exit(0);
    }
    return 0;
}
