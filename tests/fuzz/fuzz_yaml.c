/* Fuzz: any bytes as YAML, as a team's submission.yaml, as course.yaml and as rubric.yaml. */
#include "grader/course/course.h"
#include "grader/course/course_words.h"
#include "grader/course/submission.h"
#include "rubrics/rubric.h"
#include <stdlib.h>

/* A number that every byte of the tree goes into: a stray pointer does not stay unread. */
static size_t node_sum(const struct yaml *node, int depth)
{
    size_t sum = node->count + node->text.len + node->key.len;
    if (depth > YAML_DEPTH_MOST)
        abort();
    for (size_t i = 0; i < node->text.len; i++)
        sum += (unsigned char)node->text.at[i];
    for (size_t i = 0; i < node->count; i++)
        sum += node_sum(&node->members[i], depth + 1);
    return sum;
}

static void submission_try(struct arena *arena, struct str bytes)
{
    static const char course_text[] =
        "schema: 1\ncourse: {id: c}\ngit: {}\ntasks:\n"
        "  - {id: fraud, kind: binary, target: y, metrics: [{key: roc_auc}]}\n"
        "deliverables:\n  - {id: d, tasks: [fraud], due: 2026-02-10T18:00:00Z, needs: [model]}\n";
    struct complaints none = { .arena = arena }, to = { .arena = arena };
    struct course course;
    struct submission_file file;
    if (!course_parse(arena, str_of(course_text), &course, &none))
        abort();
    bool fine = submission_parse(arena, bytes, &course, &file, &to);
    if (fine != (to.count == 0))
        abort();
    if (fine && !yaml_parse(arena, "seen", submission_seen_text(arena, &file), &to))
        abort(); /* what a box sees must be readable again */
}

/* libfyaml 0.7.12 loses the buffer of a quoted text that it refuses: 64 KiB a file at most. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tasks[] = { "fraud", NULL };
    scoped_arena arena = arena_open(NULL);
    struct rubric_known known = { tasks, course_metric_words(arena, -1) };
    struct str bytes = { (const char *)data, size };
    struct complaints to = { .arena = arena };
    struct field_source from = { arena, "rubric.yaml", &to };
    const struct yaml *root = yaml_parse(arena, "f.yaml", bytes, &to);
    if (!root && to.count == 0)
        abort();
    if (root)
        node_sum(root, 0);
    struct course course;
    struct rubric rubric;
    submission_try(arena, bytes);
    course_parse(arena, bytes, &course, &to);
    rubric_parse(&from, bytes, &known, &rubric);
    return 0;
}
