/* holdout init: a course, or a team's repository, to start from. */
#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/data/table_load.h"
#include "core/math/random.h"
#include "grader/commands/command.h"
#include "grader/commands/init.h"
#include "grader/course/course_text.h"
#include "grader/course/divide.h"
#include "grader/course/starter.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#define HELDOUT_SHARE 0.4
#define PUBLIC_SHARE 0.4
#define SAMPLE_ROWS 60
#define MADE_ROWS 1200
#define DAY_MS ((int64_t)86400 * 1000)

struct init {
    const char *dir, *template, *data, *target, *id, *task, *seed_text;
    int kind;
    uint64_t seed;
};

static bool is_empty(int dir)
{
    return !file_exists(dir, "course.yaml") && !file_exists(dir, "submission.yaml");
}

int init_dir(const char *command, const char *path)
{
    struct fault why = { 0 };
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        fprintf(stderr, "holdout %s: %s: %s\n", command, path, strerror(errno));
        return -1;
    }
    int dir = dir_open(AT_FDCWD, path, &why);
    if (dir < 0)
        command_fail(command, &why);
    return dir;
}

/* ---- a course ---- */

/* Examples for who has none at hand: three numbers, one word, and an answer that follows. */
static bool data_make(struct arena *arena, int kind, uint64_t seed, struct table *out,
                      struct fault *why)
{
    static const char *const regions[] = { "north", "south", "west" };
    struct random random = random_stream(seed, 7);
    double *cells[3], *answer = arena_array(arena, double, MADE_ROWS);
    struct str *region = arena_array(arena, struct str, MADE_ROWS);
    struct column *columns = arena_array(arena, struct column, 5);
    for (size_t c = 0; c < 3; c++)
        cells[c] = arena_array(arena, double, MADE_ROWS);
    for (size_t i = 0; i < MADE_ROWS; i++) {
        size_t at = random_below(&random, 3);
        region[i] = str_of(regions[at]);
        cells[0][i] = round(100 * exp(4 + random_normal(&random))) / 100;
        cells[1][i] = (double)random_below(&random, 60);
        cells[2][i] = round(10 * random_normal(&random)) / 10;
        double score = 0.8 * (log(cells[0][i]) - 4) - 0.03 * (cells[1][i] - 30) +
                       0.7 * cells[2][i] + (at == 1 ? 0.6 : 0) + 0.8 * random_normal(&random);
        answer[i] = kind == COURSE_KIND_BINARY       ? score > 0.6
                    : kind == COURSE_KIND_MULTICLASS ? (score > -0.4) + (score > 0.8)
                                                     : round(100 * (20 + 5 * score)) / 100;
    }
    static const char *const names[] = { "amount", "age", "change" };
    *out = (struct table){ .rows = MADE_ROWS, .column_count = 5, .columns = columns };
    for (size_t c = 0; c < 3; c++)
        if (!column_of_numbers(arena, str_of(names[c]), cells[c], MADE_ROWS, &columns[c], why))
            return false;
    column_of_texts(arena, S("region"), region, MADE_ROWS, &columns[3]);
    return column_of_numbers(arena, S("target"), answer, MADE_ROWS, &columns[4], why);
}

static struct str_list list_of(struct arena *arena, const char *const *words)
{
    struct str_list list = { 0 };
    while (words[list.count])
        list.count++;
    struct str *at = arena_array(arena, struct str, list.count);
    for (size_t i = 0; i < list.count; i++)
        at[i] = str_of(words[i]);
    list.at = at;
    return list;
}

