/* Faults: filling in the text and the blame. */
#include "core/base/fault.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Foreign text goes to terminals: one line without control characters, no half of a character. */
static void make_line(struct fault *why)
{
    size_t len = strlen(why->text), tail = 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)why->text[i] < 0x20 || why->text[i] == 0x7f)
            why->text[i] = '?';
    if (len + 1 < sizeof why->text)
        return; /* was not cut */
    while (tail < len && tail < 3 && (why->text[len - 1 - tail] & 0xC0) == 0x80)
        tail++;
    unsigned char lead = tail < len ? (unsigned char)why->text[len - 1 - tail] : 0;
    size_t wanted = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (tail < wanted)
        why->text[len - 1 - tail] = 0;
}

bool fault_set(struct fault *why, enum blame blame, const char *format, ...)
{
    if (!why)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    make_line(why);
    why->blame = blame;
    return false;
}

static enum blame blame_of_errno(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EAGAIN:
    case EBUSY:
    case EMFILE:
    case ENFILE:
    case EINTR:
        return BLAME_PASSING;
    default:
        return BLAME_OPEN;
    }
}

bool fault_errno(struct fault *why, const char *format, ...)
{
    int code = errno;
    if (!why)
        return false;
    va_list args;
    va_start(args, format);
    int used = vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof why->text)
        snprintf(why->text + used, sizeof why->text - (size_t)used, ": %s", strerror(code));
    make_line(why);
    why->blame = blame_of_errno(code);
    return false;
}

bool fault_within(struct fault *why, const char *format, ...)
{
    if (!why)
        return false;
    char rest[sizeof why->text];
    memcpy(rest, why->text, sizeof rest);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof why->text)
        snprintf(why->text + used, sizeof why->text - (size_t)used, ": %.200s", rest);
    make_line(why);
    return false;
}

const char *blame_name(enum blame blame)
{
    static const char *const names[] = {
        [BLAME_OPEN] = "open",       [BLAME_STUDENT] = "student", [BLAME_COURSE] = "course",
        [BLAME_PASSING] = "passing", [BLAME_SYSTEM] = "system",
    };
    return names[blame];
}
