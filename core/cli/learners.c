/* holdout-ml learners: the tables of learners and transforms. */
#include "core/cli/command.h"
#include "core/learn/learner.h"
#include "core/learn/transform.h"
#include <stdio.h>

static void print_params(struct arena *arena, const struct param_spec *specs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        printf("    %-14s %s; %s", specs[i].name, specs[i].what, param_range(arena, &specs[i]));
        if (specs[i].otherwise)
            printf("; default %s", specs[i].otherwise);
        if (specs[i].alias)
            printf("; also called %s", specs[i].alias);
        putchar('\n');
    }
}

static void print_tables(struct arena *arena)
{
    puts("Learners:");
    for (size_t i = 0; i < learner_count; i++) {
        printf("  %-10s %s\n", learners[i]->name, learners[i]->what);
        print_params(arena, learners[i]->params, learners[i]->param_count);
    }
    puts("\nTransforms (default: what the learner needs, see pipeline.yaml in holdout-ml(1)):");
    for (size_t i = 0; transform_at(i); i++) {
        printf("  %-10s %s\n", transform_at(i)->name, transform_at(i)->what);
        print_params(arena, transform_at(i)->params, transform_at(i)->param_count);
    }
}

static void add_params(struct json_out *out, const struct param_spec *specs, size_t count)
{
    json_open_list(out, "params");
    param_specs_print(specs, count, out);
    json_close_list(out);
    json_close_map(out);
}

static int run(struct call *call)
{
    if (!call_get(call, "--json")) {
        print_tables(call->arena);
        return 0;
    }
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "learners");
    for (size_t i = 0; i < learner_count; i++) {
        json_open_map(&out, NULL);
        json_add_zero(&out, "name", learners[i]->name);
        json_add_zero(&out, "what", learners[i]->what);
        json_open_list(&out, "targets");
        if (learners[i]->targets & TARGET_NUMBER)
            json_add_zero(&out, NULL, "number");
        if (learners[i]->targets & TARGET_TWO_CLASSES)
            json_add_zero(&out, NULL, "two classes");
        json_close_list(&out);
        add_params(&out, learners[i]->params, learners[i]->param_count);
    }
    json_close_list(&out);
    json_open_list(&out, "transforms");
    for (size_t i = 0; transform_at(i); i++) {
        json_open_map(&out, NULL);
        json_add_zero(&out, "name", transform_at(i)->name);
        json_add_zero(&out, "what", transform_at(i)->what);
        add_params(&out, transform_at(i)->params, transform_at(i)->param_count);
    }
    json_close_list(&out);
    json_close_map(&out);
    return call_print(call, &text);
}

static const struct option options[] = {
    { "--json", NULL, "one JSON document on stdout", 0 },
};

const struct command command_learners = {
    .name = "learners",
    .what = "list the learners and transforms with their parameters",
    .example = "learners --json",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
