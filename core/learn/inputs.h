/* Parts of what learners see: some rows of it, copied. */
#pragma once

#include "core/learn/learner.h"

/* The rows at[0..count), in this order. */
struct inputs inputs_select(struct arena *arena, const struct inputs *in, const size_t *at,
                            size_t count);
/* False and a fault where rows have weights and the learner `of` does not heed them. */
bool examples_unweighted(const struct examples *examples, const char *of, struct fault *why);
struct examples examples_select(struct arena *arena, const struct examples *examples,
                                const size_t *at, size_t count);
