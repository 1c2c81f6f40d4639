/* A sparse result larger than what may be kept. expect: artifact keep=/opt/ml/output */
/* cases: 43; walls: keep */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int fd = open("/opt/ml/output/model", O_CREAT | O_WRONLY, 0600);
    return ftruncate(fd, 20 << 20);
}
