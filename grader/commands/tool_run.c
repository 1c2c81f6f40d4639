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
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES 400
#define LAST_LINES 15

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
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
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

static int follow(struct output *output, int asked, pid_t pid)
{
    struct pollfd polls[2] = { { .fd = output->fd, .events = POLLIN },
                               { .fd = asked, .events = POLLIN } };
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
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return 126;
    sigprocmask(SIG_BLOCK, &ours, &before);
    struct output *output = calloc(1, sizeof *output);
    scoped(fd) int asked = signalfd(-1, &ours, SFD_CLOEXEC);
    if (!output)
        abort();
    pid_t pid = fork();
    if (pid == 0)
        child(argv, ends[1]);
    close(ends[1]);
    *output = (struct output){ .fd = ends[0], .line = line, .arg = arg };
    int code = pid < 0 ? 126 : follow(output, asked, pid);
    close(ends[0]);
    if (code > 0 && line)
        last_print(output);
    free(output);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return code;
}
