/* Fills /dev/shm until nothing goes any more. expect: disk|memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static char block[1 << 20];
    int fd = open("/dev/shm/hoard", O_CREAT | O_WRONLY, 0600);
    memset(block, 1, sizeof block);
    for (int i = 0; i < 2000; i++)
        if (write(fd, block, sizeof block) <= 0)
            return 1;
    return 0;
}
