/* A build step that never ends: the compiler reads a device. expect: memory|exit */
/* cases: 66; walls: none: a compiler in the same box; malloc_bomb proves the wall */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    int fd = open("/tmp/x.c", O_CREAT | O_WRONLY, 0600);
    static const char text[] = "#include \"/dev/zero\"\n";
    write(fd, text, sizeof text - 1);
    execl("/usr/bin/gcc", "gcc", "-c", "-o", "/tmp/x.o", "/tmp/x.c", NULL);
    return 1;
}