static struct course_task task_of(struct arena *arena, const struct init *init)
{
    struct str_list names = list_of(arena, course_usual_metrics(init->kind));
    struct course_metric *metrics = arena_array(arena, struct course_metric, names.count);
    for (size_t i = 0; i < names.count; i++)
        metrics[i].key = names.at[i];
    return (struct course_task){
        .id = str_of(init->task),
        .title = str_of(init->task),
        .kind = init->kind,
        .target = init->kind == COURSE_KIND_MULTILABEL ? S("") : str_of(init->target),
        .id_column = str_of(init->id),
        .season = 1,
        .metrics = metrics,
        .metric_count = names.count,
        .limits = { .build_s = 120,
                    .train_s = 600,
                    .predict_s = 120,
                    .serve_s = 60,
                    .memory_mb = 2048,
                    .pids = 128,
                    .disk_mb = 1024,
                    .cpus = 1,
                    .runs_per_day = 10,
                    .runs_total = 200 },
        .seeds = 2,
        .repeat = true,
        .baselines = list_of(arena, course_usual_baselines(init->kind)),
    };
}

static const char rubric_text[] =
    "# What is asked, for how many points, and where the answer comes from: docs/course.md\n"
    "schema: 1\n"
    "questions:\n"
    "  - {id: infra.reproducible, points: 10, from: reproducible,\n"
    "     title: \"Does training again give the same model?\"}\n"
    "  - {id: method.why, points: 10, from: human,\n"
    "     title: \"Why was this model chosen?\",\n"
    "     guidance: \"Look for an alternative that was tried, and for what decided.\"}\n";

static bool course_files(struct arena *arena, int dir, const struct init *init,
                         const struct course_task *task, struct fault *why)
{
    struct clock clock = clock_system();
    char due[TIME_TEXT];
    clock_print(clock_utc_ms(&clock) / DAY_MS * DAY_MS + 30 * DAY_MS, due);
    struct course_text of = {
        .id = init->task, .title = init->task, .timezone = "UTC", .task = task, .due = due
    };
    return file_save(dir, "course.yaml", course_text(arena, &of), 0644, why) &&
           file_save(dir, "rubric.yaml", str_of(rubric_text), 0644, why) &&
           file_save(dir, "teams.csv", S("team,name,repository,tasks\n"), 0644, why) &&
           file_save(dir, ".gitignore", S("private/\nsecrets/\nstate/\n"), 0644, why) &&
           dir_make(dir, "secrets/web", 0700, why) && dir_make(dir, "secrets/grader", 0700, why);
}

static int course_make(struct init *init)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    struct table table;
    struct divided divided;
    scoped(fd) int dir = init_dir("init", init->dir);
    if (dir < 0)
        return EXIT_INPUT;
    if (!is_empty(dir)) {
        fprintf(stderr, "holdout init: %s holds a course or a submission already\n", init->dir);
        return EXIT_NO;
    }
    bool ok = init->data ? table_load(arena, AT_FDCWD, init->data, NULL, &table, &why)
                         : data_make(arena, init->kind, init->seed, &table, &why);
    struct course_task task = task_of(arena, init);
    struct divide how = { &task, HELDOUT_SHARE, PUBLIC_SHARE, SAMPLE_ROWS, init->seed };
    if (!ok || !divide_write(arena, dir, &table, &how, &divided, &why) ||
        !course_files(arena, dir, init, &task, &why))
        return command_fail("init", &why);
    chmod(arena_print(arena, "%s/private", init->dir), 0700);
    printf("%s: task %s, %s: %zu rows to train on, %zu in the sample, %zu Public, %zu Private",
           init->dir, init->task, course_kind_name(init->kind), divided.train, divided.sample,
           divided.open, divided.closed);
    printf(divided.doubled ? ", %zu doubled ones left out\n" : "\n", divided.doubled);
    printf("next: name your teams in %s/teams.csv and their host in course.yaml (git.allow), then\n"
           "  holdout check %s\n  holdout serve %s\n",
           init->dir, init->dir, init->dir);
    return EXIT_DONE;
}

/* ---- a team's repository ---- */

static int repository_make(const struct init *init, const struct starter *starter)
{
    scoped_arena arena = arena_open(NULL);
    struct fault why = { 0 };
    scoped(fd) int dir = init_dir("init", init->dir);
    if (dir < 0)
        return EXIT_INPUT;
    struct starter_words words = { str_of(init->task), str_of(init->target), str_of(init->id),
                                   init->kind };
    if (!starter_write(arena, dir, starter, &words, &why))
        return command_fail("init", &why);
    printf("%s: %s\nnext: look at %s/submission.yaml, commit all, then\n  holdout check %s\n",
           init->dir, starter->about, init->dir, init->dir);
    return EXIT_DONE;
}

