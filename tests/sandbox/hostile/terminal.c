/* Types into a terminal, or takes one. expect: ok */
/* cases: 78; walls: none: no terminal is passed, and nothing leads to one */
#include "tests/sandbox/hostile/attack.h"
#include <sys/ioctl.h>

int main(void)
{
    char byte = 'x';
    for (int fd = 0; fd < 3; fd++) {
        REFUSED(ioctl(fd, TIOCSTI, &byte));
        REFUSED(ioctl(fd, TIOCLINUX, &byte));
        REFUSED(ioctl(fd, TIOCSCTTY, 0));
    }
    REFUSED(open("/dev/tty", O_RDWR));
    REFUSED(open("/dev/console", O_RDWR));
    REFUSED(posix_openpt(O_RDWR));
    ATTACK_END;
}
