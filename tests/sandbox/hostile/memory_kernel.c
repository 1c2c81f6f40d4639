/* Small things in the kernel: mappings, directory entries, waits, locks. expect: ok|memory */
/* cases: 29; walls: none: each has a bound of its own, and what is charged counts as memory */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    size_t count = 70000;
    char *at =
        mmap(NULL, count * 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (size_t i = 0; at != MAP_FAILED && i < count; i++)
        if (mprotect(at + i * 8192, 4096, PROT_READ))
            break;
    char name[300];
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "/tmp/%0200d", i);
        access(name, F_OK);
    }
    int fd = open("/tmp/locked", O_CREAT | O_RDWR, 0600);
    for (int i = 0; i < 2000; i++) {
        struct flock lock = { .l_type = F_WRLCK, .l_start = 2 * i, .l_len = 1 };
        if (fcntl(fd, F_SETLK, &lock))
            break;
    }
    return 0;
}
