/* Versions of a course directory compared and printed: what `holdout compare` does. */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

#define COMPARE_RUNS_MOST 32

struct compare_asked {
    const char *dir;
    char *const *words; /* run ids; behind the first also learners of baselines */
    size_t count;       /* 2 to COMPARE_RUNS_MOST */
    bool exact; /* the Private rows, too, nothing rounded, and whatever the ladder holds back */
    bool as_json;
};
/* Reads the state, sealed values included: for who may read them. */
bool compare_print(const struct compare_asked *asked, struct fault *why);
