/* A sparse file of a terabyte. expect: signal signal=25 keep=/opt/ml/output */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int fd = open("/opt/ml/output/model", O_CREAT | O_WRONLY, 0600);
    ftruncate(fd, 1LL << 40);
    return 0;
}
