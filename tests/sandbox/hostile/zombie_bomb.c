/* Children that are never reaped fill the process table; none may be left afterwards. expect: ok */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < 100000; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return 0;
        if (pid == 0)
            _exit(0);
    }
    return 1;
}
