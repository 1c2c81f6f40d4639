/*
 * Every attack of tests/sandbox/hostile, once with a launcher that root started and once with an
 * ordinary user's: the verdict of its first comment, and nothing left on the host afterwards.
 *
 *     expect: VERDICT[|VERDICT] [ordinary: VERDICT] [signal=N] [exit=N] [keep=PATH] [files=N]
 *     [wall_ms=N] [cpu_ms=N] [wall_most_ms=N]
 *
 * HOSTILE=NAME runs one. Run as an ordinary user it runs only the second half.
 */
#include "tests/sandbox/box_test.h"
#include <arpa/inet.h>
#include <libgen.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

#define ATTACKS_MOST 256
#define SOURCES "tests/sandbox/hostile"

struct attack {
    char name[64], expect[64], ordinary[64], keep[128], title[160];
    int64_t signal, exit, files, wall_ms, cpu_ms, wall_most_ms;
    struct slot *slot;
};

static struct attack attacks[ATTACKS_MOST];
static size_t attack_count;
static int programs = -1; /* directory of the compiled attacks */
static char port[16], abstract_name[32];

/* ---- reading what is expected ---- */

static bool word_of(const char *text, const char *key, char *out, size_t size)
{
    const char *at = strstr(text, key);
    if (!at)
        return false;
    at += strlen(key);
    at += strspn(at, " ");
    snprintf(out, size, "%.*s", (int)strcspn(at, " *\n"), at);
    return true;
}

static int64_t number_of(const char *text, const char *key, int64_t usual)
{
    char word[32];
    return word_of(text, key, word, sizeof word) ? strtoll(word, NULL, 10) : usual;
}

static bool attack_load(const char *file, struct attack *attack)
{
    char path[512], text[1024];
    snprintf(path, sizeof path, SOURCES "/%s", file);
    FILE *in = fopen(path, "re");
    size_t len = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in)
        fclose(in);
    text[len] = 0;
    char *end = strstr(text, "*/");
    if (end)
        *end = 0;
    memset(attack, 0, sizeof *attack);
    snprintf(attack->name, sizeof attack->name, "%.*s", (int)(strlen(file) - 2), file);
    if (!word_of(text, "expect:", attack->expect, sizeof attack->expect))
        return false;
    if (!word_of(text, "ordinary:", attack->ordinary, sizeof attack->ordinary))
        memcpy(attack->ordinary, attack->expect, sizeof attack->ordinary);
    word_of(text, "keep=", attack->keep, sizeof attack->keep);
    attack->signal = number_of(text, "signal=", -1);
    attack->exit = number_of(text, "exit=", -1);
    attack->files = number_of(text, "files=", -1);
    attack->wall_ms = number_of(text, "wall_ms=", 4000);
    attack->cpu_ms = number_of(text, "cpu_ms=", 2000);
    attack->wall_most_ms = number_of(text, "wall_most_ms=", 5500);
    return true;
}

static void attacks_load(struct slot *slot)
{
    const char *only = getenv("HOSTILE");
    DIR *list = opendir(SOURCES);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        const char *end = strrchr(entry->d_name, '.');
        struct attack *attack = &attacks[attack_count];
        if (!end || strcmp(end, ".c") != 0 || attack_count == ATTACKS_MOST)
            continue;
        if (!attack_load(entry->d_name, attack)) {
            fprintf(stderr, "%s: the first comment has no \"expect:\"\n", entry->d_name);
            exit(1);
        }
        if (only && strcmp(only, attack->name) != 0)
            continue;
        attack->slot = slot;
        snprintf(attack->title, sizeof attack->title, "%s: %.*s",
                 slot->ordinary ? "ordinary user" : "root", (int)(end - entry->d_name),
                 entry->d_name);
        attack_count++;
    }
    if (list)
        closedir(list);
}

/* ---- one attack ---- */

static bool one_of(const char *list, const char *word)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, "|");
        if (len == strlen(word) && memcmp(at, word, len) == 0)
            return true;
        at += len;
        at += *at == '|';
    }
    return false;
}

