/* What grade-one gives up before it reads the first foreign byte. */
#include "core/base/landlock.h"
#include "grader/execute/grade_parts.h"
#include <sys/prctl.h>

bool grade_confine(int rundir, struct fault *why)
{
    const struct room rooms[] = { { rundir, NULL, ROOM_WRITE } };
    const struct landlock wanted = { .rooms = rooms, .room_count = 1, .tcp_bounded = true };
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fault_errno(why, "grade-one could not be closed off");
    return landlock_version() == 0 || landlock_enter(&wanted, why);
}
