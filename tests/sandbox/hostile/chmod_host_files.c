/* Opens for writing what belongs to the box, or to everybody. expect: ok */
/* cases: 65; walls: readonly */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    REFUSED(chmod("/", 0777));
    REFUSED(chmod("/etc/passwd", 0666));
    REFUSED(chown("/", getuid(), getgid()));
    REFUSED(utimensat(AT_FDCWD, "/opt/ml", NULL, 0));
    ATTACK_END;
}
