/* Running holdout-ml, and looking around, in an environment. */
#include "grader/execute/environment_try.h"
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include "grader/execute/house.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_BYTES (64 << 10)
#define TRY_UID (HOUSE_UID_BASE + 15)

/* One line a thing that is there: what it is called, and its version. */
static const char look_around[] =
    "c=$(command -v cc || command -v gcc || command -v clang) &&\n"
    "v=$(\"$c\" -dumpfullversion 2>/dev/null || \"$c\" -dumpversion 2>/dev/null) &&\n"
    "echo \"C (${c##*/} $v)\"\n"
    "p=$(command -v python3) && \"$p\" -c 'import sys\n"
    "try: from importlib import metadata\n"
    "except Exception: metadata = None\n"
    "have = []\n"
    "for name in \"numpy scipy pandas scikit-learn lightgbm xgboost torch\".split():\n"
    "    try: have.append(name + \" \" + metadata.version(name))\n"
    "    except Exception: pass\n"
    "print(\"Python %d.%d.%d\" % sys.version_info[:3]\n"
    "      + (\" (\" + \"; \".join(have) + \")\" if have else \"\"))' 2>/dev/null\n"
    "r=$(command -v Rscript) && \"$r\" --vanilla \\\n"
    "  -e 'cat(\"R \", R.version$major, \".\", R.version$minor, \"\\n\", sep = \"\")' 2>/dev/null\n"
    "command -v java >/dev/null && echo Java\n"
    "command -v make >/dev/null && echo make\n"
    "true\n";

struct trial {
    struct arena *arena;
    struct box_launcher *launcher;
    struct box_bind binds[GRADE_TOOLS_MOST];
    size_t bind_count;
    int root;
};

/* What it wrote, one text; the report is the caller's to close. */
static bool try_one(struct trial *trial, const char *const *argv, struct box_report *report,
                    struct str *output, struct fault *why)
{
    static const char *const environment[] = { "PATH=/opt/holdout/bin:/usr/bin:/bin",
                                               "LD_LIBRARY_PATH=/opt/holdout/lib",
                                               "OPENBLAS_NUM_THREADS=1",
                                               "HOME=/tmp",
                                               "LANG=C.UTF-8",
                                               NULL };
    struct box_job job = BOX_JOB;
    scoped(fd) int out = memfd_create("look", MFD_CLOEXEC);
    if (out < 0)
        return fault_errno(why, "no memory file");
    job.argv = argv;
    job.envp = environment;
    job.root = trial->root;
    job.binds = trial->binds;
    job.bind_count = trial->bind_count;
    job.out = job.err = out;
    job.degraded = true; /* nothing of a team runs here */
    job.limits.memory_bytes = 1 << 30;
    job.limits.wall_ms = 30000;
    job.limits.cpu_ms = 20000;
    box_run(trial->launcher, &job, report);
    if (report->verdict == BOX_INTERNAL)
        return fault_set(why, BLAME_SYSTEM, "no box could be made: %.180s", report->message);
    return lseek(out, 0, SEEK_SET) == 0 &&
           fd_load(trial->arena, out, 2 * OUTPUT_BYTES + (1 << 20), output, why);
}

/* The first line that says something. */
static const char *line_of(struct arena *arena, struct str output)
{
    struct str line;
    while (str_cut(&output, '\n', &line))
        if (str_trim(line).len)
            return arena_print(arena, "%.*s", (int)(line.len < 160 ? line.len : 160), line.at);
    return "";
}

static const char *reason_of(struct trial *trial, const struct box_report *report,
                             struct str output, const char *program)
{
    if (report->exec_errno == ENOEXEC)
        return arena_print(trial->arena, "%s cannot be executed: another architecture?", program);
    if (report->exec_errno == ENOENT)
        return arena_print(trial->arena,
                           "%s or the loader that it names (/lib64/ld-linux-x86-64.so.2) is not "
                           "there: is the C library glibc, of this architecture?",
                           program);
    if (report->exec_errno)
        return arena_print(trial->arena, "%s: %s", program, strerror(report->exec_errno));
    const char *line = line_of(trial->arena, output);
    return arena_print(trial->arena, "%s ended with verdict %s%s%s%s", program,
                       box_verdict_name(report->verdict), line[0] ? ": " : "", line,
                       strstr(line, "GLIBC") ? " (its C library is older than this machine's)"
                                             : "");
}

static const char *joined(struct arena *arena, struct str lines)
{
    struct text text = { .arena = arena };
    struct str line;
    text_add(&text, S("holdout-ml pipelines"));
    while (str_cut(&lines, '\n', &line))
        if (line.len && str_is_utf8(line))
            text_print(&text, ", %.*s", (int)(line.len < 300 ? line.len : 300), line.at);
    return text.at;
}

static bool try_all(struct trial *trial, struct environment_look *out, struct fault *why)
{
    const char *const ml[] = { "/opt/holdout/bin/holdout-ml", "--version", NULL };
    const char *const shell[] = { "/bin/sh", "-c", look_around, NULL };
    struct box_report report = { .verdict = BOX_INTERNAL };
    struct str output;
    if (!try_one(trial, ml, &report, &output, why))
        return false;
    bool runs = report.verdict == BOX_OK;
    out->lacks = runs ? "" : reason_of(trial, &report, output, "holdout-ml");
    box_report_close(&report);
    if (!runs)
        return true;
    if (!try_one(trial, shell, &report, &output, why))
        return false;
    out->runs = report.verdict == BOX_OK;
    out->lacks = out->runs ? "" : reason_of(trial, &report, output, "/bin/sh");
    out->has = joined(trial->arena, output);
    box_report_close(&report);
    return true;
}

bool environment_try(struct arena *arena, int root, struct environment_look *out, struct fault *why)
{
    char text[200] = "";
    const struct box_launcher_options options = { .uid = TRY_UID, .gid = TRY_UID };
    struct trial trial = { .arena = arena, .root = root };
    struct grade *tools = arena_new(arena, struct grade);
    *out = (struct environment_look){ .lacks = "", .has = "" };
    tools->arena = arena;
    bool ok = grade_tools_open(tools, why) && (root < 0 || grade_libraries_open(tools, why));
    for (size_t i = 0; i < tools->tool_count; i++)
        trial.binds[trial.bind_count++] =
            (struct box_bind){ .dir = tools->tools[i].fd, .at = tools->tools[i].at };
    trial.launcher = ok ? box_launcher_start(&options, text, sizeof text) : NULL;
    if (ok && !trial.launcher)
        ok = fault_set(why, BLAME_SYSTEM, "no box launcher: %s", text);
    ok = ok && try_all(&trial, out, why);
    if (trial.launcher)
        box_launcher_close(trial.launcher);
    for (size_t i = 0; i < tools->tool_count; i++)
        close(tools->tools[i].fd);
    return ok;
}
