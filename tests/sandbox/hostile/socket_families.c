/* Sockets that lead out of every namespace or into rarely tested kernel code. expect: ok */
/* cases: 77 83; walls: seccomp */
#include "tests/sandbox/hostile/attack.h"

int main(void)
{
    for (int family = 0; family < 64; family++)
        for (int type = 1; type < 7; type++) {
            if (family == AF_UNIX || ((family == AF_INET || family == AF_INET6) && type < 3) ||
                (family == AF_NETLINK && (type == 2 || type == 3)))
                continue;
            REFUSED(socket(family, type, 0));
        }
    for (int protocol = 1; protocol < 32; protocol++)
        REFUSED(socket(AF_NETLINK, SOCK_RAW, protocol));
    REFUSED(socket(AF_INET, SOCK_STREAM, 132)); /* SCTP */
    REFUSED(socket(AF_INET, SOCK_STREAM, 262)); /* MPTCP */
    REFUSED(socket(AF_INET, SOCK_DGRAM, 1));    /* ping */
    ATTACK_END;
}
