/* Touches one page in each two mebibytes: the memory is in the page tables. expect: memory
 * ordinary: ok|exit open */
/* cases: 29; walls: memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    const size_t step = 2 * MIB, count = BEYOND_MEMORY / 4096;
    volatile char *at =
        mmap(NULL, step * count, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    madvise((void *)at, step * count, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < count; i++)
        (void)at[i * step];
    attack_beyond_memory();
}
