/* The result is a socket. expect: artifact keep=/opt/ml/output */
/* cases: 52; walls: none: nothing opens a socket like a file */
#include "tests/sandbox/hostile/attack.h"
#include <sys/un.h>

int main(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/opt/ml/output/predictions.csv" };
    return bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&at, sizeof at);
}
