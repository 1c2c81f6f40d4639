/* Which protections this machine has: tried, not guessed. */
#include "sandbox/box.h"
#include "sandbox/options.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NEEDED "boxes cannot run", NULL
/* Layers by name: what is there when the word stands in a report, and what it means without. */
static const struct {
    const char *name, *word, *missing, *remedy;
} rows[] = {
    { "user namespace", "userns", NEEDED },
    { "mount namespace", "mountns", NEEDED },
    { "process namespace", "pidns", NEEDED },
    { "network namespace", "netns", NEEDED },
    { "IPC namespace", "ipcns", NEEDED },
    { "host name namespace", "utsns", NEEDED },
    { "control group namespace", "cgroupns", NEEDED },
    { "capabilities dropped", "caps", NEEDED },
    { "no new privileges", "nnp", NEEDED },
    { "system call filter", "seccomp", NEEDED },
    { "Landlock", "landlock", "the kernel has none: one wall less around files",
      "a kernel from 5.19 on with CONFIG_SECURITY_LANDLOCK, \"landlock\" in its lsm= line" },
    { "own /proc", "proc", "the host's /proc is covered: programs in boxes see none",
      "in a container: start it with an unmasked /proc (systempaths=unconfined)" },
};

/* Where a limit can be held in several ways: best first. */
static const struct {
    const char *name, *prefix;
    struct {
        const char *word, *text;
        enum box_grade grade;
    } ways[4];
} limits[] = {
    { "memory limit",
      "memory:",
      { { "cgroup-v2", "control group, version 2", BOX_THERE },
        { "cgroup-v1", "control group, version 1", BOX_THERE },
        { "polled",
          "no control group: looked at every 20 ms, refused unless a degraded box is accepted",
          BOX_WEAKER } } },
    { "process limit",
      "pids:",
      { { "cgroup-v2", "control group, version 2", BOX_THERE },
        { "cgroup-v1", "control group, version 1", BOX_THERE },
        { "rlimit", "RLIMIT_NPROC inside the user namespace", BOX_THERE } } },
    { "CPU time of the tree",
      "cpu:",
      { { "cgroup-v2", "control group, version 2", BOX_THERE },
        { "cgroup-v1", "control group, version 1", BOX_THERE },
        { "perf", "inherited task clock", BOX_THERE },
        { "rlimit", "only for each process alone", BOX_WEAKER } } },
};

static bool has_word(const char *words, const char *word, size_t len)
{
    for (const char *at = words; *at;) {
        size_t size = strcspn(at, " ");
        if (size == len && memcmp(at, word, len) == 0)
            return true;
        at += size;
        at += *at == ' ';
    }
    return false;
}

static void limit_row(const char *layers, size_t at, struct box_layer *out)
{
    char word[64];
    out->name = limits[at].name;
    out->grade = BOX_MISSING;
    snprintf(out->text, sizeof out->text, "not held");
    for (size_t i = 0; i < 4 && limits[at].ways[i].word; i++) {
        snprintf(word, sizeof word, "%s%s", limits[at].prefix, limits[at].ways[i].word);
        if (!has_word(layers, word, strlen(word)))
            continue;
        out->grade = limits[at].ways[i].grade;
        snprintf(out->text, sizeof out->text, "%s", limits[at].ways[i].text);
        return;
    }
}

/* What makes a layer that is weaker whole. */
static void tell_remedy(struct box_layer *layer, const char *prefix)
{
    char *text = layer->remedy;
    size_t size = sizeof layer->remedy;
    if (layer->grade == BOX_THERE)
        return;
    if (strcmp(prefix, "cpu:") == 0)
        snprintf(text, size, "as root: sysctl -w kernel.perf_event_paranoid=2");
    else if (strcmp(prefix, "memory:") == 0 && access("/sys/fs/cgroup/memory/tasks", F_OK) == 0)
        snprintf(text, size,
                 "as root: for c in memory pids; do d=/sys/fs/cgroup/$c/holdout; mkdir -p $d; "
                 "chown -R %u $d; echo %d > $d/cgroup.procs; done",
                 geteuid(), (int)getppid());
    else if (strcmp(prefix, "memory:") == 0)
        snprintf(text, size, "start it as root: its boxes still run as another user");
    else if (!*prefix)
        snprintf(text, size, "as root: sysctl -w user.max_user_namespaces=10000");
}

/* Runs /bin/true in a box; the layers in force, or why none could be made. */
static bool try_box(char *layers, size_t size, char *why, size_t why_size)
{
    static const char *const argv[] = { "/usr/bin/true", NULL };
    const struct box_launcher_options options = { .uid = 61998, .gid = 61998 };
    struct box_job job = BOX_JOB;
    struct box_report report;
    struct box_launcher *launcher = box_launcher_start(&options, why, why_size);
    if (!launcher)
        return false;
    job.argv = argv;
    job.degraded = true;
    box_run(launcher, &job, &report);
    box_launcher_close(launcher);
    snprintf(layers, size, "%s", report.layers);
    snprintf(why, why_size, "%s", report.message);
    bool ran = report.verdict == BOX_OK;
    box_report_close(&report);
    return ran;
}

size_t box_probe(struct box_layer layers[BOX_LAYERS_MOST])
{
    char words[sizeof((struct box_report *)0)->layers] = "", why[256] = "";
    size_t count = 0;
    memset(layers, 0, BOX_LAYERS_MOST * sizeof *layers);
    bool ran = try_box(words, sizeof words, why, sizeof why);
    layers[count++] = (struct box_layer){ .name = "box", .grade = ran ? BOX_THERE : BOX_MISSING };
    snprintf(layers[0].text, sizeof layers[0].text, "%.150s",
             ran ? (geteuid() ? "runs, as an ordinary user" : "runs, started as root") : why);
    tell_remedy(&layers[0], "");
    for (size_t i = 0; ran && i < sizeof rows / sizeof *rows; i++) {
        struct box_layer *row = &layers[count++];
        bool there = has_word(words, rows[i].word, strlen(rows[i].word));
        if (!there && rows[i].remedy)
            snprintf(row->remedy, sizeof row->remedy, "%s", rows[i].remedy);
        row->name = rows[i].name;
        row->grade = there ? BOX_THERE : BOX_WEAKER;
        snprintf(row->text, sizeof row->text, "%s", there ? "in force" : rows[i].missing);
    }
    for (size_t i = 0; ran && i < sizeof limits / sizeof *limits; i++) {
        limit_row(words, i, &layers[count]);
        tell_remedy(&layers[count++], limits[i].prefix);
    }
    return count;
}

int doctor_main(int argc, char **argv)
{
    static const char *const marks[] = { "ok     ", "weaker ", "MISSING" };
    struct box_layer layers[BOX_LAYERS_MOST];
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf(
            "usage: holdout-box doctor\n\nRuns one box and says which protections were in force, "
            "what is\nmissing and what to do about it.\n\nexample:\n  holdout-box doctor\n");
        return 0;
    }
    size_t count = box_probe(layers);
    for (size_t i = 0; i < count; i++) {
        printf("%s  %-24s %s\n", marks[layers[i].grade], layers[i].name, layers[i].text);
        if (layers[i].remedy[0])
            printf("%34s%s\n", "", layers[i].remedy);
    }
    return layers[0].grade == BOX_THERE ? 0 : 1;
}
