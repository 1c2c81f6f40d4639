/* Files that are open but have no name any more still count. expect: disk */
/* cases: 45; walls: size */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int i = 0; i < 17; i++) {
        int fd = open("/opt/ml/output/x", O_CREAT | O_WRONLY, 0600);
        unlink("/opt/ml/output/x");
        if (!attack_fill(fd, MIB)) {
            usleep(100000); /* long enough to be seen: the end of the process frees it all */
            return 1;
        }
    }
    attack_beyond("disk");
}
