/* Makes namespaces of its own, by every call that can. expect: ok */
/* cases: 72; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

static int nothing(void *at)
{
    (void)at;
    return 0;
}

int main(void)
{
    static const unsigned long flags[] = { CLONE_NEWUSER,  CLONE_NEWNS,  CLONE_NEWPID,
                                           CLONE_NEWNET,   CLONE_NEWIPC, CLONE_NEWUTS,
                                           CLONE_NEWCGROUP };
    static char stack[65536];
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct {
            uint64_t fields[11];
        } how = { { flags[i], 0, 0, 0, SIGCHLD } };
        REFUSED(unshare((int)flags[i]));
        REFUSED(clone(nothing, stack + sizeof stack, (int)flags[i] | SIGCHLD, NULL));
        REFUSED(syscall(SYS_clone, flags[i] | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
        REFUSED(syscall(SYS_clone, 1ULL << 32 | flags[i] | SIGCHLD, 0, 0, 0, 0));
        REFUSED(syscall(SYS_clone3, &how, sizeof how));
    }
    int own = open("/proc/self/ns/user", O_RDONLY);
    REFUSED(setns(own, 0));
    ATTACK_END;
}
