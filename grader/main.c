/*
 * holdout: the grader's command line. To add a command: one file in grader/commands, one row here.
 */
#include "grader/commands/command.h"
#include "grader/execute/grade_one.h"
#include "grader/execute/nursery.h"
#include "grader/outbound/send.h"
#include "grader/source/fetch.h"
#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    { "init", "a course or a team's repository to start from", create_main },
    { "kit", "what a team needs to work on its own machine", kit_main },
    { "try", "grade a repository on your own machine, with a kit", try_main },
    { "check", "say all that is wrong with a course or a team's repository", check_main },
    { "serve", "grade what teams push and show the boards in a browser", serve_main },
    { "grade", "grade one team's newest commit now, and wait for the result", grade_main },
    { "status", "boards and runs of a course", status_main },
    { "log", "how one run went, with its logs and points", log_main },
    { "mark", "enter a human's points for a rubric question", mark_main },
    { "cancel", "end a run that waits or is under way", cancel_main },
    { "replay", "a run done again as it was, and compared bit by bit", replay_main },
    { "rescore", "results anew beside the old ones, then applied or discarded", rescore_main },
    { "compare", "graded versions tested against each other on the same rows", compare_main },
    { "receipts", "the chain of receipts, and whether it holds", receipts_main },
    { "runs", "every version of the teams, and which of them count", runs_main },
    { "pause", "begin no further run", pause_main },
    { "resume", "end a pause", resume_main },
    { "env-build", "make an environment for a course out of Debian packages", env_build_main },
    { "quota", "give tries to a team, or a limit of its own", quota_main },
    { "extend", "a due time of a team's own", extend_main },
    { "pin", "say which version of a team counts", pin_main },
    { "backup", "a course and all that was graded as one file", backup_main },
    { "restore", "put a backup into an empty directory", restore_main },
    { "rebuild", "make the store anew from inbox, receipts and artifacts", rebuild_main },
    { "erase", "take away all that is kept of a team", erase_main },
    { "outbox", "what forges and webhooks were told, and what they did not take", outbox_main },
    { "doctor", "which protections this machine has, and what is missing", diagnose_main },
};

/* Not for people: how the grader starts its own helpers. */
static const struct command inside[] = {
    { "grade-one", "execute RUNDIR/job.json", grade_one_main },
    { "fetch-one", "fetch one repository", fetch_main },
    { "send-one", "post to one server", send_main },
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static nursery_main *inside_find(const char *name)
{
    for (size_t i = 0; i < COUNT(inside); i++)
        if (strcmp(name, inside[i].name) == 0)
            return inside[i].main;
    return NULL;
}

static int help(FILE *to, int code)
{
    fprintf(to, "usage: holdout COMMAND ...   (holdout COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\nexample:\n  holdout check my-course && holdout serve my-course\n");
    return code;
}

static int unknown(const char *word)
{
    const char *names[COUNT(commands)];
    for (size_t i = 0; i < COUNT(commands); i++)
        names[i] = commands[i].name;
    const char *nearest = words_nearest(str_of(word), names, COUNT(commands));
    if (nearest)
        fprintf(stderr, "unknown command \"%s\", did you mean \"%s\"\n", word, nearest);
    else
        fprintf(stderr, "unknown command \"%s\"\n", word);
    return help(stderr, EXIT_USAGE);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr, EXIT_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(stdout, EXIT_DONE);
    if (strcmp(argv[1], "--version") == 0) {
        printf("holdout %s\n", HOLDOUT_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    if (inside_find(argv[1]))
        return inside_find(argv[1])(argc - 1, argv + 1);
    if (strcmp(argv[1], "nursery") == 0)
        return nursery_serve(argc, argv, inside_find);
    return unknown(argv[1]);
}
