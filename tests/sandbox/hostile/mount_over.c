/* Mounts in a namespace of its own, where it would be allowed to. expect: ok */
/* cases: 72 73; walls: seccomp,landlock */
#include "tests/sandbox/hostile/attack.h"
#include <sys/mount.h>

int main(void)
{
    unshare(CLONE_NEWUSER | CLONE_NEWNS);
    REFUSED(mount("none", "/tmp", "tmpfs", 0, NULL));
    REFUSED(mount("/usr", "/tmp", NULL, MS_BIND, NULL));
    ATTACK_END;
}
