/* Memory in files without a name, mapped nowhere. expect: memory ordinary: ok */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static char block[1 << 20];
    for (int f = 0; f < 4; f++) {
        int fd = memfd_create("hoard", 0);
        for (int i = 0; i < 60; i++)
            if (write(fd, block, sizeof block) <= 0)
                return 1;
    }
    return 0;
}
