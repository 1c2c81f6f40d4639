/* Allocates and touches until death. expect: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < 400; i++) { /* 1.6 GiB at most: the witness is bounded */
        char *block = malloc(4 << 20);
        if (!block)
            return 1;
        memset(block, 1, 4 << 20);
    }
    return 0;
}
