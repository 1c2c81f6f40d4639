/* holdout-ml: the table of its commands. */
#include "core/cli/command.h"
#include "core/base/complaint.h"
#include "core/math/blas.h"
#include <stdio.h>

static const struct command *const commands[] = {
    &command_train,    &command_predict,  &command_evaluate, &command_compare,   &command_describe,
    &command_pipeline, &command_search,   &command_explain,  &command_plot,      &command_split,
    &command_perturb,  &command_audit,    &command_slices,   &command_agreement, &command_shakeup,
    &command_release,  &command_learners, &command_metrics,  &command_serve,
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void print_usage(FILE *to)
{
    fputs("holdout-ml: train, predict and measure on tables\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  holdout-ml %-10s %s\n", commands[i]->name, commands[i]->what);
    fputs("\nholdout-ml COMMAND --help explains one, with an example.\n", to);
}

static int refuse(const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *nearest = words_nearest(str_of(word), names, COMMANDS);
    if (nearest)
        fprintf(stderr, "holdout-ml: unknown command \"%s\", did you mean \"%s\"\n", word, nearest);
    else
        fprintf(stderr, "holdout-ml: unknown command \"%s\", see holdout-ml --help\n", word);
    return EX_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena = arena_open(NULL);
    struct call call = { .arena = arena, .command = command };
    int code;
    blas_start();
    if (call_parse(&call, argc, argv, &code))
        code = command->run(&call);
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        code = call_fail(&call, EX_IOERR, "stdout could not be written");
    arena_drop(arena);
    return code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EX_USAGE;
    }
    struct str word = str_of(argv[1]);
    if (str_is(word, "--help") || str_is(word, "-h") || str_is(word, "help")) {
        print_usage(stdout);
        return 0;
    }
    if (str_is(word, "--version")) {
        puts("holdout-ml " HOLDOUT_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (str_is(word, commands[i]->name))
            return run(commands[i], argc, argv);
    return refuse(argv[1]);
}
