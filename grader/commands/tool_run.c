/* A tool, its output line by line, and its end, whoever asks for it. */
#include "grader/commands/tool_run.h"
#include "core/base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES 400
#define LAST_LINES 15

/* Written to by whichever thread gets the signal: one of a library may. */
static int stop_pipe[2] = { -1, -1 };
static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
#define STOPS (sizeof stops / sizeof *stops)

static void stop(int sig)
{
    int was = errno;
    (void)sig;
    if (write(stop_pipe[1], "", 1) < 0) /* full: then it is known already */
        errno = was;
    errno = was;
}

/* What is ignored, as under nohup, stays so. */
static bool stops_take(struct sigaction before[STOPS])
{
    struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
    if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    for (size_t i = 0; i < STOPS; i++)
        if (sigaction(stops[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
            sigaction(stops[i], &action, NULL);
    return true;
}

static void stops_give(const struct sigaction before[STOPS])
{
    for (size_t i = 0; i < STOPS; i++)
        sigaction(stops[i], &before[i], NULL);
    close(stop_pipe[0]);
    close(stop_pipe[1]);
}

struct output {
    int fd;
    void (*line)(void *arg, const char *text);
    void *arg;
    char text[LINE_BYTES]; /* of the line that has not ended yet */
    size_t len;
    char last[LAST_LINES][LINE_BYTES]; /* a ring */
    size_t count;
};

static void line_end(struct output *output)
{
    output->text[output->len] = 0;
    output->len = 0;
    snprintf(output->last[output->count++ % LAST_LINES], LINE_BYTES, "%s", output->text);
    if (output->line)
        output->line(output->arg, output->text);
    else
        fprintf(stderr, "%s\n", output->text);
}

/* False: it has ended. */
static bool output_read(struct output *output)
{
    char bytes[4096];
    ssize_t got = read(output->fd, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR)
        return true;
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n')
            line_end(output);
        else if (output->len < LINE_BYTES - 1)
            output->text[output->len++] = bytes[i];
    }
    return got > 0;
}

static void last_print(const struct output *output)
{
    size_t first = output->count > LAST_LINES ? output->count - LAST_LINES : 0;
    for (size_t i = first; i < output->count; i++)
        fprintf(stderr, "%s\n", output->last[i % LAST_LINES]);
}

static void execute(const char *const *argv, int out)
{
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    setenv("LC_ALL", "C", 1);
    execv(argv[0], (char *const *)argv);
    _exit(126);
}

/* Process 1 of its namespace dies with this one, and all others with it. */
static void child(const char *const *argv, int out)
{
    int status;
    setpgid(0, 0); /* Ctrl-C is ours to pass on */
    for (size_t i = 0; i < STOPS; i++)
        signal(stops[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNS) == 0)
        mount("", "/", NULL, MS_REC | MS_SLAVE, NULL);
    if (unshare(CLONE_NEWPID) != 0 && geteuid() == 0)
        _exit(126);
    pid_t tool = fork();
    if (tool == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execute(argv, out);
    }
    close(out);
    if (tool < 0 || waitpid(tool, &status, 0) != tool)
        _exit(126);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

static int follow(struct output *output, pid_t pid)
{
    struct pollfd polls[2] = { { .fd = output->fd, .events = POLLIN },
                               { .fd = stop_pipe[0], .events = POLLIN } };
    bool reading = true, interrupted = false;
    int status;
    while (reading && !interrupted) {
        if (poll(polls, 2, -1) < 0 && errno != EINTR)
            break;
        interrupted = polls[1].revents != 0;
        reading = polls[0].revents == 0 || output_read(output);
    }
    if (interrupted)
        kill(pid, SIGKILL);
    while (interrupted && output_read(output)) /* until all of them are gone */
        continue;
    if (waitpid(pid, &status, 0) != pid)
        return 126;
    return interrupted ? TOOL_INTERRUPTED : WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int tool_run(const char *const *argv, void (*line)(void *arg, const char *text), void *arg)
{
    int ends[2];
    struct sigaction before[STOPS];
    struct output *output = calloc(1, sizeof *output);
    if (!output)
        abort();
    if (pipe2(ends, O_CLOEXEC) != 0 || !stops_take(before))
        return 126;
    pid_t pid = fork();
    if (pid == 0)
        child(argv, ends[1]);
    close(ends[1]);
    *output = (struct output){ .fd = ends[0], .line = line, .arg = arg };
    int code = pid < 0 ? 126 : follow(output, pid);
    close(ends[0]);
    if (code > 0 && line)
        last_print(output);
    free(output);
    stops_give(before);
    return code;
}
