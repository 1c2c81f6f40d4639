/*
 * The box: runs one command that nobody trusts, with limits that hold, and says exactly what
 * happened. The only door of the sandbox.
 *
 *     caller --socket--> launcher --clone3--> pid 1 of the box --vfork--> the command
 *
 * A launcher is started early, one for each slot; it alone has privilege when root started it. It
 * opens no path that a caller names: whatever a job mounts or copies in was opened by the caller
 * and crosses the socket as a descriptor, and kept files come back as descriptors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- launchers ---- */

#define BOX_NAMES_MOST 64 /* that a job's paths add to the root directory */

struct box_launcher_options {
    /* Root: the host's numbers of this slot, never 0. Else ignored: the own ones are used. */
    uid_t uid;
    gid_t gid;
    const char
        *name; /* of its control groups, [a-z0-9-], unique on this machine; NULL: from its pid */
    const char *const *masks; /* more paths of the host environment to hide, NULL-ended; or NULL */
    /*
     * Make the next box before its job comes: while nobody waits, or beside a running command when
     * jobs follow each other closely. A job with root -1 and without a port then starts in half the
     * time. Costs one waiting process of some 200 KiB.
     */
    bool ahead;
};

struct box_launcher;

/* A child process that lives until all holders of its socket are gone. NULL: `why` has one line. */
struct box_launcher *box_launcher_start(const struct box_launcher_options *options, char *why,
                                        size_t why_size);
/* Drive a launcher that somebody else started, by its inherited socket (taken over). */
struct box_launcher *box_launcher_attach(int socket);
int box_launcher_socket(const struct box_launcher *launcher); /* borrowed */
pid_t box_launcher_pid(const struct box_launcher *launcher);  /* 0 when attached */
/* Closes this end. Waits for the launcher's end when it was started here and is not reaped yet. */
void box_launcher_close(struct box_launcher *launcher);
/* In a fork: forget it, closing this end only. */
void box_launcher_forget(struct box_launcher *launcher);

/* ---- a job ---- */

struct box_limits {
    int64_t wall_ms;
    int64_t cpu_ms;       /* user and system time of the whole tree */
    int64_t memory_bytes; /* anonymous and shared memory, /tmp and /dev/shm; at least 8 MiB */
    int64_t disk_bytes;   /* writable directories that the job names, and files copied in */
    int64_t inodes;       /* of these, and again of /tmp and /dev/shm */
    int64_t output_bytes; /* of stdout, and again of stderr */
    int64_t processes;    /* and threads */
    int64_t open_files;   /* of one process */
    int64_t stack_bytes;
    int64_t cpu_milli;  /* share of the machine, 1000 is one core; 0: all */
    int64_t keep_bytes; /* of all kept files together */
    int64_t keep_files;
};
extern const struct box_limits
    BOX_LIMITS; /* defaults: 10 s, 256 MiB, 64 processes, 64 MiB disk, … */

/*
 * A host file or directory: `path` is opened by the caller, relative to the directory `dir` or to
 * the working directory (AT_FDCWD); without a path, `dir` itself is it.
 */
struct box_bind {
    int dir;
    const char *path;
    const char *at; /* inside the box: absolute, plain */
    bool writable;  /* as far as the slot's user may */
};
/* Copied in before the command starts, owned by the box's user. */
struct box_file {
    int dir;
    const char *path;
    const char *at;
    mode_t mode; /* 0 to 0777 */
};
/* One file to keep. fd is read-only and closed by the box; false ends the keeping: BOX_INTERNAL. */
typedef bool box_keep(void *arg, const char *path, int fd, int64_t bytes, mode_t mode);

