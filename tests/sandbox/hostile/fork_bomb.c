/* Forks until nothing goes any more. expect: processes */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < 100000; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return 1;
        if (pid == 0)
            for (;;)
                pause();
    }
    return 0;
}
