/* Asks what others have read: the page cache is shared. expect: ok */
/* cases: 90; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"
#include <sys/uio.h>

int main(void)
{
    char byte;
    struct iovec part = { &byte, 1 };
    struct {
        uint64_t from, length;
    } range = { 0, 4096 };
    uint64_t found[5];
    unsigned char resident[1];
    int shared = open("/usr/bin/true", O_RDONLY);
    void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, shared, 0);
    NEVER(preadv2(shared, &part, 1, 0, 8 /* RWF_NOWAIT */) >= 0 || errno == EAGAIN);
    REFUSED(syscall(451, shared, &range, found, 0)); /* cachestat */
    REFUSED(mincore(at, 4096, resident));
    ATTACK_END;
}