struct box_job {
    const char *const *argv; /* NULL-ended; argv[0] is a path inside the box, or found on PATH */
    const char *const *envp; /* NULL-ended: all there is; NULL: empty */
    const char *cwd;         /* inside the box; NULL: /tmp */
    int root; /* a directory that is the whole root (read-only), or -1: the host's /usr */
    const struct box_bind *binds;
    size_t bind_count;
    const struct box_file *files;
    size_t file_count;
    /* Directories on the box's disk, NULL-ended, made when missing. */
    const char *const *writable;
    const char *const *readonly; /* made read-only after copying in */
    const char *const *masks;    /* hidden: shown empty */
    const char *const *keep;     /* files, or directories with all below; missing is fine */
    box_keep *keep_file; /* called for each kept file, in the caller; NULL: copy to keep_dir */
    void *keep_arg;
    int keep_dir;  /* PATH is written as keep_dir/PATH, 0644 or 0755; -1: none */
    int out, err;  /* stdout and stderr are copied there; -1: dropped, but counted */
    int cancel;    /* kills the box when it becomes readable or hangs up; -1: none */
    int started;   /* eventfd or pipe that gets 8 bytes (one) when the command starts; -1: none */
    uint16_t port; /* of a service inside: box_connect; with it a network of its own; 0: none */
    bool degraded; /* run although this machine lacks a layer; the report says which */
    struct box_limits limits;
};
#define BOX_JOB                                                                                    \
    {                                                                                              \
        .cwd = "/tmp", .root = -1, .keep_dir = -1, .out = -1, .err = -1, .cancel = -1,             \
        .started = -1, .limits = BOX_LIMITS_INIT                                                   \
    }
#define BOX_LIMITS_INIT                                                                            \
    {                                                                                              \
        .wall_ms = 10000, .cpu_ms = 10000, .memory_bytes = 256 << 20, .disk_bytes = 64 << 20,      \
        .inodes = 16384, .output_bytes = 1 << 20, .processes = 64, .open_files = 1024,             \
        .stack_bytes = 8 << 20, .keep_bytes = 64 << 20, .keep_files = 4096                         \
    }

/* Bytes of this machine's memory, above which no limit of memory or disk may be; <= 0: unknown. */
int64_t box_machine_memory(void);
/* Says in one line what is wrong with limits and paths: what was found, what is allowed. */
bool box_job_check(const struct box_job *job, char *why, size_t why_size);

/* ---- the report ---- */

enum box_verdict { /* in order of precedence, the last first */
                   BOX_OK,
                   BOX_ARTIFACT,
                   BOX_EXIT,
                   BOX_SIGNAL,
                   BOX_PROCESSES,
                   BOX_DISK,
                   BOX_OUTPUT,
                   BOX_WALL,
                   BOX_CPU,
                   BOX_MEMORY,
                   BOX_FORBIDDEN,
                   BOX_INTERNAL,
};
const char *box_verdict_name(enum box_verdict verdict); /* "ok", "artifact", … */

struct box_artifact {
    const char *path; /* inside the box, absolute */
    int64_t bytes;
    mode_t mode; /* 0644 or 0755 */
};

struct box_report {
    enum box_verdict verdict;
    int exit_code;  /* -1 without one */
    int signal;     /* 0 without one */
    int exec_errno; /* the command could not be executed: verdict exit, this errno */
    /*
     * The first call, of those marked in sandbox/syscalls.allow, that the filter refused, its name,
     * and how many there were, at most 16. -1, "" and 0: none; -1, "" and -1: not known here.
     */
    int syscall;
    char syscall_name[24];
    int64_t syscalls_refused;
    bool cancelled, degraded;
    int64_t wall_us, setup_us, teardown_us;
    int64_t cpu_us, cpu_user_us, cpu_system_us, throttled_us; /* of the whole tree */
    int64_t memory_peak_bytes;      /* anonymous, shared, /tmp and /dev/shm */
    int64_t memory_anonymous_bytes; /* of the peak: what is not files in memory */
    int64_t memory_shared_bytes; /* files in memory (/tmp, /dev/shm, shared), most that was seen */
    int64_t memory_cache_bytes;  /* cached pages of files read, the same; -1: not counted here */
    int64_t oom_kills, process_peak, processes_refused;
    int64_t stdout_bytes, stderr_bytes; /* written by the box, what came after the limit included */
    int64_t disk_bytes, disk_inodes;    /* in use at the end */
    int64_t disk_peak_bytes;            /* in use, the most that was seen */
    char layers[320];  /* in force, space between: "userns mountns … memory:cgroup-v1" */
    char filter[17];   /* digest of the system call filter: 16 hexadecimal digits */
    char kernel[65];   /* its release */
    char message[256]; /* one line; "" when there is nothing to add */
    const struct box_artifact *artifacts; /* until box_report_close */
    size_t artifact_count;
};

