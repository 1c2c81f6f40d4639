/* Helpers: what a grader may ask the warden to start, out of a fixed table, and how they end. */
#include "core/base/file.h"
#include "grader/execute/warden_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MOST 12
#define CANNOT_START 71

static const struct way {
    enum house_role role;
    size_t fd_count;                  /* exactly */
    bool launcher;                    /* the next descriptor is a box launcher's socket */
    bool often;                       /* forked by a nursery */
    uint32_t needed;                  /* descriptors that must be there */
    const char *argv[ARGUMENTS_MOST]; /* NULL at [2] takes the name */
} ways[] = {
    { HOUSE_RUNNER,
      5,
      true,
      true,
      1u << 3 | 1u << 4,
      { "holdout", "grade-one", NULL, "--dir-fd", "3", "--cancel-fd", "4", "--launcher-fd", "5" } },
    { HOUSE_RUNNER,
      6,
      true,
      true,
      1u << 3 | 1u << 4 | 1u << 5,
      { "holdout", "grade-one", NULL, "--dir-fd", "3", "--cancel-fd", "4", "--root-fd", "5",
        "--launcher-fd", "6" } },
    { HOUSE_FETCH, 6, false, true, 1u << 0 | 1u << 1, { "holdout", "fetch-one", NULL } },
    { HOUSE_SEND, 3, false, false, 1u << 0 | 1u << 1, { "holdout", "send-one", NULL } },
};

/* By the role and, where it has several, by the number of descriptors; else its first one. */
static const struct way *way_find(uint32_t role, size_t fd_count)
{
    const struct way *found = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (ways[i].role == role && (!found || ways[i].fd_count == fd_count))
            found = &ways[i];
    return found;
}

static bool name_check(const char name[WARDEN_NAME])
{
    size_t len = strnlen(name, WARDEN_NAME);
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '/' || c == '-'))
            return false;
    }
    return len > 0 && len < WARDEN_NAME && name[0] != '-';
}

static bool slot_taken(const struct helpers *helpers, int slot)
{
    for (size_t i = 0; i < HELPERS_MOST; i++)
        if (helpers->at[i].pid && !helpers->at[i].ended && helpers->at[i].slot == slot)
            return true;
    return false;
}

/* A place for one more, or NULL: neither all nor one owner may hold too many. */
static struct helper *place_find(struct helpers *helpers, size_t owner, struct fault *why)
{
    struct helper *place = NULL;
    size_t own = 0;
    for (size_t i = 0; i < HELPERS_MOST; i++) {
        if (!helpers->at[i].pid)
            place = &helpers->at[i];
        else
            own += helpers->at[i].owner == owner;
    }
    if (!place || own >= HELPERS_OF_ONE) {
        fault_set(why, BLAME_PASSING, "too many helpers ran");
        return NULL;
    }
    return place;
}

/* The row of a request that may be granted, or NULL. */
static const struct way *check(const struct helpers *helpers, const struct warden_request *request,
                               struct fault *why)
{
    const struct way *way = way_find(request->role, request->fd_count);
    if (!way)
        fault_set(why, BLAME_SYSTEM, "role %u is none that may be started", request->role);
    else if (!name_check(request->name))
        fault_set(why, BLAME_SYSTEM, "the helper's name was no plain name");
    else if (request->fd_count != way->fd_count || request->fd_mask >> way->fd_count ||
             (request->fd_mask & way->needed) != way->needed)
        fault_set(why, BLAME_SYSTEM, "the helper's descriptors were not those of its role");
    else if (way->launcher != (request->slot >= 0))
        fault_set(why, BLAME_SYSTEM, "a slot was wanted, or given to one that has none");
    else if (way->launcher && slot_taken(helpers, request->slot))
        fault_set(why, BLAME_PASSING, "slot %d was taken", request->slot);
    else
        return way;
    return NULL;
}

/* ---- in the fork ---- */

static _Noreturn void become(const struct house *house, enum house_role role,
                             const char *const *argv, int *fds, size_t fd_count)
{
    bool stays = strcmp(argv[1], "nursery") == 0; /* and binds for those that it forks */
    char *const environment[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8",
                                  "OPENBLAS_NUM_THREADS=1", /* starts none */
                                  stays ? "LD_BIND_NOW=1" : NULL, NULL };
    char program[PATH_MAX], path[96];
    struct fault why = { .text = "its descriptors could not be arranged" };
    pid_t parent = getppid();
    snprintf(path, sizeof path, "bin/%s", house->program);
    signals_standard();
    setsid();
    if (house_program(house, path, program) && fds_arrange(fds, fd_count) &&
        house_drop(house, role, parent, &why)) {
        execve(program, (char *const *)argv, environment);
        fault_errno(&why, "%s", program);
    }
    dprintf(2, "level=error event=helper role=%s fault=\"%s\"\n", house_role_name(role), why.text);
    _exit(CANNOT_START);
}

