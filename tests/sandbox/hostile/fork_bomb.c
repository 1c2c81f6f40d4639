/* Forks until nothing goes any more. expect: processes */
/* cases: 1; walls: pids */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < LIMIT_PROCESSES; i++) { /* and itself */
        pid_t pid = fork();
        if (pid < 0)
            return 1;
        while (pid == 0)
            pause();
    }
    attack_beyond("processes");
}
