/*
 * The bytes of a model file: little-endian, lengths before content. The reader checks every bound
 * and remembers the first failure, so that a loader may read on and ask once at its end.
 */
#pragma once

#include "core/base/str.h"

/* Writing: to a growing text. */
void bytes_put_u32(struct text *out, uint32_t value);
void bytes_put_u64(struct text *out, uint64_t value);
void bytes_put_double(struct text *out, double value);
void bytes_put_text(struct text *out, struct str value);
void bytes_put_u32s(struct text *out, const uint32_t *values, size_t count);  /* count first */
void bytes_put_floats(struct text *out, const float *values, size_t count);   /* count first */
void bytes_put_doubles(struct text *out, const double *values, size_t count); /* count first */

/* Reading: after a failure everything reads as zero or empty and `failed` stays. */
struct bytes {
    struct arena *arena;
    struct str rest;
    bool failed;
};

uint32_t bytes_u32(struct bytes *in);
uint64_t bytes_u64(struct bytes *in);
double bytes_double(struct bytes *in);   /* any bits */
double bytes_finite(struct bytes *in);   /* NAN and infinities fail */
struct str bytes_text(struct bytes *in); /* zero-ended copy; at most 64 KiB */

/*
 * A count of things of at least `each` (> 0) bytes: fails when the rest cannot hold so many, which
 * bounds what a damaged file can make us allocate.
 */
size_t bytes_count(struct bytes *in, size_t each);

/* Exactly `count` finite numbers, with their count before them. */
double *bytes_doubles(struct bytes *in, size_t count);

/* Exactly `count` numbers, with their count before them; floats must be finite. */
uint32_t *bytes_u32s(struct bytes *in, size_t count);
float *bytes_floats(struct bytes *in, size_t count);