/* ---- requests ---- */

/* A helper to be started: its command line, and what become its descriptors. */
struct start {
    const struct way *way;
    const char *argv[ARGUMENTS_MOST + 1];
    int fds[WARDEN_FDS_MOST];
    size_t fd_count;
};

static bool start_fill(struct helpers *helpers, const struct way *way,
                       const struct warden_request *request, const int *given, struct start *out,
                       struct fault *why)
{
    *out = (struct start){ .way = way, .fd_count = request->fd_count };
    memcpy(out->argv, way->argv, sizeof way->argv);
    out->argv[2] = request->name;
    for (size_t i = 0; i < request->fd_count; i++)
        out->fds[i] = request->fd_mask >> i & 1 ? *given++ : -1;
    if (!way->launcher)
        return true;
    out->fds[out->fd_count] = slot_socket(helpers->slots, (size_t)request->slot, why);
    return out->fds[out->fd_count++] >= 0;
}

/* The room that its helpers have for their own command lines. */
#define NURSERY_LINE                                                                               \
    "----------------------------------------------------------------------------------------"     \
    "----------------------------------------------------------------------------------------"

static void nursery_start(struct helpers *helpers, const struct way *way)
{
    struct nursery *nursery = &helpers->nurseries[way->role];
    const char *const argv[] = { "holdout", "nursery", way->argv[1], NURSERY_LINE, NULL };
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return;
    int fds[] = { -1, -1, STDERR_FILENO, pair[1] };
    pid_t pid = fork();
    if (pid == 0)
        become(helpers->house, way->role, argv, fds, sizeof fds / sizeof *fds);
    close(pair[1]);
    if (pid < 0)
        close(pair[0]);
    else
        *nursery = (struct nursery){ .pid = pid, .socket = pair[0] };
}

/* False: nobody was asked. */
static bool order_fill(const struct start *start, struct nursery_order *order,
                       int fds[WARDEN_FDS_MOST])
{
    size_t used = 0, given = 0;
    *order = (struct nursery_order){ .fd_count = (uint32_t)start->fd_count };
    for (size_t i = 0; i < start->fd_count; i++)
        if (start->fds[i] >= 0) {
            order->fd_mask |= 1u << i;
            fds[given++] = start->fds[i];
        }
    for (size_t i = 0; start->argv[i]; i++) {
        size_t len = strlen(start->argv[i]) + 1;
        if (used + len > sizeof order->words)
            return false;
        memcpy(order->words + used, start->argv[i], len);
        used += len;
        order->word_count++;
    }
    return true;
}

/* *tried false: it has to be started by exec. */
static bool start_by_nursery(struct helpers *helpers, const struct start *start, pid_t *pid,
                             bool *tried, struct fault *why)
{
    struct nursery *nursery = &helpers->nurseries[start->way->role];
    struct nursery_order order;
    int fds[WARDEN_FDS_MOST];
    *tried = false;
    if (!start->way->often || !order_fill(start, &order, fds))
        return false;
    if (nursery->used >= NURSERY_USES)
        nursery_close(nursery);
    if (!nursery->pid)
        nursery_start(helpers, start->way);
    bool done = nursery_bear(nursery, &order, fds, pid, tried, why);
    if (!done)
        nursery_close(nursery); /* the next one asks another one */
    return done;
}

static bool start_helper(struct helpers *helpers, const struct start *start, pid_t *pid,
                         struct fault *why)
{
    bool tried;
    struct start own = *start;
    if (start_by_nursery(helpers, start, pid, &tried, why) || tried)
        return *pid > 0;
    *pid = fork();
    if (*pid == 0)
        become(helpers->house, start->way->role, own.argv, own.fds, own.fd_count);
    return *pid > 0 || fault_errno(why, "a helper could not be started");
}

static bool spawn(struct helpers *helpers, size_t owner, const struct warden_request *request,
                  const int *given, struct helper **out, struct fault *why)
{
    struct start start;
    pid_t pid = -1;
    const struct way *way = check(helpers, request, why);
    struct helper *place = way ? place_find(helpers, owner, why) : NULL;
    if (!place || !start_fill(helpers, way, request, given, &start, why) ||
        !start_helper(helpers, &start, &pid, why))
        return false;
    *place =
        (struct helper){ .pid = pid, .owner = owner, .slot = request->slot, .role = way->role };
    *out = place;
    return true;
}

/* By itself, or by whoever may end it? */
static bool has_crashed(int status)
{
    int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return by && by != SIGKILL && by != SIGTERM && by != SIGALRM && by != SIGXCPU;
}

