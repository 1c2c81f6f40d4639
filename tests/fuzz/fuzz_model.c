/* Model files: hostile content behind a right checksum, and whole files as they come. */
#include "core/base/digest.h"
#include "core/learn/model.h"
#include <stdlib.h>

/* The first bit says which: the rest is a file, or its content to be wrapped. */
static struct str wrapped(struct arena *arena, struct str content)
{
    struct text file = { .arena = arena };
    char hex[SHA256_HEX];
    text_add(&file, S("HOLDOUTM"));
    bytes_put_u32(&file, MODEL_VERSION);
    bytes_put_u64(&file, content.len);
    text_add(&file, content);
    sha256_of(text_str(&file), hex);
    text_add(&file, str_of(hex));
    return text_str(&file);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    if (!size)
        return 0;
    struct arena *arena = arena_open(NULL);
    struct str rest = { (const char *)bytes + 1, size - 1 };
    struct str file = bytes[0] & 1 ? rest : wrapped(arena, rest);
    struct model model;
    struct fault why;
    if (model_parse(arena, file, &model, &why)) {
        struct text text = { .arena = arena };
        struct json_out out = { .text = &text };
        size_t starts[3] = { 0 };
        struct csr none = { 2, model.features.width - model.features.dense, starts, NULL, NULL };
        struct inputs in = { .dense = matrix_new(arena, 2, model.features.dense),
                             .levels = model.features.levels,
                             .sparse = model.features.sparse ? &none : NULL,
                             .group_count = model.features.group_count };
        double *prediction = arena_array(arena, double, 2 * model_width(&model));
        model_describe(&model, &out);
        model.learner->predict(arena, model.fitted, &in, 1, prediction);
        if (!str_equal(model_print(arena, &model), file))
            abort();
    }
    arena_drop(arena);
    return 0;
}
