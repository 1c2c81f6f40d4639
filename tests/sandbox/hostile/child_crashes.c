/* A child crashes, the main process is fine: its status counts. expect: ok */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (fork() == 0)
        abort();
    wait(NULL);
    return 0;
}
