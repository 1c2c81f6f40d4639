/* Locks memory, asks for huge pages, protects itself from the kernel's killer. expect: ok */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    char *block = malloc(1 << 20);
    REFUSED(mlock(block, 1 << 20));
    REFUSED(mlockall(MCL_CURRENT | MCL_FUTURE));
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    NEVER(fd >= 0 && write(fd, "-1000", 5) == 5);
    char score[16] = "";
    NEVER(fd < 0 || pread(open("/proc/self/oom_score_adj", O_RDONLY), score, 15, 0) < 1 ||
          strcmp(score, "1000\n") != 0);
    ATTACK_END;
}
