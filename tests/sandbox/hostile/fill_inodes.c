/* Empty files without end. expect: disk */
/* cases: 42; walls: nr_inodes */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    char path[64];
    for (int i = 0; i < LIMIT_INODES + LIMIT_INODES_OWN; i++) {
        snprintf(path, sizeof path, "/opt/ml/output/%d", i);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        if (fd < 0)
            return 1;
        close(fd);
    }
    attack_beyond("inodes");
}
