/* Fetch processes through the warden. */
#include "grader/service/fetching.h"
#include <unistd.h>

static int start(void *at, const int fds[FETCH_FDS], struct fault *why)
{
    struct fetching *fetching = at;
    struct warden_process child;
    struct warden_spawn spawn = {
        .role = HOUSE_FETCH, .name = "fetch", .fds = fds, .fd_count = FETCH_FDS, .slot = -1
    };
    if (!warden_spawn(fetching->grader->warden, &spawn, &child, why))
        return -1;
    fetching->pid = child.pid;
    return child.pidfd;
}

struct fetch_spawn fetching_spawn(struct fetching *fetching)
{
    return (struct fetch_spawn){ .start = start, .at = fetching };
}

/* The warden forgets a process once its end was told; one that outlived its deadline is ended. */
void fetching_end(const struct fetching *fetching)
{
    struct fault ignored = { 0 };
    bool ended = false;
    int status;
    for (int i = 0; fetching->pid && !ended && i < 100; i++) {
        if (!warden_status(fetching->grader->warden, fetching->pid, &ended, &status, &ignored))
            return;
        if (!ended && !warden_kill(fetching->grader->warden, fetching->pid, &ignored))
            return;
        if (!ended)
            usleep(1000);
    }
}
