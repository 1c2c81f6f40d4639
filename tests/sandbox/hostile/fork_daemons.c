/* Forks twice with sessions of their own, so that no parent knows them. expect: processes */
/* cases: 2; walls: pids */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < LIMIT_PROCESSES; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return 1;
        if (pid == 0) {
            setsid();
            pid = fork();
            while (pid == 0)
                pause();
            _exit(pid < 0);
        }
        int status = 0;
        waitpid(pid, &status, 0);
        if (status)
            return 1;
    }
    attack_beyond("processes");
}
