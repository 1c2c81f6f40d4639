/* holdout-box: runs one command in a box and reports on it. To add a subcommand: one row. */
#include "sandbox/options.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *summary;
    int (*main)(int argc, char **argv);
} commands[] = {
    { "run", "run one command with limits; the report is one line of JSON", run_main },
    { "doctor", "which protections this machine has, and what is missing", doctor_main },
};

static int help(FILE *to, int code)
{
    fprintf(to, "usage: holdout-box COMMAND ...   (holdout-box COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fprintf(
        to,
        "\nexample:\n  holdout-box run --wall-s 5 --cpu-s 2 --memory-mb 128 -- /usr/bin/python3 -c "
        "'print(6*7)'\n");
    return code;
}

static int unknown(const char *name)
{
    const char *names[sizeof commands / sizeof *commands];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        names[i] = commands[i].name;
    const char *nearest = option_nearest(name, names, sizeof names / sizeof *names);
    if (nearest)
        fprintf(stderr, "holdout-box: unknown command \"%.60s\", did you mean \"%s\"\n", name,
                nearest);
    else
        fprintf(stderr, "holdout-box: unknown command \"%.60s\", see holdout-box --help\n", name);
    return 64;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0)
        return help(stdout, 0);
    if (strcmp(name, "--explain") == 0)
        name = "doctor";
#ifdef HOLDOUT_VERSION
    if (strcmp(name, "--version") == 0)
        return printf("holdout-box %s\n", HOLDOUT_VERSION) < 0;
#endif
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    return *name ? unknown(name) : help(stderr, 64);
}
