/* Every byte that there is, escapes and zeros among them: stored as they are. expect: ok raw */
/* cases: 39; walls: none: it must work */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int round = 0; round < 16; round++)
        for (int byte = 0; byte < 256; byte++)
            putchar(byte);
    return 0;
}
