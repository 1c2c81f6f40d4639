/* Results that nobody may read, in a directory that nobody may enter. expect: ok
 * keep=/opt/ml/output files=1 */
/* cases: 52; walls: none: what must be kept is kept */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    mkdir("/opt/ml/output/d", 0700);
    int fd = open("/opt/ml/output/d/secret", O_CREAT | O_WRONLY, 0);
    write(fd, "x", 1);
    return fchmod(fd, 0) || chmod("/opt/ml/output/d", 0);
}
