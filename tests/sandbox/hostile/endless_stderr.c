/* Writes to stderr for ever. expect: output */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static char block[4096];
    memset(block, 'x', sizeof block);
    for (;;)
        if (write(2, block, sizeof block) < 0)
            return 1;
}
