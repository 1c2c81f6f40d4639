/* Locks memory, asks for huge pages, protects itself from the kernel's killer. expect: ok */
/* cases: 30 35; walls: rlimits */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    char *block = malloc(1 << 20), score[16] = "";
    REFUSED(mlock(block, 1 << 20));
    REFUSED(mlockall(MCL_CURRENT | MCL_FUTURE));
    NEVER(mmap(NULL, 2 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0) !=
          MAP_FAILED);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    NEVER(fd >= 0 && write(fd, "-1000", 5) == 5);
    NEVER(fd < 0 || pread(open("/proc/self/oom_score_adj", O_RDONLY), score, 15, 0) < 1 ||
          strcmp(score, "1000\n") != 0);
    ATTACK_END;
}
