/* Makes the machine write to its disks, again and again. expect: ok */
/* cases: 46; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int own = open("/opt/ml/output/x", O_CREAT | O_RDWR, 0600), shared = open("/usr/bin", O_RDONLY);
    for (int i = 0; i < 100; i++) {
        fsync(own);
        fdatasync(own);
    }
    REFUSED(syscall(SYS_sync));
    REFUSED(syncfs(shared));
    ATTACK_END;
}
