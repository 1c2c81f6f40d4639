/* holdout doctor: which protections this machine has for this user, and what is missing. */
#include "core/base/json.h"
#include "grader/commands/command.h"
#include "sandbox/box.h"
#include <stdio.h>
#include <unistd.h>

static const char *grade_word(enum box_grade grade)
{
    static const char *const words[] = { "there", "weaker", "missing" };
    return words[grade];
}

static void json_layers(const struct box_layer *layers, size_t count, bool whole)
{
    scoped_arena arena = arena_open(NULL);
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_bool(&out, "root", geteuid() == 0);
    json_add_bool(&out, "whole", whole);
    json_open_list(&out, "layers");
    for (size_t i = 0; i < count; i++) {
        json_open_map(&out, NULL);
        json_add_zero(&out, "name", layers[i].name);
        json_add_zero(&out, "grade", grade_word(layers[i].grade));
        json_add_zero(&out, "text", layers[i].text);
        json_close_map(&out);
    }
    json_close_list(&out);
    json_close_map(&out);
    printf("%s\n", text.at);
}

int diagnose_main(int argc, char **argv)
{
    bool as_json = false;
    const struct option_row options[] = {
        { "json", NULL, "one JSON document on stdout", NULL, &as_json },
    };
    const struct usage usage = {
        .line = "holdout doctor [--json]",
        .about =
            "Tries each protection of the sandbox as the user who calls it and says which hold.\n"
            "Exit 1 when one is weaker or missing: runs are refused then unless course.yaml says\n"
            "box: {allow_degraded: true}.",
        .example = "  sudo holdout doctor",
        .options = options,
        .option_count = 1,
    };
    char **operands;
    int operand_count, code = usage_parse(&usage, argc, argv, &operands, &operand_count);
    if (code >= 0)
        return code;
    struct box_layer layers[BOX_LAYERS_MOST];
    size_t count = box_probe(layers);
    bool whole = true;
    for (size_t i = 0; i < count; i++)
        whole &= layers[i].grade == BOX_THERE;
    if (as_json) {
        json_layers(layers, count, whole);
        return whole ? EXIT_DONE : EXIT_NO;
    }
    for (size_t i = 0; i < count; i++) {
        printf("%-8s %-24s %s\n", grade_word(layers[i].grade), layers[i].name, layers[i].text);
        if (layers[i].remedy[0])
            printf("%34s%s\n", "", layers[i].remedy);
    }
    printf("%s\n", whole ? "all protections hold"
                   : geteuid() == 0
                       ? "not all protections hold: see above"
                       : "not all protections hold for an ordinary user: as root more would");
    return whole ? EXIT_DONE : EXIT_NO;
}
