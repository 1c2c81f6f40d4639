/* Fills /tmp until nothing goes any more. expect: disk|memory */
/* cases: 28 41; walls: size */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    REFUSED(open("/var/tmp/hoard", O_CREAT | O_WRONLY, 0600));
    if (!attack_fill(open("/tmp/hoard", O_CREAT | O_WRONLY, 0600), LIMIT_DISK + MIB))
        return 1;
    attack_beyond("disk");
}