/* ---- the command line ---- */

static const char *const course_words[] = { COURSE_KINDS };
#define KIND_COUNT (sizeof course_words / sizeof *course_words)

static int template_unknown(const struct init *init)
{
    const char *names[KIND_COUNT + 8];
    size_t count = 0;
    for (; count < KIND_COUNT; count++)
        names[count] = course_words[count];
    for (const char *const *at = starter_names(); *at; at++)
        names[count++] = *at;
    const char *nearest = words_nearest(str_of(init->template), names, count);
    fprintf(stderr, "holdout init: no template \"%s\"", init->template);
    if (nearest)
        fprintf(stderr, ", did you mean \"%s\"\n", nearest);
    else
        fprintf(stderr, "; holdout init --help lists them\n");
    return EXIT_USAGE;
}

static int run(struct init *init)
{
    int64_t seed = (int64_t)(random_u64() >> 2); /* of a course: nobody shall guess it */
    const struct starter *starter = starter_find(str_of(init->template));
    if (init->seed_text && (!str_to_int(str_of(init->seed_text), &seed) || seed < 0)) {
        fprintf(stderr, "holdout init: --seed was %s, it takes a whole number\n", init->seed_text);
        return EXIT_USAGE;
    }
    init->seed = (uint64_t)seed;
    for (init->kind = 0; init->kind < (int)KIND_COUNT; init->kind++)
        if (strcmp(course_words[init->kind], init->template) == 0)
            break;
    if (starter) {
        init->kind = COURSE_KIND_BINARY;
        return repository_make(init, starter);
    }
    if (init->kind == (int)KIND_COUNT)
        return template_unknown(init);
    if (!divide_can(init->kind)) {
        fprintf(stderr,
                "holdout init: a course of %s cannot be made of one table; examples/kinds "
                "has one to start from\n",
                init->template);
        return EXIT_USAGE;
    }
    bool makes = init->kind == COURSE_KIND_BINARY || init->kind == COURSE_KIND_MULTICLASS ||
                 init->kind == COURSE_KIND_REGRESSION;
    if (!init->data && !makes) {
        fprintf(stderr, "holdout init: --data FILE is needed for a course of %s\n", init->template);
        return EXIT_USAGE;
    }
    return course_make(init);
}

int create_main(int argc, char **argv)
{
    struct init init = { .template = "binary", .target = "target", .id = "id", .task = "task" };
    const struct option_row options[] = {
        { "template", "NAME", "a kind of task, or pipeline python c shell for a team (binary)",
          &init.template, NULL },
        { "data", "FILE", "a table with the answers, CSV or JSON lines: it is divided", &init.data,
          NULL },
        { "target", "COLUMN", "what is to be predicted (target)", &init.target, NULL },
        { "id", "COLUMN", "which row it is; drawn when the table has none (id)", &init.id, NULL },
        { "task", "NAME", "what the task is called (task)", &init.task, NULL },
        { "seed", "N", "of the division; drawn, so that nobody can repeat it", &init.seed_text,
          NULL },
    };
    const struct usage usage = {
        .line = "holdout init DIR [--template NAME] [--data FILE --target COLUMN] [--task NAME]",
        .about = "Makes a course to start from: its files, and data divided into what teams may\n"
                 "see and what they may not; without --data some are made up. With a template\n"
                 "pipeline, python, c or shell: a team's repository.",
        .example =
            "  holdout init my-course --template binary --data payments.csv --target isFraud "
            "--task fraud\n"
            "  holdout init my-model --template python --task fraud --target isFraud",
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .least = 1,
        .most = 1,
    };
    char **operands;
    int count, code = usage_parse(&usage, argc, argv, &operands, &count);
    if (code >= 0)
        return code;
    init.dir = operands[0];
    return run(&init);
}
