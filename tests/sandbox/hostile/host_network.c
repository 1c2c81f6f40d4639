/* Reaches listeners of the host by loopback, and the world. expect: ok */
/* cases: 83; walls: netns */
#include "tests/sandbox/hostile/attack.h"
#include <arpa/inet.h>

static int reach(const char *address, int port, int type)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, address, &to.sin_addr);
    int fd = socket(AF_INET, type, 0), result = connect(fd, (void *)&to, sizeof to);
    if (result == 0 && type == SOCK_DGRAM)
        result = send(fd, "x", 1, 0) == 1 ? 0 : -1;
    close(fd);
    return result;
}

int main(int argc, char **argv)
{
    int port = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 22;
    REFUSED(reach("127.0.0.1", port, SOCK_STREAM));
    REFUSED(reach("10.0.0.1", 80, SOCK_STREAM));
    REFUSED(reach("8.8.8.8", 53, SOCK_DGRAM));
    REFUSED(reach("169.254.169.254", 80, SOCK_STREAM));
    REFUSED(reach("224.0.0.1", 80, SOCK_DGRAM));
    ATTACK_END;
}
