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

void scoring_digest(const struct loaded *loaded, const struct course_task *task,
                    char sha256[SHA256_HEX])
{
    const struct course_board *board = &loaded->course.board;
    const char *version = version_task_digest(&loaded->version, task->id);
    char rule[96];
    struct sha256 hash;
    sha256_start(&hash);
    add(&hash, version ? version : "");
    for (size_t i = 0; i < task->metric_count; i++) {
        add(&hash, task->metrics[i].key.at);
        add(&hash, i == task->primary_at ? "primary" : "");
    }
    snprintf(rule, sizeof rule, "%d %lld %.17g", board->release, (long long)board->digits,
             board->eta);
    add(&hash, rule);
    add(&hash, rubric_of(&loaded->version));
    sha256_end(&hash, sha256);
}