/* Blocks until all inside is dead and the report is there. Always fills it. One job a time. */
void box_run(struct box_launcher *launcher, const struct box_job *job, struct box_report *report);

/*
 * The same in two halves, to talk to a service inside meanwhile:
 *
 *     job.port = 8080;
 *     struct box *box = box_start(launcher, &job);
 *     … fd = box_connect(box, 8080) …           again after ECONNREFUSED: it does not listen yet
 *     box_signal(box, SIGTERM);
 *     box_finish(box, &report);
 *
 * A caller that dies takes the box along, as with box_run.
 */
struct box;

/*
 * Sends the job and returns. A failure is seen in the report of box_finish, which must be called
 * once for each start, NULL (no memory) included. The texts of the job need not live longer, nor
 * its descriptors but `started` and `keep_dir`: these, keep_file and keep_arg are used until the
 * end of box_finish, by the thread that calls it. One box a launcher at a time: a second one waits.
 * A job with a port costs about 2 ms more than a box that was not made ahead either.
 */
struct box *box_start(struct box_launcher *launcher, const struct box_job *job);
/*
 * A TCP connection to 127.0.0.1:port inside the box: a blocking, close-on-exec descriptor, the
 * caller's. What comes out of it is as untrusted as the box's output. Close it when the box is
 * done: an open one keeps the box's network namespace alive.
 * For libcurl: CURL_SOCKOPT_ALREADY_CONNECTED does not do (7.88 connects all the same, and takes
 * EISCONN for a failure). Give CURLOPT_OPENSOCKETFUNCTION an unconnected datagram socket, and put
 * the connection in its place by dup3 in CURLOPT_PREREQFUNCTION, before the first byte is written.
 * -1 and errno:
 *   ECONNREFUSED       nobody listens
 *   ETIMEDOUT          not within 100 ms: the listener's backlog is full; later it may be free
 *   EACCES             not the job's port
 *   ECONNRESET, EPIPE  the box is gone
 *   others             no descriptor left, and the like
 * Waits while the box is made, then at most for the 100 ms; beyond 16 that wait the next ones wait
 * for their turn. Some 0.2 ms. By any thread, by many at once, also while another one is in
 * box_finish, until that returns.
 */
int box_connect(struct box *box, uint16_t port);
/*
 * SIGTERM, SIGINT or SIGKILL to the command alone; what it leaves behind when it ends is killed as
 * ever. Threads as box_connect; never waits. True: on its way. False and errno: EINVAL, or
 * the box is gone (ECONNRESET, EPIPE), or too much was sent that it had no time to read (EAGAIN).
 */
bool box_signal(struct box *box, int sig);
/*
 * As box_run; afterwards the box is not there any more: nothing but its pid 1 was left inside, and
 * that is being taken apart. What was bound may be busy for a moment longer.
 */
void box_finish(struct box *box, struct box_report *report);
void box_report_close(struct box_report *report);
/* One line of JSON with its newline, into a malloc'd text; NULL without memory. */
char *box_report_json(const struct box_report *report);

/* ---- what this machine can do ---- */

enum box_grade { BOX_THERE, BOX_WEAKER, BOX_MISSING };
struct box_layer {
    const char *name; /* "userns", "memory", … */
    enum box_grade grade;
    char text[160];   /* how it is held here, or what is missing */
    char remedy[320]; /* then: what to do about it, commands as they can be typed; "" */
};
#define BOX_LAYERS_MOST 24
/* Tries each layer in a short-lived child, as this user. Returns how many rows were filled. */
size_t box_probe(struct box_layer layers[BOX_LAYERS_MOST]);
