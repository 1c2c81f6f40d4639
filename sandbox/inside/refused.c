/* Notes which calls were refused, by the filter's listener. */
#include "sandbox/inside/refused.h"
#include "sandbox/inside/sys.h"
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

void refused_nothing(struct refused *refused)
{
    *refused = (struct refused){ .listener = -1, .first = -1, .count = -1 };
}

void refused_listen(struct refused *refused, int listener)
{
    refused_close(refused);
    refused->listener = listener;
    refused->count = 0;
}

void refused_take(struct refused *refused, short events)
{
    union {
        struct seccomp_notif is;
        char room[512]; /* a newer kernel may tell more */
    } call;
    if (!(events & POLLIN)) { /* nobody is left who could make a call */
        refused_close(refused);
        return;
    }
    memset(&call, 0, sizeof call);
    if (ioctl(refused->listener, SECCOMP_IOCTL_NOTIF_RECV, &call)) {
        if (errno != ENOENT && errno != EINTR) /* who made it may be dead by now */
            refused_close(refused);
        return;
    }
    if (!refused->count++)
        refused->first = call.is.data.nr;
    struct seccomp_notif_resp answer = { .id = call.is.id, .error = -ENOSYS };
    ioctl(refused->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    if (refused->count == REFUSED_MOST)
        refused_close(refused);
}

void refused_close(struct refused *refused)
{
    fd_close(&refused->listener);
}
