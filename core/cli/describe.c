/* holdout-ml describe: what is in a model file, or in a table. */
#include "core/base/file.h"
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/describe_data.h"
#include "core/learn/model.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_words(const struct model *model)
{
    printf("%s", model->learner->name);
    if (model->target.len)
        printf(" for \"%.*s\"", STR_ARGS(model->target));
    printf(", trained on %llu row%s by holdout %.*s\n", (unsigned long long)model->rows,
           PLURAL(model->rows), STR_ARGS(model->version));
    if (model->class_count > 2) {
        printf("predicts the probabilities of %zu classes:", model->class_count);
        for (size_t k = 0; k < model->class_count; k++)
            printf("%s \"%.*s\"", k ? "," : "", STR_ARGS(model->classes[k]));
        puts("");
    }
    if (model->target_kind == TARGET_TWO_CLASSES)
        printf("predicts the probability of \"%.*s\" (against \"%.*s\")\n",
               STR_ARGS(model->classes[1]), STR_ARGS(model->classes[0]));
    const struct features *f = &model->features;
    printf("%zu feature%s from %zu column%s:\n", f->width, PLURAL(f->width), f->source_count,
           PLURAL(f->source_count));
    for (size_t i = 0; i < f->source_count; i++)
        printf("  %-24.*s %s\n", STR_ARGS(f->sources[i].name),
               f->sources[i].kind == SLOT_NUMBER     ? "number"
               : f->sources[i].kind == SLOT_TIME     ? "time"
               : f->sources[i].kind == SLOT_CATEGORY ? "category"
                                                     : "text");
    for (size_t n = 0; n < f->node_count; n++) {
        const struct node *node = &f->nodes[n];
        if (n && node->transform == f->nodes[n - 1].transform)
            continue;
        printf("  %s\n", node->transform->name);
    }
}

static bool is_model(const char *path)
{
    char first[8];
    struct stat found;
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode))
        return false; /* what is read of a pipe is gone */
    scoped(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && read(fd, first, sizeof first) == (ssize_t)sizeof first &&
           memcmp(first, "HOLDOUTM", sizeof first) == 0;
}

static int run(struct call *call)
{
    struct model model;
    const char *path = call_get(call, "--model") ? call_get(call, "--model") : call_word(call, 0);
    if (!path || call_word(call, call_get(call, "--model") ? 0 : 1))
        return call_fail(call, EX_USAGE, "one file is wanted: a model or a table");
    if (!call_get(call, "--model") && !is_model(path))
        return describe_data(call, path);
    int code = input_model(call, path, &model);
    if (code)
        return code;
    if (!call_get(call, "--json")) {
        print_words(&model);
        return 0;
    }
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    model_describe(&model, &out);
    return call_print(call, &text);
}

static const struct option options[] = {
    { "--model", "FILE", "a model that train wrote, also without this word", 0 },
    { "--schema-out", NULL, "of a table: print the schema file that pins its kinds", 0 },
    { "--schema", "FILE", "of a table: the kinds of its columns", 0 },
    { "--id", "COLUMN", "of a table: kept as text; default id", 0 },
    { "--threads", "N", "to read a table with; 0: all processors; default 1", 0 },
    { "--json", NULL, "one JSON document on stdout; of a model with the coefficients", 0 },
};

const struct command command_describe = {
    .name = "describe",
    .what = "say what is in a model file or a table",
    .words = "FILE",
    .example = "describe train.csv --schema-out > schema.yaml",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