static bool keep_nothing(void *arg, const char *path, int fd, int64_t bytes, mode_t mode)
{
    int *bad = arg;
    (void)bytes;
    *bad += fd < 0 || path[0] != '/' || (mode != 0644 && mode != 0755);
    return true;
}

static bool as_expected(const struct attack *attack, const struct box_report *report)
{
    const char *expect = attack->slot->ordinary ? attack->ordinary : attack->expect;
    return one_of(expect, box_verdict_name(report->verdict)) &&
           (attack->signal < 0 || report->signal == attack->signal) &&
           (attack->exit < 0 || report->exit_code == attack->exit) &&
           (attack->files < 0 || (int64_t)report->artifact_count == attack->files) &&
           report->wall_us < attack->wall_most_ms * 1000;
}

static void clean_run(const struct slot *slot)
{
    static const char *const argv[] = { "/usr/bin/echo", "clean", NULL };
    struct box_job job = test_job(argv);
    struct box_report report;
    char text[64];
    run_into(slot->launcher, &job, &report, text, sizeof text);
    assert_int_equal(report.verdict, BOX_OK);
    assert_string_equal(text, "clean\n");
    box_report_close(&report);
}

static void attack_run(void **state)
{
    const struct attack *attack = *state;
    static const char *const writable[] = { "/opt/ml/output", NULL };
    static const char *const envp[] = { "PATH=/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", NULL };
    const char *keep[] = { attack->keep[0] ? attack->keep : NULL, NULL };
    const char *const argv[] = { "/opt/ml/code/attack", port, abstract_name, NULL };
    const struct box_file file = { programs, attack->name, "/opt/ml/code/attack", 0755 };
    static char text[16384];
    struct box_report report;
    int bad = 0;
    struct box_job job = test_job(argv);
    job.envp = envp;
    job.writable = writable;
    job.keep = keep;
    job.files = &file;
    job.file_count = 1;
    job.keep_file = keep_nothing;
    job.keep_arg = &bad;
    job.limits.wall_ms = attack->wall_ms;
    job.limits.cpu_ms = attack->cpu_ms;
    run_into(attack->slot->launcher, &job, &report, text, sizeof text);
    bool good = as_expected(attack, &report) && bad == 0;
    if (!good) {
        print_error("%s: expected %s\n", attack->title, attack->expect);
        show_report(&report, text);
    }
    box_report_close(&report);
    assert_true(good);
    assert_clean(attack->slot);
    clean_run(attack->slot);
}

/* ---- the host that the attacks look for ---- */

/* Listeners that must not be reached: on loopback and on an abstract name. */
static void listeners_open(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    socklen_t size = sizeof at;
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(abstract_name, sizeof abstract_name, "holdout-%d", (int)getpid());
    memcpy(name.sun_path + 1, abstract_name, strlen(abstract_name));
    size_t len = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract_name);
    if (bind(tcp, (void *)&at, sizeof at) || listen(tcp, 8) ||
        getsockname(tcp, (void *)&at, &size) || bind(local, (void *)&name, (socklen_t)len) ||
        listen(local, 8)) {
        perror("listeners");
        exit(1);
    }
    snprintf(port, sizeof port, "%d", ntohs(at.sin_port));
}

static void programs_open(void)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    path[len > 0 ? len : 0] = 0;
    programs = openat(open(dirname(path), O_PATH | O_DIRECTORY | O_CLOEXEC), "hostile",
                      O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (programs < 0) {
        perror("the compiled attacks");
        exit(1);
    }
}

int main(void)
{
    static struct CMUnitTest tests[ATTACKS_MOST];
    setenv("HOLDOUT_SECRET", "must not be seen", 1);
    listeners_open();
    programs_open();
    for (size_t i = is_root() ? 0 : 1; i < 2; i++)
        attacks_load(&slots[i]);
    for (size_t i = 0; i < attack_count; i++)
        tests[i] = (struct CMUnitTest){ .name = attacks[i].title,
                                        .test_func = attack_run,
                                        .initial_state = &attacks[i] };
    return _cmocka_run_group_tests("hostile", tests, attack_count, slots_start, slots_stop);
}
