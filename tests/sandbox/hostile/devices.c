/* Makes device nodes. expect: ok */
/* cases: 52 69; walls: seccomp,landlock */
#include "tests/sandbox/hostile/attack.h"
#include <sys/sysmacros.h>

int main(void)
{
    REFUSED(mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)));
    REFUSED(mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
    REFUSED(mknodat(AT_FDCWD, "/opt/ml/output/kmsg", S_IFCHR | 0600, makedev(1, 11)));
    REFUSED(
        mknod("/tmp/none", S_IFCHR | 0600, makedev(0, 0))); /* the only one that the kernel gives */
    ATTACK_END;
}
