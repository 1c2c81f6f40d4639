/* Asking for something by an event, and waiting until it is done, with and without a service. */
#include "grader/commands/again.h"
#include "core/base/file.h"
#include "grader/commands/append.h"
#include "grader/service/service.h"
#include "grader/store/batch.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define LOOK_US 50000

int again_followed(struct waiting *waiting)
{
    struct fault why = { 0 };
    int64_t seq;
    if (!store_inbox_seq(waiting->store, &seq, &why))
        return command_fail("again", &why);
    return seq >= waiting->request ? EXIT_DONE : -1;
}

int again_ended(struct waiting *waiting)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct run_end end;
    if (!store_again_ended(waiting->store, arena, waiting->request, &end, &why))
        return command_fail("again", &why);
    if (end.run.len)
        return end.state.len ? EXIT_DONE : -1;
    if (again_followed(waiting) < 0)
        return -1;
    fprintf(stderr, "holdout: the grader could not take this over; its log says why\n");
    return EXIT_AGAIN;
}

static int wait_for_service(const char *dir, const struct again_asked *asked, int64_t seq)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct waiting waiting;
    if (!waiting_open(&waiting, arena_print(arena, "%s/state", dir), seq, &why))
        return command_fail(asked->command, &why);
    int code;
    while ((code = asked->until(&waiting)) < 0)
        usleep(LOOK_US);
    waiting_close(&waiting);
    return code;
}

int again_ask(const char *dir, const struct again_asked *asked, int64_t *seq)
{
    struct fault why = { 0 };
    bool held;
    scoped(fd) int course = dir_open(AT_FDCWD, dir, &why);
    int lock = course < 0 ? -1 : service_lock(course, &held, &why);
    if (course < 0 || (lock < 0 && !held))
        return command_fail(asked->command, &why);
    int code = append_event(asked->command, dir, asked->kind, asked->body, seq);
    fd_scoped(&lock);
    if (code != EXIT_DONE)
        return code;
    if (held)
        return wait_for_service(dir, asked, *seq);
    struct service service = {
        .dirs = &dir, .dir_count = 1, .request = *seq, .slots = 1, .until = asked->until
    };
    return service_run(&service);
}
