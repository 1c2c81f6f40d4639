/* libholdout: errors, the way out, versions and lists. */
#include "core/learn/public.h"
#include "core/math/threads.h"
#include <stdio.h>
#include <unistd.h>

const char *holdout_version(void)
{
    return HOLDOUT_VERSION;
}

const char *holdout_learner_name(size_t at)
{
    return at < learner_count ? learners[at]->name : NULL;
}

static void clear(struct holdout_error *error)
{
    if (error)
        *error = (struct holdout_error){ .code = HOLDOUT_OK };
}

bool public_refuse(struct holdout_error *error, enum holdout_code code, const char *format, ...)
{
    if (!error)
        return false;
    va_list args;
    va_start(args, format);
    error->code = code;
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

bool public_fault(struct holdout_error *error, enum holdout_code code, const struct fault *why)
{
    return public_refuse(error, code, "%s", why->text);
}

bool public_no_memory(struct holdout_error *error)
{
    return public_refuse(error, HOLDOUT_NO_MEMORY, "out of memory");
}

bool public_given(struct holdout_error *error, const void *pointer, const char *what)
{
    return pointer || public_refuse(error, HOLDOUT_BAD_ARGUMENT, "no %s was given", what);
}

unsigned public_threads(unsigned threads)
{
    return threads < 1 ? 1 : threads < THREADS_MOST ? threads : THREADS_MOST;
}

bool public_guard(jmp_buf *out, bool (*body)(void *call), void *call, struct holdout_error *error)
{
    clear(error);
    if (setjmp(*out) != 0)
        return public_no_memory(error);
    return body(call);
}

bool public_scratch(struct arena **scratch, bool (*body)(void *call), void *call,
                    struct holdout_error *error)
{
    jmp_buf out;
    *scratch = arena_open(&out);
    if (!*scratch)
        return public_no_memory(error);
    bool done = public_guard(&out, body, call, error);
    arena_drop(*scratch);
    return done;
}

enum holdout_code public_code_of_file(const char *path)
{
    return access(path, R_OK) == 0 ? HOLDOUT_BAD_DATA : HOLDOUT_MISSING;
}
