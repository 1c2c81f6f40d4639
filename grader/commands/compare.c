/* holdout compare: graded versions tested against each other on the same held-out rows. */
#include "grader/repeat/compare_print.h"
#include "grader/commands/command.h"

int compare_main(int argc, char **argv)
{
    bool as_json = false, private = false;
    const struct option_row options[] = {
        { "private", NULL, "the Private rows, too, and exact values: for staff alone", NULL,
          &private },
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout compare DIR RUN RUN|BASELINE... [--private] [--json]",
        .about =
            "Tests the first run against each other one on the same held-out rows: McNemar,\n"
            "DeLong, sign flips or a paired bootstrap by the task's primary metric, with the\n"
            "interval of the difference and p-values adjusted for their number (Holm).\n"
            "Values are rounded as on the board; under release: ladder only runs that moved the\n"
            "score are compared.",
        .example = "  holdout compare my-course 01KB0000000000000000000000 gbdt",
        .options = options,
        .option_count = 2,
        .least = 3,
        .most = COMPARE_RUNS_MOST + 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    struct fault why = { 0 };
    struct compare_asked asked = { operands[0], operands + 1, (size_t)count - 1, private, as_json };
    return compare_print(&asked, &why) ? EXIT_DONE : command_fail("compare", &why);
}
