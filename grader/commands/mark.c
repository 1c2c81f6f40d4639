/* holdout mark: a human's points for a rubric question of a run. */
#include "grader/commands/append.h"
#include "grader/commands/page.h"
#include <stdio.h>

/* The question must be one of the run's, and the points within its bounds. */
static int question_check(const char *dir, const char *run, const char *question, double points)
{
    scoped_arena arena = arena_open(NULL);
    struct view_page page;
    int code = command_page("mark", dir, run, arena, &page);
    if (code != EXIT_DONE)
        return code;
    const char *names[256];
    size_t count = 0;
    for (size_t i = 0; i < page.point_count && i < 256; i++) {
        if (str_is(page.points[i].question, question)) {
            if (points >= 0 && points <= page.points[i].most)
                return EXIT_DONE;
            fprintf(stderr, "holdout mark: points were %g, allowed are 0 to %g\n", points,
                    page.points[i].most);
            return EXIT_DATA;
        }
        names[count++] = page.points[i].question.at;
    }
    const char *nearest = words_nearest(str_of(question), names, count);
    fprintf(stderr, "holdout mark: the run has no question \"%s\"%s%s%s\n", question,
            nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"" : "");
    return EXIT_INPUT;
}

int mark_main(int argc, char **argv)
{
    const char *points_text = NULL, *reason = "";
    const struct option_row options[] = {
        { "points", "N", "how many points (required)", &points_text, NULL },
        { "reason", "TEXT", "why, shown to the team", &reason, NULL },
    };
    const struct usage usage = {
        .line = "holdout mark DIR RUN QUESTION --points N [--reason TEXT]",
        .about = "Enters your points for a rubric question of a run, in place of the suggestion.",
        .example = "  holdout mark my-course 01KB0000000000000000000000 method.why --points 8 \\\n"
                   "    --reason \"Compared two models; says little about the costs\"",
        .options = options,
        .option_count = 2,
        .least = 3,
        .most = 3,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    double points;
    if (!points_text || !str_to_double(str_of(points_text), &points)) {
        fprintf(stderr, "holdout mark: --points N is needed, a number; it was %s\n",
                points_text ? points_text : "missing");
        return EXIT_USAGE;
    }
    code = question_check(operands[0], operands[1], operands[2], points);
    if (code != EXIT_DONE)
        return code;
    scoped_arena arena = arena_open(NULL);
    struct text body = { .arena = arena };
    struct json_out out = { .text = &body };
    json_open_map(&out, NULL);
    json_add_zero(&out, "run", operands[1]);
    json_add_zero(&out, "question", operands[2]);
    json_add_double(&out, "points", points);
    json_add_zero(&out, "reason", reason);
    json_close_map(&out);
    int64_t seq;
    code = append_event("mark", operands[0], "mark", text_str(&body), &seq);
    if (code == EXIT_DONE)
        fprintf(stderr, "noted; the page shows it as soon as the grader runs\n");
    return code;
}
