/* Children that are never reaped fill the process table; none may be left afterwards. expect: ok */
/* cases: 6; walls: pids */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return 0;
        if (pid == 0)
            _exit(0);
    }
    attack_beyond("processes");
}
