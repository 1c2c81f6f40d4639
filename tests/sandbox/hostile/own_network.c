/* Not an attack: a server and a client inside must find each other. expect: ok */
/* cases: 86; walls: none: it must work */
#include "tests/sandbox/hostile/attack.h"
#include <arpa/inet.h>

int main(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(8080) };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(server, (void *)&at, sizeof at) || listen(server, 1))
        return 1;
    return connect(client, (void *)&at, sizeof at) != 0;
}
