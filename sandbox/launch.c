/* Starts the launcher, from memory or as a fork, and holds its socket. */
#include "sandbox/launch.h"
#include "sandbox/inside/serve.h"
#include "sandbox/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MASKS_MOST 64
#define ARGUMENTS 5 /* before the masks, the program included */

extern const char box_launcher_program[], box_launcher_program_end[];

struct box_launcher {
    int socket;
    pid_t pid; /* 0: not ours */
};

/* The program in a sealed file of memory: nobody inside or outside can change it. */
static int program_open(void)
{
    size_t size = (size_t)(box_launcher_program_end - box_launcher_program);
    int fd =
        memfd_create("holdout-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x0010U /* MFD_EXEC */);
    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
        fd = memfd_create("holdout-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    for (size_t at = 0; at < size;) {
        ssize_t put = write(fd, box_launcher_program + at, size - at);
        if (put <= 0) {
            close(fd);
            return -1;
        }
        at += (size_t)put;
    }
    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return fd;
}

/* In the child of vfork: system calls only. */
static _Noreturn void become(int program, int socket, char *const *argv)
{
    char *const none[] = { NULL };
    int high = fcntl(program, F_DUPFD_CLOEXEC, SERVE_SOCKET + 1);
    if (socket == SERVE_SOCKET)
        fcntl(socket, F_SETFD, 0);
    else
        dup2(socket, SERVE_SOCKET);
    syscall(SYS_execveat, high, "", argv, none, AT_EMPTY_PATH);
    _exit(127);
}

static __attribute__((noinline)) pid_t spawn(int program, int socket, char *const *argv)
{
    pid_t pid = vfork();
    if (pid == 0)
        become(program, socket, argv);
    return pid;
}

static bool launcher_ready(const struct box_launcher *launcher, char *why, size_t why_size)
{
    struct wire_message message;
    if (!wire_receive(launcher->socket, &message)) {
        snprintf(why, why_size, "the box launcher could not be started");
        return false;
    }
    wire_close_fds(&message);
    if (message.head.kind == WIRE_STARTED)
        return true;
    snprintf(why, why_size, "%s", message.text);
    return false;
}

bool launcher_failed(const struct box_launcher *launcher, char *why, size_t why_size)
{
    struct pollfd seat = { .fd = launcher->socket, .events = POLLIN };
    struct wire_message message;
    if (poll(&seat, 1, 0) <= 0 || !wire_receive(launcher->socket, &message))
        return false;
    wire_close_fds(&message);
    snprintf(why, why_size, "%s", message.head.kind == WIRE_KEPT ? message.text : "");
    return message.head.kind == WIRE_KEPT;
}

static bool name_check(const char *name)
{
    for (size_t i = 0; name && name[i]; i++)
        if (i >= 24 || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name[i]))
            return false;
    return true;
}

/* Arguments of the program: user, group, name, "1" to make boxes ahead, masks. */
static void arguments(const struct box_launcher_options *options, char numbers[2][16],
                      char *argv[MASKS_MOST + ARGUMENTS + 1])
{
    static char program[] = "holdout-launcher", none[] = "", yes[] = "1";
    size_t count = 0;
    snprintf(numbers[0], 16, "%u", options->uid);
    snprintf(numbers[1], 16, "%u", options->gid);
    argv[count++] = program;
    argv[count++] = numbers[0];
    argv[count++] = numbers[1];
    argv[count++] = options->name ? (char *)(uintptr_t)options->name : none;
    argv[count++] = options->ahead ? yes : none;
    for (size_t i = 0; options->masks && options->masks[i] && i < MASKS_MOST; i++)
        argv[count++] = (char *)(uintptr_t)options->masks[i];
    argv[count] = NULL;
}

struct box_launcher *box_launcher_start(const struct box_launcher_options *options, char *why,
                                        size_t why_size)
{
    int pair[2];
    char numbers[2][16], *argv[MASKS_MOST + ARGUMENTS + 1];
    if (!name_check(options->name)) {
        snprintf(why, why_size, "the name \"%s\" is not of a-z, 0-9 and -", options->name);
        return NULL;
    }
    struct box_launcher *launcher = calloc(1, sizeof *launcher);
    int program = launcher ? program_open() : -1;
    if (program < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        snprintf(why, why_size, "could not prepare the box launcher: %s", strerror(errno));
        free(launcher);
        if (program >= 0)
            close(program);
        return NULL;
    }
    arguments(options, numbers, argv);
    launcher->socket = pair[0];
    launcher->pid = spawn(program, pair[1], argv);
    close(program);
    close(pair[1]);
    if (launcher->pid > 0 && launcher_ready(launcher, why, why_size))
        return launcher;
    if (launcher->pid < 0)
        snprintf(why, why_size, "could not start the box launcher: %s", strerror(errno));
    box_launcher_close(launcher);
    return NULL;
}

/* In the fork: nothing of the caller's is left where a box's pid 1 will have a copy of it. */
static _Noreturn void serve_one(int socket, const struct box_launcher_options *options,
                                const struct box_job *job)
{
    static char *none[] = { NULL };
    const struct serve_options serving = {
        .ground = { .uid = options->uid, .gid = options->gid, .masks = none },
        .name = options->name ? options->name : "",
        .once = true,
        .disk = job->root >= 0 || job->bind_count || job->file_count ||
                (job->writable && job->writable[0]) || (job->readonly && job->readonly[0]),
        .limits = job->limits,
    };
    for (char **variable = environ; *variable; variable++)
        explicit_bzero(*variable, strlen(*variable));
    if (socket != SERVE_SOCKET && dup2(socket, SERVE_SOCKET) < 0)
        _exit(127);
    _exit(serve(&serving));
}

struct box_launcher *launcher_fork(const struct box_launcher_options *options,
                                   const struct box_job *job, char *why, size_t why_size)
{
    int pair[2];
    struct box_launcher *launcher = calloc(1, sizeof *launcher);
    if (!launcher || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
        snprintf(why, why_size, "could not prepare the box launcher: %s", strerror(errno));
        free(launcher);
        return NULL;
    }
    launcher->socket = pair[0];
    launcher->pid = fork();
    if (launcher->pid == 0)
        serve_one(pair[1], options, job);
    close(pair[1]);
    if (launcher->pid > 0)
        return launcher;
    snprintf(why, why_size, "could not start the box launcher: %s", strerror(errno));
    box_launcher_close(launcher);
    return NULL;
}

struct box_launcher *box_launcher_attach(int socket)
{
    struct box_launcher *launcher = calloc(1, sizeof *launcher);
    if (launcher)
        launcher->socket = socket;
    return launcher;
}

int box_launcher_socket(const struct box_launcher *launcher)
{
    return launcher->socket;
}

pid_t box_launcher_pid(const struct box_launcher *launcher)
{
    return launcher->pid > 0 ? launcher->pid : 0;
}

void box_launcher_forget(struct box_launcher *launcher)
{
    if (!launcher)
        return;
    close(launcher->socket);
    free(launcher);
}

void box_launcher_close(struct box_launcher *launcher)
{
    pid_t pid = launcher ? launcher->pid : 0;
    box_launcher_forget(launcher);
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
}
