/*
 * holdout doctor: which protections this machine has for this user, and what is missing; and of a
 * course whether its environments can be used.
 */
#include "core/base/file.h"
#include "core/base/json.h"
#include "grader/commands/command.h"
#include "grader/commands/environments.h"
#include "sandbox/box.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *grade_word(enum box_grade grade)
{
    static const char *const words[] = { "there", "weaker", "missing" };
    return words[grade];
}

struct diagnosis {
    struct box_layer layers[BOX_LAYERS_MOST];
    size_t layer_count;
    bool whole; /* all layers are there */
    struct environment_row *environments;
    size_t environment_count;
    bool usable; /* all environments */
};

static void json_print(struct arena *arena, const struct diagnosis *found, bool course)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_bool(&out, "root", geteuid() == 0);
    json_add_bool(&out, "whole", found->whole);
    json_open_list(&out, "layers");
    for (size_t i = 0; i < found->layer_count; i++) {
        json_open_map(&out, NULL);
        json_add_zero(&out, "name", found->layers[i].name);
        json_add_zero(&out, "grade", grade_word(found->layers[i].grade));
        json_add_zero(&out, "text", found->layers[i].text);
        json_close_map(&out);
    }
    json_close_list(&out);
    if (course)
        environments_json(&out, found->environments, found->environment_count);
    json_close_map(&out);
    printf("%s\n", text.at);
}

static void layers_print(const struct diagnosis *found)
{
    for (size_t i = 0; i < found->layer_count; i++) {
        const struct box_layer *layer = &found->layers[i];
        printf("%-8s %-24s %s\n", grade_word(layer->grade), layer->name, layer->text);
        if (layer->remedy[0])
            printf("%34s%s\n", "", layer->remedy);
    }
    printf("%s\n", found->whole ? "all protections hold"
                   : geteuid() == 0
                       ? "not all protections hold: see above"
                       : "not all protections hold for an ordinary user: as root more would");
}

static void layers_look(struct diagnosis *found)
{
    found->layer_count = box_probe(found->layers);
    found->whole = true;
    for (size_t i = 0; i < found->layer_count; i++)
        found->whole &= found->layers[i].grade == BOX_THERE;
}

/* EXIT_DONE, or why the course could not be read. */
static int course_look(struct arena *arena, const char *dir, struct diagnosis *found)
{
    struct fault why = { 0 };
    struct course course;
    struct complaints complaints = { .arena = arena };
    scoped(fd) int fd = dir_open(AT_FDCWD, dir, &why);
    if (fd < 0) {
        fprintf(stderr, "holdout doctor: %s\n", why.text);
        return EXIT_INPUT;
    }
    if (!course_load(arena, fd, &course, &complaints)) {
        command_complain(&complaints);
        return EXIT_CONFIG;
    }
    found->environment_count = environments_look(arena, fd, &course, &found->environments);
    for (size_t i = 0; i < found->environment_count; i++)
        found->usable &= found->environments[i].runs;
    return EXIT_DONE;
}

static int diagnose(const char *dir, bool as_json)
{
    scoped_arena arena = arena_open(NULL);
    struct diagnosis *found = arena_new(arena, struct diagnosis);
    found->usable = true;
    layers_look(found);
    int code = dir ? course_look(arena, dir, found) : EXIT_DONE;
    if (as_json) {
        json_print(arena, found, dir && code == EXIT_DONE);
    } else {
        layers_print(found);
        environments_describe(found->environments, found->environment_count);
    }
    return code != EXIT_DONE ? code : found->whole && found->usable ? EXIT_DONE : EXIT_NO;
}

int diagnose_main(int argc, char **argv)
{
    bool as_json = false;
    const struct option_row options[] = {
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout doctor [DIR] [--json]",
        .about =
            "Tries each protection of the sandbox as the user who calls it and says which hold.\n"
            "Of a course also each environment: what it is, its digest and size, what teams can\n"
            "use in it, or what is missing and what to do. Exit 1 when a protection is weaker or\n"
            "missing (runs are refused then unless course.yaml says box: {allow_degraded: true})\n"
            "or an environment cannot be used.",
        .example = "  sudo holdout doctor\n  sudo holdout doctor my-course",
        .options = options,
        .option_count = 1,
        .most = 1,
    };
    char **operands;
    int operand_count, code = usage_parse(&usage, argc, argv, &operands, &operand_count);
    return code >= 0 ? code : diagnose(operand_count ? operands[0] : NULL, as_json);
}
