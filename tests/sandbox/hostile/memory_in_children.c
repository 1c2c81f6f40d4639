/* Many processes, each small, together over the limit. expect: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < 16; i++)
        if (fork() == 0) {
            volatile char *block = malloc(12 << 20);
            for (int k = 0; k < 12 << 20; k += 4096)
                block[k] = 1;
            for (;;)
                pause();
        }
    sleep(2);
    return 0;
}
