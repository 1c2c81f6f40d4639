/* Takes disk without writing: reserved, and in files that never had a name. expect: disk */
/* cases: 45; walls: size */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int fd = open("/opt/ml/output", O_TMPFILE | O_WRONLY, 0600);
    if (fallocate(fd, 0, 0, LIMIT_DISK - MIB))
        return 2;
    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4 * MIB);
    int other = open("/opt/ml/output/x", O_CREAT | O_WRONLY, 0600);
    if (fallocate(other, 0, 0, 8 * MIB)) {
        attack_fill(other, 8 * MIB);
        usleep(100000); /* as fill_unlinked */
        return 1;
    }
    attack_beyond("disk");
}
