/* Which protections this machine has: tried, not guessed. */
#include "sandbox/box.h"
#include "sandbox/options.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Layers by name: what is there when the word stands in a report, and what it means without. */
static const struct {
    const char *name, *word, *missing;
} rows[] = {
    { "user namespace", "userns", "boxes cannot run" },
    { "mount namespace", "mountns", "boxes cannot run" },
    { "process namespace", "pidns", "boxes cannot run" },
    { "network namespace", "netns", "boxes cannot run" },
    { "IPC namespace", "ipcns", "boxes cannot run" },
    { "host name namespace", "utsns", "boxes cannot run" },
    { "control group namespace", "cgroupns", "boxes cannot run" },
    { "capabilities dropped", "caps", "boxes cannot run" },
    { "no new privileges", "nnp", "boxes cannot run" },
    { "system call filter", "seccomp", "boxes cannot run" },
    { "Landlock", "landlock", "the kernel has none: one wall less around files" },
    { "own /proc", "proc", "the host's /proc is covered: programs in boxes see none" },
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
    bool ran = try_box(words, sizeof words, why, sizeof why);
    size_t count = 0;
    layers[count++] = (struct box_layer){ .name = "box", .grade = ran ? BOX_THERE : BOX_MISSING };
    snprintf(layers[0].text, sizeof layers[0].text, "%.150s",
             ran ? (geteuid() ? "runs, as an ordinary user" : "runs, started as root") : why);
    for (size_t i = 0; ran && i < sizeof rows / sizeof *rows; i++) {
        struct box_layer *row = &layers[count++];
        bool there = has_word(words, rows[i].word, strlen(rows[i].word));
        row->name = rows[i].name;
        row->grade = there ? BOX_THERE : BOX_WEAKER;
        snprintf(row->text, sizeof row->text, "%s", there ? "in force" : rows[i].missing);
    }
    for (size_t i = 0; ran && i < sizeof limits / sizeof *limits; i++)
        limit_row(words, i, &layers[count++]);
    return count;
}

int doctor_main(int argc, char **argv)
{
    static const char *const marks[] = { "ok     ", "weaker ", "MISSING" };
    struct box_layer layers[BOX_LAYERS_MOST];
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: holdout-box doctor\n\nRuns one box and says which protections were in force "
               "and what is missing.\n\nexample:\n  holdout-box doctor\n");
        return 0;
    }
    size_t count = box_probe(layers);
    for (size_t i = 0; i < count; i++)
        printf("%s  %-24s %s\n", marks[layers[i].grade], layers[i].name, layers[i].text);
    return layers[0].grade == BOX_THERE ? 0 : 1;
}
