/* The members of one line of JSON, one after the other. */
#pragma once

#include "core/base/fault.h"
#include "core/base/str.h"

enum json_token { TOKEN_NULL = 1, TOKEN_BOOL, TOKEN_NUMBER, TOKEN_TEXT };

struct json_cell {
    struct str key, raw; /* texts without quotes, still escaped */
    bool key_escaped, escaped;
    enum json_token token;
};

struct jsonl_scan {
    const char *at, *end; /* of the line */
    const char *first;    /* of the line */
    struct str file;
    size_t line;
    bool any; /* a member was read */
};

enum jsonl_step { JSONL_CELL, JSONL_END, JSONL_BROKEN };

/* At the start of a line that is not blank. */
bool jsonl_open(struct jsonl_scan *scan, struct fault *why);
enum jsonl_step jsonl_cell(struct jsonl_scan *scan, struct json_cell *cell, struct fault *why);

/* A text without its escapes; out[raw.len] is enough. False: an escape of half a pair or of NUL. */
bool json_text_copy(struct str raw, char *out, size_t *len);

/* "FILE:LINE: ..." Returns false. */
bool jsonl_fault(const struct jsonl_scan *scan, struct fault *why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
