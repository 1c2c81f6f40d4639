/* Faults: filling in the text and the blame. */
#include "core/base/fault.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

bool fault_set(struct fault *why, enum blame blame, const char *format, ...)
{
    if (!why)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
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
