/* Reaches a listener of the host by its abstract name, and those that have paths. expect: ok */
/* cases: 84 85; walls: netns,landlock */
#include "tests/sandbox/hostile/attack.h"
#include <stddef.h>
#include <sys/un.h>

static int reach(const char *path, size_t skip)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    size_t len = offsetof(struct sockaddr_un, sun_path) + skip + strlen(path);
    memcpy(at.sun_path + skip, path, strlen(path));
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&at, (socklen_t)len);
}

int main(int argc, char **argv)
{
    (void)argc;
    REFUSED(reach(argv[2], 1));
    REFUSED(reach("/var/run/docker.sock", 0));
    REFUSED(reach("/run/dbus/system_bus_socket", 0));
    REFUSED(reach("/run/nscd/socket", 0));
    REFUSED(reach("/tmp/.X11-unix/X0", 0));
    ATTACK_END;
}
