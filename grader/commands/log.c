/* holdout log: how one run went, step by step. */
#include "core/base/clock.h"
#include "grader/commands/page.h"
#include <math.h>
#include <stdio.h>

/* What a team's program printed, without what would steer the reader's terminal. */
static void tail_print(struct str tail)
{
    for (size_t i = 0; i < tail.len; i++) {
        unsigned char c = (unsigned char)tail.at[i];
        bool plain = (c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t';
        putchar(plain ? c : '?');
    }
    if (tail.at[tail.len - 1] != '\n')
        putchar('\n');
}

void steps_print(const struct view_page *page)
{
    for (size_t i = 0; i < page->step_count; i++) {
        const struct view_step *step = &page->steps[i];
        printf("%-12s", step->name.at);
        printf(step->seed_at == 0    ? "        "
               : step->seed_at == -1 ? " again  "
                                     : " seed %-2lld",
               (long long)step->seed_at);
        printf(" %-8s %-10s %9.3f s %9.3f s cpu %8.1f MB%s\n", step->state.at, step->verdict.at,
               (double)step->wall_us / 1e6, (double)step->cpu_us / 1e6,
               (double)step->memory_peak_bytes / 1048576, step->cached ? "  reused" : "");
        if (step->message.len)
            printf("             %s\n", step->message.at);
        if (step->tail.len)
            tail_print(step->tail);
    }
}

static void findings_print(const struct view_page *page)
{
    if (page->fact_count)
        printf("\nfacts\n");
    for (size_t i = 0; i < page->fact_count; i++) {
        const struct view_fact *fact = &page->facts[i];
        printf("  %-28s %-8s %.6g %s", fact->name.at, fact->rows.at, fact->value, fact->unit.at);
        if (!isnan(fact->low))
            printf("  [%.6g, %.6g]", fact->low, fact->high);
        printf("\n");
    }
    if (page->point_count)
        printf("\npoints\n");
    for (size_t i = 0; i < page->point_count; i++) {
        const struct view_point *point = &page->points[i];
        if (isnan(point->points))
            printf("  %-24s    - of %g  %s: %s\n", point->question.at, point->most, point->state.at,
                   point->reason.at);
        else
            printf("  %-24s %4.1f of %g  %s\n", point->question.at, point->points, point->most,
                   point->reason.at);
    }
}

int log_main(int argc, char **argv)
{
    bool as_json = false;
    const struct option_row options[] = {
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout log DIR RUN [--json]",
        .about = "Shows how a run went: its steps, logs, facts, and points with reasons.",
        .example = "  holdout log my-course 01KB0000000000000000000000",
        .options = options,
        .option_count = 1,
        .least = 2,
        .most = 2,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    scoped_arena arena = arena_open(NULL);
    struct view_page page;
    code = command_page("log", operands[0], operands[1], arena, &page);
    if (code != EXIT_DONE)
        return code;
    if (as_json) {
        struct text text = { .arena = arena };
        view_run_json(&page, &text);
        printf("%s\n", text.at);
        return EXIT_DONE;
    }
    printf("%s  %s  %s %s\n%s\n\n", page.run.team.at, page.run.commit.at, page.run.state.at,
           page.run.verdict.at, page.run.message.at);
    if (page.no_logs)
        printf("Its logs%s are no longer kept (keep in course.yaml).\n\n",
               page.no_files ? ", files and predictions" : "");
    steps_print(&page);
    findings_print(&page);
    if (page.detail.len)
        printf("\nfor staff: %s\n", page.detail.at);
    return EXIT_DONE;
}
