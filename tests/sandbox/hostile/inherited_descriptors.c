/* Uses descriptors that the supervisor left open. expect: ok */
/* cases: 61 87; walls: descriptors */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int fd = 3; fd < 65536; fd++)
        REFUSED(fcntl(fd, F_GETFD));
    char target[256] = "";
    readlink("/proc/self/fd/0", target, sizeof target - 1);
    NEVER(strcmp(target, "/dev/null") != 0);
    NEVER(lseek(1, 0, SEEK_CUR) >= 0); /* a pipe, not the caller's file */
    NEVER(isatty(0) || isatty(1) || isatty(2));
    ATTACK_END;
}
