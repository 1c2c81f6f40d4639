/*
 * Strict reading of JSON maps by a table: every key is known, of its kind and within its range;
 * what is not optional is there. The first mistake is the fault.
 */
#pragma once

#include "core/base/digest.h"
#include "core/base/json.h"

enum form_kind {
    FORM_TEXT,   /* const char *, low..high bytes, without zeros */
    FORM_KEY,    /* const char *, [a-z0-9_-], 1..high bytes */
    FORM_INT,    /* int64_t, low..high */
    FORM_BOOL,   /* bool */
    FORM_SHA256, /* char[SHA256_HEX] */
    FORM_DIGEST, /* const char *, a SHA-256 */
    FORM_MODE,   /* unsigned, "0644" or "0755" */
    FORM_LIST,   /* const struct json *, low..high members */
    FORM_MAP,    /* const struct json *, low..high members */
};

struct form_field {
    const char *key;
    enum form_kind kind;
    size_t offset;
    int64_t low, high;
    bool optional;
};

bool form_read(const struct json *map, const struct form_field *fields, size_t count, void *out,
               struct fault *why);
/* A text without zeros of at most `most` bytes; NULL and a fault. */
const char *form_text(const struct json *text, const char *name, size_t most, struct fault *why);
