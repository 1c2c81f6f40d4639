/* holdout cancel: end a run that waits or is under way. */
#include "grader/commands/append.h"
#include "core/base/digest.h"
#include <stdio.h>

int cancel_main(int argc, char **argv)
{
    const struct usage usage = {
        .line = "holdout cancel DIR RUN",
        .about = "Ends a run that waits or is under way; it costs the team no try.",
        .example = "  holdout cancel my-course 01KB0000000000000000000000",
        .least = 2,
        .most = 2,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    if (!ulid_check(str_of(operands[1]))) {
        fprintf(stderr, "holdout cancel: \"%s\" is no run id; holdout status %s lists them\n",
                operands[1], operands[0]);
        return EXIT_USAGE;
    }
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_zero(&out, "run", operands[1]);
    json_close_map(&out);
    int64_t seq;
    return append_event("cancel", operands[0], "cancel", text_str(&body), &seq);
}
