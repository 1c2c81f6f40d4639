/* What tests see of the launcher's processes from outside: where they wait, children, mounts. */
#pragma once

#include "tests/sandbox/box_test.h"

/* The call in which a process waits; -1: it is dead or runs. */
static long UNUSED waits_in(pid_t pid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    FILE *in = fopen(path, "re");
    if (in && !fgets(text, sizeof text, in))
        text[0] = 0;
    if (in)
        fclose(in);
    char *end;
    long number = strtol(text, &end, 10);
    return end == text ? -1 : number;
}

static bool UNUSED is_dead(pid_t pid)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "re");
    if (in && !fgets(text, sizeof text, in))
        text[0] = 0;
    if (in)
        fclose(in);
    char *state = strrchr(text, ')');
    return !state || state[2] == 'Z' || state[2] == 'X';
}

static size_t UNUSED children_of(pid_t pid, pid_t *first)
{
    char path[64], text[4096] = "";
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *in = fopen(path, "re");
    if (in && !fgets(text, sizeof text, in))
        text[0] = 0;
    if (in)
        fclose(in);
    for (char *at = text, *end; *at; at = *end ? end + 1 : end, count++) {
        pid_t child = (pid_t)strtol(at, &end, 10);
        if (end == at)
            break;
        if (count == 0)
            *first = child;
    }
    return count;
}

static size_t UNUSED count_mounts(pid_t pid)
{
    char path[64];
    size_t lines = 0;
    snprintf(path, sizeof path, "/proc/%d/mountinfo", (int)pid);
    FILE *in = fopen(path, "re");
    for (int c; in && (c = fgetc(in)) != EOF;)
        lines += c == '\n';
    if (in)
        fclose(in);
    return lines;
}
