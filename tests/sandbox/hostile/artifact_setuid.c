/* The result has setuid and setgid bits: they must not survive. expect: ok
 * keep=/opt/ml/output files=1 */
/* cases: 54; walls: none: the mode is made anew, never taken */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int fd = open("/opt/ml/output/tool", O_CREAT | O_WRONLY, 0600);
    write(fd, "x", 1);
    return fchmod(fd, 06777);
}
