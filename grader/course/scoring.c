/* The digest of all that scoring depends on. */
#include "grader/course/scoring.h"
#include <stdio.h>

static void add(struct sha256 *hash, const char *text)
{
    sha256_add(hash, text, strlen(text) + 1);
}

static const char *rubric_of(const struct version *version)
{
    for (size_t i = 0; i < version->file_count; i++)
        if (str_is(version->files[i].path, "rubric.yaml"))
            return version->files[i].sha256;
    return "";
}

static void rule_add(struct sha256 *hash, const struct course_board *board)
{
    char rule[96];
    snprintf(rule, sizeof rule, "%d %lld %.17g", board->release, (long long)board->digits,
             board->eta);
    add(hash, rule);
}

void scoring_digest(const struct loaded *loaded, const struct course_task *task,
                    char sha256[SHA256_HEX])
{
    const char *version = version_task_digest(&loaded->version, task->id);
    struct sha256 hash;
    sha256_start(&hash);
    add(&hash, version ? version : "");
    for (size_t i = 0; i < task->metric_count; i++) {
        add(&hash, task->metrics[i].key.at);
        add(&hash, i == task->primary_at ? "primary" : "");
    }
    rule_add(&hash, &loaded->course.board);
    add(&hash, rubric_of(&loaded->version));
    sha256_end(&hash, sha256);
}

void scoring_board_digest(const struct loaded *loaded, const struct course_task *task,
                          char sha256[SHA256_HEX])
{
    const char *version = version_task_digest(&loaded->version, task->id);
    struct sha256 hash;
    sha256_start(&hash);
    add(&hash, version ? version : "");
    add(&hash, task->metrics[task->primary_at].key.at);
    rule_add(&hash, &loaded->course.board);
    sha256_end(&hash, sha256);
}
