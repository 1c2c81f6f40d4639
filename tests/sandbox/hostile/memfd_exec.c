/* Runs a program from memory: allowed, and gains nothing. expect: ok */
/* cases: 82; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(int argc, char **argv)
{
    if (argc > 1) {
        REFUSED(setuid(0));
        REFUSED(unshare(CLONE_NEWUSER));
        NEVER(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
        ATTACK_END;
    }
    static char block[1 << 20];
    int self = open("/proc/self/exe", O_RDONLY), copy = memfd_create("copy", 0);
    ssize_t len = read(self, block, sizeof block);
    write(copy, block, (size_t)len);
    char *const again[] = { argv[0], "again", NULL }, *const none[] = { NULL };
    fexecve(copy, again, none);
    return 2;
}
