/* Running holdout-ml, and looking around, in an environment. */
#include "grader/execute/environment_try.h"
#include "core/base/file.h"
#include "grader/execute/grade_parts.h"
#include "grader/execute/house.h"
#include "grader/execute/own_env.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_BYTES (64 << 10)
#define TRY_UID (HOUSE_UID_BASE + 15)

/* One line a thing that is there: what it is called, and its version. */
static const char look_around[] =
    "c=$(command -v cc || command -v gcc || command -v clang) &&\n"
    "v=$(\"$c\" -dumpfullversion 2>/dev/null || \"$c\" -dumpversion 2>/dev/null) && {\n"
    "  printf '#include <holdout.h>\\nint main(void) { return 0; }\\n' >/tmp/look.c\n"
    "  \"$c\" -I/opt/holdout/include -o /tmp/look /tmp/look.c -L/opt/holdout/lib -lholdout \\\n"
    "    2>/dev/null && l=' with libholdout'\n"
    "  echo \"C$l (${c##*/} $v)\"\n"
    "}\n"
    "c=$(command -v c++ || command -v g++ || command -v clang++) &&\n"
    "  v=$(\"$c\" -dumpfullversion 2>/dev/null || \"$c\" -dumpversion) && echo \"C++ ($v)\"\n"
    "p=$(command -v python3) && \"$p\" -c 'import sys\n"
    "try: from importlib import metadata\n"
    "except Exception: metadata = None\n"
    "have = []\n"
    "for name in (\"numpy scipy pandas polars scikit-learn statsmodels lightgbm xgboost \"\n"
    "             \"catboost torch tensorflow\").split():\n"
    "    try: have.append(name + \" \" + metadata.version(name))\n"
    "    except Exception: pass\n"
    "print(\"Python %d.%d.%d\" % sys.version_info[:3]\n"
    "      + (\" (\" + \"; \".join(have) + \")\" if have else \"\"))' 2>/dev/null\n"
    "r=$(command -v Rscript) && \"$r\" --vanilla -e '\n"
    "  v <- installed.packages()[, \"Version\"]\n"
    "  have <- intersect(c(\"data.table\", \"glmnet\", \"ranger\", \"randomForest\", \"xgboost\",\n"
    "                      \"lightgbm\", \"caret\", \"tidymodels\", \"forecast\"), names(v))\n"
    "  cat(\"R \", R.version$major, \".\", R.version$minor, if (length(have))\n"
    "      paste0(\" (\", paste(have, v[have], collapse = \"; \"), \")\"), \"\\n\", sep = \"\")\n"
    "' 2>/dev/null\n"
    "command -v julia >/dev/null && echo Julia\n"
    "command -v java >/dev/null && echo Java\n"
    "command -v make >/dev/null && echo make\n"
    "true\n";

const char *const environment_tries[ENVIRONMENT_TRIES][ENVIRONMENT_TRY_ARGV] = {
    { "/opt/holdout/bin/holdout-ml", "--version" },
    { "/bin/sh", "-c", look_around },
};

struct trial {
    struct arena *arena;
    struct box_launcher *launcher;
    struct box_bind binds[GRADE_TOOLS_MOST];
    size_t bind_count;
    int root;
    const char **env;
};

/* What it wrote, one text; the report is the caller's to close. */
static bool try_one(struct trial *trial, const char *const *argv, struct box_report *report,
                    struct str *output, struct fault *why)
{
    struct box_job job = BOX_JOB;
    scoped(fd) int out = memfd_create("look", MFD_CLOEXEC);
    if (out < 0)
        return fault_errno(why, "no memory file");
    job.argv = argv;
    job.envp = trial->env;
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

static void lack(struct environment_look *out, const char *what, const char *remedy)
{
    out->lacks = what;
    out->remedy = remedy;
}

static void reason_find(struct trial *trial, const struct box_report *report, struct str output,
                        const char *program, struct environment_look *out)
{
    static const char other_base[] =
        "take an image with glibc for this machine (Debian, Ubuntu, Fedora; not Alpine), or make "
        "one: holdout env-build DIR";
    struct arena *arena = trial->arena;
    const char *line = line_of(arena, output);
    bool shell = strcmp(program, "/bin/sh") == 0, old = strstr(line, "GLIBC") != NULL;
    if (report->exec_errno == ENOEXEC)
        lack(out, arena_print(arena, "%s cannot be executed: another architecture?", program),
             other_base);
    else if (report->exec_errno == ENOENT && shell)
        lack(out, "/bin/sh is not there, or what it needs", "add a shell, such as dash");
    else if (report->exec_errno == ENOENT)
        lack(out,
             arena_print(arena,
                         "%s or the loader that it names (/lib64/ld-linux-x86-64.so.2) is "
                         "not there: is the C library glibc, of this architecture?",
                         program),
             other_base);
    else if (report->exec_errno)
        lack(out, arena_print(arena, "%s: %s", program, strerror(report->exec_errno)),
             "may all execute it, and enter its directories?");
    else
        lack(out,
             arena_print(arena, "%s ended with verdict %s%s%s%s", program,
                         box_verdict_name(report->verdict), line[0] ? ": " : "", line,
                         old ? " (its C library is older than this machine's)" : ""),
             old ? "take a newer base, of the year of this machine's system or later"
                 : "try it by hand: holdout-box run --root DIR -- COMMAND");
}

const char *environment_has(struct arena *arena, struct str lines)
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
    static const char *const names[ENVIRONMENT_TRIES] = { "holdout-ml", "/bin/sh" };
    for (size_t i = 0; i < ENVIRONMENT_TRIES; i++) {
        struct box_report report = { .verdict = BOX_INTERNAL };
        struct str output;
        if (!try_one(trial, environment_tries[i], &report, &output, why))
            return false;
        out->runs = report.verdict == BOX_OK;
        if (!out->runs)
            reason_find(trial, &report, output, names[i], out);
        box_report_close(&report);
        if (!out->runs)
            return true;
        out->has = environment_has(trial->arena, output); /* of the last one */
    }
    return true;
}

/* One thread: a box of this size has not the memory for more. */
static const char **variables(struct arena *arena, const char *const *theirs)
{
    size_t count = 0;
    while (theirs && theirs[count])
        count++;
    const char **all = arena_array(arena, const char *, count + 2);
    const char **out = arena_array(arena, const char *, count + 2 + OWN_ENV_COUNT);
    for (size_t i = 0; i < count; i++)
        all[i] = theirs[i];
    all[count] = "OPENBLAS_NUM_THREADS=1";
    own_env(arena, all, count + 1, out);
    return out;
}

bool environment_try(struct arena *arena, int root, const char *const *env,
                     struct environment_look *out, struct fault *why)
{
    char text[200] = "";
    const struct box_launcher_options options = { .uid = TRY_UID, .gid = TRY_UID };
    struct trial trial = { .arena = arena, .root = root, .env = variables(arena, env) };
    struct grade *tools = arena_new(arena, struct grade);
    *out = (struct environment_look){ .lacks = "", .remedy = "", .has = "" };
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
