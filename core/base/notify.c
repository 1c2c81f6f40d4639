/* The datagram to the service manager. */
#include "core/base/notify.h"
#include "core/base/file.h"
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool service_notify(const char *lines)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return false;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@')
        to.sun_path[0] = 0; /* the abstract name space */
    scoped(fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return fd >= 0 && sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
                             (struct sockaddr *)&to, size) >= 0;
}

int64_t service_watchdog_ms(void)
{
    const char *text = getenv("WATCHDOG_USEC"), *pid_text = getenv("WATCHDOG_PID");
    int64_t us, pid;
    if (!text || !str_to_int(str_of(text), &us) || us <= 0)
        return 0;
    if (pid_text && (!str_to_int(str_of(pid_text), &pid) || pid != getpid()))
        return 0;
    return us / 2000 > 0 ? us / 2000 : 1;
}
