/* Files that are open but have no name any more still count. expect: disk */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    static char block[1 << 20];
    for (int i = 0; i < 200; i++) {
        int fd = open("/opt/ml/output/x", O_CREAT | O_WRONLY, 0600);
        unlink("/opt/ml/output/x");
        if (write(fd, block, sizeof block) != sizeof block) {
            usleep(100000); /* long enough to be seen: the end of the process frees it all */
            return 1;
        }
    }
    return 0;
}
