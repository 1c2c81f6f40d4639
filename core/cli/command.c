/* Options: parsed, complained about and explained from the commands' tables. */
#include "core/cli/command.h"
#include "core/base/complaint.h"
#include "core/math/threads.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static const char help_option[] = "--help";

int call_fail(const struct call *call, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "holdout-ml %s: ", call->command->name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return code;
}

static void print_help(const struct command *command)
{
    printf("holdout-ml %s: %s\n\n  holdout-ml %s%s%s", command->name, command->what, command->name,
           command->words ? " " : "", command->words ? command->words : "");
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *option = &command->options[i];
        bool needed = option->flags & OPTION_REQUIRED;
        bool dots = option->value && str_ends(str_of(option->value), S("..."));
        printf(" %s%s%s%s%s%s", needed ? "" : "[", option->name, option->value ? " " : "",
               option->value ? option->value : "", needed ? "" : "]",
               option->flags & OPTION_REPEATS && !dots ? "..." : "");
    }
    puts("\n");
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option *option = &command->options[i];
        char left[40];
        snprintf(left, sizeof left, "%s %s", option->name, option->value ? option->value : "");
        printf("  %-22s %s\n", left, option->what);
    }
    printf("\nExample:\n  holdout-ml %s\n", command->example);
}

static const struct option *option_find(const struct command *command, struct str name)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (str_is(name, command->options[i].name))
            return &command->options[i];
    return NULL;
}

static int unknown_option(const struct call *call, struct str name)
{
    const char *names[OPTIONS_MOST + 1];
    size_t count = 0;
    for (size_t i = 0; i < call->command->option_count; i++)
        names[count++] = call->command->options[i].name;
    names[count++] = help_option;
    const char *nearest = words_nearest(name, names, count);
    if (nearest)
        return call_fail(call, EX_USAGE, "unknown option \"%.*s\", did you mean \"%s\"",
                         STR_ARGS(name), nearest);
    return call_fail(call, EX_USAGE, "unknown option \"%.*s\", see holdout-ml %s --help",
                     STR_ARGS(name), call->command->name);
}

static void add(struct call *call, const struct option *option, const char *value)
{
    call->given[call->count].option = option;
    call->given[call->count].value = value;
    call->count++;
}

/* One argument, and the one behind it when it is a value. 0 or an exit code. */
static int parse_one(struct call *call, char **argv, int argc, int *at)
{
    const char *argument = argv[*at];
    struct str name = str_of(argument);
    if (argument[0] != '-') {
        if (!call->command->words)
            return call_fail(call, EX_USAGE, "unexpected word \"%s\"", argument);
        add(call, NULL, argument);
        return 0;
    }
    size_t equals;
    const char *value = NULL;
    if (str_find(name, '=', &equals)) {
        value = argument + equals + 1;
        name = str_until(name, equals);
    }
    const struct option *option = option_find(call->command, name);
    if (!option)
        return unknown_option(call, name);
    if (!option->value && value)
        return call_fail(call, EX_USAGE, "%s takes no value", option->name);
    if (option->value && !value) {
        if (*at + 1 >= argc)
            return call_fail(call, EX_USAGE, "%s needs a value: %s", option->name, option->value);
        value = argv[++*at];
    }
    if (!(option->flags & OPTION_REPEATS) && call_get(call, option->name))
        return call_fail(call, EX_USAGE, "%s was given twice", option->name);
    add(call, option, value ? value : "");
    return 0;
}

bool call_parse(struct call *call, int argc, char **argv, int *code)
{
    *code = 0;
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], help_option) == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(call->command);
            return false;
        }
    for (int i = 2; i < argc; i++) {
        if (call->count == ARGUMENTS_MOST)
            *code = call_fail(call, EX_USAGE, "more than %d arguments", ARGUMENTS_MOST);
        else
            *code = parse_one(call, argv, argc, &i);
        if (*code)
            return false;
    }
    for (size_t i = 0; i < call->command->option_count; i++) {
        const struct option *option = &call->command->options[i];
        if ((option->flags & OPTION_REQUIRED) && !call_get(call, option->name)) {
            *code = call_fail(call, EX_USAGE, "%s %s is missing, see holdout-ml %s --help",
                              option->name, option->value, call->command->name);
            return false;
        }
    }
    return true;
}

const char *call_next(const struct call *call, const char *name, size_t *at)
{
    while (*at < call->count) {
        size_t i = (*at)++;
        if (call->given[i].option && strcmp(call->given[i].option->name, name) == 0)
            return call->given[i].value;
    }
    return NULL;
}

const char *call_get(const struct call *call, const char *name)
{
    size_t at = 0;
    return call_next(call, name, &at);
}

const char *call_word(const struct call *call, size_t at)
{
    for (size_t i = 0; i < call->count; i++)
        if (!call->given[i].option && at-- == 0)
            return call->given[i].value;
    return NULL;
}

bool call_count(const struct call *call, const char *name, uint64_t otherwise, uint64_t most,
                uint64_t *out)
{
    const char *text = call_get(call, name);
    *out = otherwise;
    if (!text)
        return true;
    int64_t value;
    if (!str_to_int(str_of(text), &value) || value < 0 || (uint64_t)value > most) {
        call_fail(call, EX_USAGE, "%s was \"%s\", allowed is a whole number from 0 to %llu", name,
                  text, (unsigned long long)most);
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

bool call_threads(const struct call *call, unsigned *out)
{
    uint64_t threads;
    cpu_set_t cpus;
    if (!call_count(call, "--threads", 1, THREADS_MOST, &threads))
        return false;
    if (threads == 0) {
        int count = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
        threads = count < THREADS_MOST ? (uint64_t)count : THREADS_MOST;
    }
    *out = (unsigned)threads;
    return true;
}

int call_print(const struct call *call, const struct text *text)
{
    fwrite(text->at, 1, text->len, stdout);
    fputc('\n', stdout);
    if (fflush(stdout) != 0 || ferror(stdout))
        return call_fail(call, EX_IOERR, "stdout could not be written");
    return 0;
}
