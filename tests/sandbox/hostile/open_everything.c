/* Opens files until nothing goes any more, and watches shared ones. expect: ok */
/* cases: 88 101; walls: rlimits seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <sys/inotify.h>

int main(void)
{
    int count = 0;
    while (count < LIMIT_FILES && open("/dev/null", O_RDONLY) >= 0)
        count++;
    NEVER(count == LIMIT_FILES);
    for (int fd = 3; fd < 2 * LIMIT_FILES; fd++)
        close(fd);
    REFUSED(inotify_add_watch(inotify_init1(0), "/usr/bin", IN_ALL_EVENTS));
    int shared = open("/usr/bin/true", O_RDONLY);
    REFUSED(fcntl(shared, F_SETLEASE, F_RDLCK));
    REFUSED(fcntl(shared, F_NOTIFY, 1));
    ATTACK_END;
}
