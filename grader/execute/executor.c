/* The seam: each way of executing has its own file. */
#include "grader/execute/executor.h"

enum executor_answer executor_start(struct executor *executor, const struct executor_job *job,
                                    char id[EXECUTOR_ID], struct fault *why)
{
    return executor->way->start(executor, job, id, why);
}

bool executor_poll(struct executor *executor, struct executor_task *tasks, size_t count,
                   int timeout_ms, struct fault *why)
{
    return executor->way->poll(executor, tasks, count, timeout_ms, why);
}

bool executor_kill(struct executor *executor, const char *id, struct fault *why)
{
    return executor->way->kill(executor, id, why);
}

size_t executor_capacity(struct executor *executor)
{
    return executor->way->capacity(executor);
}

void executor_close(struct executor *executor)
{
    if (executor)
        executor->way->close(executor);
}
