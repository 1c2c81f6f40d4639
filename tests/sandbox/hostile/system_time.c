/* Burns CPU inside the kernel only. expect: cpu cpu_ms=500 */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (;;)
        free(calloc(1, 8 << 20)), syscall(SYS_getppid);
}
