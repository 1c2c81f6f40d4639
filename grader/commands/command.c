/* Options, help and errors that all commands share. */
#include "grader/commands/command.h"
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MOST 24

static void usage_print(const struct usage *usage, FILE *to)
{
    fprintf(to, "usage: %s\n\n%s\n", usage->line, usage->about);
    fprintf(to, "\noptions:\n");
    for (size_t i = 0; i < usage->option_count; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", usage->options[i].name,
                 usage->options[i].value ? " " : "",
                 usage->options[i].value ? usage->options[i].value : "");
        fprintf(to, "  %-26s %s\n", left, usage->options[i].help);
    }
    fprintf(to, "  %-26s %s\n", "--help", "show this");
    fprintf(to, "\nexample:\n%s\n", usage->example);
}

static int wrong(const struct usage *usage, const char *what, const char *which)
{
    fprintf(stderr, "%s%s\n", what, which);
    fprintf(stderr, "usage: %s   (--help tells more)\n", usage->line);
    return EXIT_USAGE;
}

static const char *nearest_option(const struct usage *usage, const char *word)
{
    const char *names[OPTIONS_MOST + 1];
    for (size_t i = 0; i < usage->option_count; i++)
        names[i] = usage->options[i].name;
    return words_nearest(str_of(word), names, usage->option_count);
}

static int unknown(const struct usage *usage, const char *word)
{
    while (*word == '-')
        word++;
    const char *nearest = nearest_option(usage, word);
    char what[200];
    if (nearest)
        snprintf(what, sizeof what, "unknown option --%.60s, did you mean --%s", word, nearest);
    else
        snprintf(what, sizeof what, "unknown option --%.60s", word);
    return wrong(usage, what, "");
}

int usage_parse(const struct usage *usage, int argc, char **argv, char ***operands, int *count)
{
    struct option longs[OPTIONS_MOST + 2] = { 0 };
    for (size_t i = 0; i < usage->option_count; i++)
        longs[i] = (struct option){ usage->options[i].name,
                                    usage->options[i].value ? required_argument : no_argument, NULL,
                                    (int)i + 256 };
    longs[usage->option_count] = (struct option){ "help", no_argument, NULL, 'h' };
    optind = 0;
    opterr = 0;
    for (int found; (found = getopt_long(argc, argv, ":h", longs, NULL)) != -1;) {
        if (found == 'h') {
            usage_print(usage, stdout);
            return EXIT_DONE;
        }
        if (found == ':')
            return wrong(usage, "a value is missing behind ", argv[optind - 1]);
        if (found == '?')
            return unknown(usage, argv[optind - 1]);
        const struct option_row *row = &usage->options[found - 256];
        if (row->value)
            *row->text = optarg;
        else
            *row->flag = true;
    }
    *operands = argv + optind;
    *count = argc - optind;
    if (*count < usage->least)
        return wrong(usage, "something is missing: ", usage->line);
    if (*count > usage->most)
        return wrong(usage, "one word too many: ", argv[optind + usage->most]);
    return -1;
}

int command_no_state(const char *command, const char *dir, const char *file,
                     const struct fault *why)
{
    char path[PATH_MAX];
    bool appends = strcmp(file, "inbox.db") == 0;
    snprintf(path, sizeof path, "%s/state/%s", dir, file);
    if (access(path, appends ? R_OK | W_OK : R_OK) != 0 && errno == EACCES) {
        fprintf(stderr,
                "holdout %s: %s is not yours to %s: run this as root, or as the user that serves "
                "the course\n",
                command, path, appends ? "write" : "read");
        return EXIT_DENIED;
    }
    fprintf(stderr,
            "holdout %s: %s has no graded state yet (%s); start it with: holdout serve %s\n",
            command, dir, why->text, dir);
    return EXIT_INPUT;
}

int command_fail(const char *command, const struct fault *why)
{
    static const int codes[] = {
        [BLAME_OPEN] = EXIT_UNAVAILABLE, [BLAME_STUDENT] = EXIT_DATA, [BLAME_COURSE] = EXIT_CONFIG,
        [BLAME_PASSING] = EXIT_AGAIN,    [BLAME_SYSTEM] = EXIT_BUG,
    };
    fprintf(stderr, "holdout %s: %s\n", command, why->text);
    return codes[why->blame];
}

int command_complain(const struct complaints *complaints)
{
    for (size_t i = 0; i < complaints->kept; i++)
        fprintf(stderr, "%.*s\n", STR_ARGS(complaints->lines[i]));
    if (complaints->count > complaints->kept)
        fprintf(stderr, "and %zu more\n", complaints->count - complaints->kept);
    return EXIT_CONFIG;
}
