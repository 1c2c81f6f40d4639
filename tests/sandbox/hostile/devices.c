/* Makes device nodes. expect: ok */
#include "tests/sandbox/hostile/attack.h"
#include <sys/sysmacros.h>

int main(void)
{
    REFUSED(mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)));
    REFUSED(mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
    REFUSED(mknodat(AT_FDCWD, "/opt/ml/output/kmsg", S_IFCHR | 0600, makedev(1, 11)));
    ATTACK_END;
}
