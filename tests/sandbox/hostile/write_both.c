/* Fills stderr while stdout is not read first: no deadlock. expect: ok */
/* cases: 40; walls: none: it must not hang */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static char block[1000];
    for (int i = 0; i < 200; i++) {
        write(2, block, sizeof block);
        write(1, block, sizeof block);
    }
    return 0;
}
