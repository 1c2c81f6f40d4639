/* A sparse file of a terabyte. expect: signal signal=25 keep=/opt/ml/output */
/* cases: 43 44; walls: rlimits */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int fd = open("/opt/ml/output/model", O_CREAT | O_WRONLY, 0600);
    NEVER(ftruncate(fd, 1LL << 40) == 0);
    return 0;
}
