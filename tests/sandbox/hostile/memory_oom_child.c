/* The kernel kills a child for memory, the main process survives and says all is well.
 * expect: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    if (fork() == 0) {
        for (int i = 0; i < 400; i++) {
            volatile char *block = malloc(4 << 20);
            for (int k = 0; k < 4 << 20; k += 4096)
                block[k] = 1;
        }
        _exit(0);
    }
    wait(NULL);
    puts("all is well");
    return 0;
}