static bool nursery_reaped(struct helpers *helpers, pid_t pid)
{
    for (size_t i = 0; i < HOUSE_ROLES; i++)
        if (helpers->nurseries[i].pid == pid) {
            close(helpers->nurseries[i].socket);
            helpers->nurseries[i] = (struct nursery){ .pid = 0 };
            return true;
        }
    return false;
}

bool helper_reaped(struct helpers *helpers, pid_t pid, int status)
{
    for (size_t i = 0; i < HELPERS_MOST; i++) {
        struct helper *helper = &helpers->at[i];
        if (helper->pid != pid || helper->ended)
            continue;
        helper->ended = true;
        helper->status = status;
        if (has_crashed(status))
            nursery_close(&helpers->nurseries[helper->role]);
        if (helper->orphan)
            helper->pid = 0;
        return true;
    }
    return nursery_reaped(helpers, pid);
}

static struct helper *own_find(struct helpers *helpers, size_t owner, pid_t pid)
{
    for (size_t i = 0; i < HELPERS_MOST; i++)
        if (pid > 0 && helpers->at[i].pid == pid && helpers->at[i].owner == owner &&
            !helpers->at[i].orphan)
            return &helpers->at[i];
    return NULL;
}

static bool about_own(struct helpers *helpers, size_t owner, const struct warden_request *request,
                      struct warden_answer *answer, struct fault *why)
{
    struct helper *helper = own_find(helpers, owner, request->pid);
    if (!helper)
        return fault_set(why, BLAME_SYSTEM, "process %d is no helper of this grader", request->pid);
    if (request->op == WARDEN_KILL) {
        if (!helper->ended)
            kill(helper->pid, SIGKILL);
        return true;
    }
    int status; /* the pidfd tells the grader earlier than SIGCHLD tells us */
    if (!helper->ended && waitpid(helper->pid, &status, WNOHANG) == helper->pid)
        helper_reaped(helpers, helper->pid, status);
    answer->ended = helper->ended;
    answer->status = helper->status;
    if (helper->ended)
        helper->pid = 0;
    return true;
}

bool helper_answer(struct helpers *helpers, size_t owner, int socket)
{
    struct warden_request request;
    struct warden_answer answer = { .ok = 0 };
    struct fault why = { .text = "" };
    int given[WARDEN_FDS_MOST], pidfd = -1;
    size_t count = WARDEN_FDS_MOST;
    if (message_receive(socket, &request, sizeof request, given, &count) < 0)
        return false;
    struct helper *helper = NULL;
    bool ok;
    if (request.op == WARDEN_SPAWN && request.fd_count <= WARDEN_FDS_MOST &&
        count == (size_t)__builtin_popcount(request.fd_mask))
        ok = spawn(helpers, owner, &request, given, &helper, &why);
    else if (request.op == WARDEN_READY)
        ok = (helpers->ready[owner / 64] |= (uint64_t)1 << owner % 64) != 0;
    else if (request.op == WARDEN_KILL || request.op == WARDEN_STATUS)
        ok = about_own(helpers, owner, &request, &answer, &why);
    else
        ok = fault_set(&why, BLAME_SYSTEM, "the warden was asked for nothing that it knows");
    for (size_t i = 0; i < count; i++)
        close(given[i]);
    if (helper) {
        answer.pid = helper->pid;
        pidfd = (int)syscall(SYS_pidfd_open, helper->pid, 0);
    }
    answer.ok = ok;
    answer.blame = (int32_t)why.blame;
    snprintf(answer.text, sizeof answer.text, "%.*s", (int)sizeof answer.text - 1, why.text);
    struct str whole = { (const char *)&answer, sizeof answer };
    bool said = message_send(socket, whole, &pidfd, pidfd >= 0, true);
    fd_scoped(&pidfd);
    return said;
}

void helpers_kill(struct helpers *helpers, size_t owner)
{
    for (size_t i = 0; i < HELPERS_MOST; i++) {
        struct helper *helper = &helpers->at[i];
        if (!helper->pid || (owner != SIZE_MAX && helper->owner != owner))
            continue;
        helper->orphan = true;
        if (helper->ended)
            helper->pid = 0;
        else
            kill(helper->pid, SIGKILL);
    }
}

void helpers_forget(struct helpers *helpers)
{
    for (size_t i = 0; i < HOUSE_ROLES; i++)
        if (helpers->nurseries[i].pid)
            close(helpers->nurseries[i].socket);
}

void nurseries_close(struct helpers *helpers)
{
    for (size_t i = 0; i < HOUSE_ROLES; i++)
        nursery_close(&helpers->nurseries[i]);
}

bool helpers_any(const struct helpers *helpers)
{
    for (size_t i = 0; i < HELPERS_MOST; i++)
        if (helpers->at[i].pid && !helpers->at[i].ended)
            return true;
    return false;
}
