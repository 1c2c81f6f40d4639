/* Fitted features as bytes, and back. */
#include "core/learn/features.h"
#include <math.h>

static void number_save(const struct feature *feature, struct text *out)
{
    bytes_put_u32(out, (uint32_t)feature->step_count);
    for (size_t s = 0; s < feature->step_count; s++) {
        bytes_put_text(out, str_of(feature->steps[s].transform->name));
        for (size_t i = 0; i < TRANSFORM_NUMBERS; i++)
            bytes_put_double(out, feature->steps[s].fitted[i]);
    }
}

void features_save(const struct features *features, struct text *out)
{
    bytes_put_u32(out, (uint32_t)features->count);
    for (size_t f = 0; f < features->count; f++) {
        const struct feature *feature = &features->at[f];
        bytes_put_text(out, feature->name);
        bytes_put_u32(out, feature->kind);
        bytes_put_u32(out, feature->missing_column);
        if (feature->kind == FEATURE_NUMBER) {
            number_save(feature, out);
            continue;
        }
        bytes_put_u32(out, (uint32_t)feature->level_count);
        for (size_t k = 0; k < feature->level_count; k++)
            bytes_put_text(out, feature->levels[k]);
    }
}

static void number_load(struct bytes *in, struct feature *out)
{
    out->step_count = bytes_count(in, 4 + 8 * TRANSFORM_NUMBERS);
    if (out->step_count > STEPS_MOST)
        in->failed = true;
    if (in->failed)
        return;
    out->steps = arena_array(in->arena, struct fitted_step, out->step_count);
    for (size_t s = 0; s < out->step_count; s++) {
        const struct transform *transform = transform_find(bytes_text(in), NULL);
        if (!transform || transform->on != ON_NUMBERS) {
            in->failed = true;
            return;
        }
        out->steps[s].transform = transform;
        for (size_t i = 0; i < TRANSFORM_NUMBERS; i++)
            out->steps[s].fitted[i] = bytes_finite(in);
    }
}

static void category_load(struct bytes *in, struct feature *out)
{
    out->level_count = bytes_count(in, 4);
    if (in->failed)
        return;
    out->levels = arena_array(in->arena, struct str, out->level_count);
    for (size_t k = 0; k < out->level_count; k++) {
        out->levels[k] = bytes_text(in);
        if (out->levels[k].len > LEVEL_BYTES_MOST)
            in->failed = true;
        if (k && str_order(out->levels[k - 1], out->levels[k]) >= 0)
            in->failed = true;
        if (in->failed)
            return;
    }
}

static void feature_load(struct bytes *in, struct feature *out)
{
    out->name = bytes_text(in);
    uint32_t kind = bytes_u32(in), missing = bytes_u32(in);
    out->missing_column = missing == 1;
    if (missing > 1 || out->name.len > LEVEL_BYTES_MOST)
        in->failed = true;
    out->kind = kind == FEATURE_CATEGORY ? FEATURE_CATEGORY : FEATURE_NUMBER;
    if (kind == FEATURE_NUMBER)
        number_load(in, out);
    else if (kind == FEATURE_CATEGORY)
        category_load(in, out);
    else
        in->failed = true;
}

void features_load(struct bytes *in, struct features *out)
{
    *out = (struct features){ .count = bytes_count(in, 16) };
    if (in->failed)
        return;
    out->at = arena_array(in->arena, struct feature, out->count);
    for (size_t f = 0; f < out->count && !in->failed; f++)
        feature_load(in, &out->at[f]);
    if (in->failed || !features_finish(in->arena, out))
        in->failed = true;
}
