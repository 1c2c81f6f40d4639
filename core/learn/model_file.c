/* The model file: printed, checked and parsed. */
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/learn/model.h"
#include <fcntl.h>

#define HEADER_BYTES 20 /* magic, version, length */
#define DIGEST_BYTES (SHA256_HEX - 1)

static const char magic[8] = { 'H', 'O', 'L', 'D', 'O', 'U', 'T', 'M' };

static void params_save(const struct params *params, struct text *out)
{
    bytes_put_u32(out, (uint32_t)params->count);
    for (size_t i = 0; i < params->count; i++) {
        bytes_put_text(out, str_of(params->specs[i].name));
        bytes_put_u32(out, params->set[i]);
        bytes_put_double(out, params->value[i]);
        if (params->specs[i].kind == PARAM_TEXT)
            bytes_put_text(out, params->text[i]);
    }
}

static bool value_fits(const struct param_spec *spec, double value)
{
    size_t choices = 0;
    while (spec->choices && spec->choices[choices])
        choices++;
    switch (spec->kind) {
    case PARAM_BOOL:
        return value == 0 || value == 1;
    case PARAM_CHOICE:
        return value >= 0 && value < (double)choices && value == (double)(size_t)value;
    case PARAM_INTEGER:
    case PARAM_TEXT:
        if (value != (double)(int64_t)value)
            return false;
        return value >= spec->low && value <= spec->high;
    default:
        return value >= spec->low && value <= spec->high;
    }
}

static void params_load(struct bytes *in, const struct learner *learner, struct params *out)
{
    *out = params_default(learner->params, learner->param_count);
    if (bytes_count(in, 16) != learner->param_count)
        in->failed = true;
    for (size_t i = 0; i < out->count && !in->failed; i++) {
        const struct param_spec *spec = &out->specs[i];
        struct str name = bytes_text(in);
        uint32_t is_set = bytes_u32(in);
        double value = bytes_finite(in);
        if (!str_is(name, spec->name) || is_set > 1 || (is_set && !value_fits(spec, value)))
            in->failed = true;
        out->set[i] = is_set == 1;
        out->value[i] = value;
        if (spec->kind != PARAM_TEXT)
            continue;
        out->text[i] = bytes_text(in);
        if (is_set && (double)out->text[i].len != value)
            in->failed = true;
    }
}

static void content_save(const struct model *model, struct text *out)
{
    bytes_put_text(out, model->version);
    bytes_put_text(out, str_of(model->learner->name));
    params_save(&model->params, out);
    bytes_put_text(out, model->target);
    bytes_put_text(out, model->id);
    bytes_put_text(out, model->time);
    bytes_put_text(out, model->group);
    bytes_put_text(out, model->weight);
    bytes_put_u32(out, model->target_kind);
    bytes_put_u32(out, (uint32_t)model->class_count);
    for (size_t k = 0; k < model->class_count; k++)
        bytes_put_text(out, model->classes[k]);
    bytes_put_u64(out, model->seed);
    bytes_put_u64(out, model->rows);
    features_save(&model->features, out);
    model->learner->save(model->fitted, out);
    calibration_save(&model->calibration, out);
}

/* The kind of target, and its classes. */
static bool classes_load(struct bytes *in, struct model *out)
{
    uint32_t kind = bytes_u32(in);
    out->class_count = bytes_count(in, 4);
    bool fits = kind == TARGET_TWO_CLASSES ? out->class_count == 2
                : kind == TARGET_CLASSES
                    ? out->class_count > 2 && out->class_count <= TARGET_CLASSES_MOST
                    : out->class_count == 0 && (kind == TARGET_NUMBER || kind == TARGET_NONE);
    if (in->failed || !fits || !(out->learner->targets & kind))
        return false;
    out->target_kind = (enum target_kind)kind;
    struct str *classes = arena_array(in->arena, struct str, out->class_count);
    for (size_t k = 0; k < out->class_count; k++)
        classes[k] = bytes_text(in);
    out->classes = classes;
    return !in->failed;
}

static bool content_load(struct bytes *in, struct model *out)
{
    out->version = bytes_text(in);
    out->learner = learner_find(bytes_text(in), NULL);
    if (in->failed || !out->learner)
        return false;
    params_load(in, out->learner, &out->params);
    out->target = bytes_text(in);
    out->id = bytes_text(in);
    out->time = bytes_text(in);
    out->group = bytes_text(in);
    out->weight = bytes_text(in);
    if (!classes_load(in, out))
        return false;
    out->seed = bytes_u64(in);
    out->rows = bytes_u64(in);
    features_load(in, &out->features);
    if (in->failed)
        return false;
    struct fitted_shape shape = { .columns = out->features.width,
                                  .dense = out->features.dense,
                                  .levels = out->features.levels,
                                  .group_count = out->features.group_count,
                                  .target = out->target_kind,
                                  .class_count = out->class_count };
    out->fitted = out->learner->load(in, &shape);
    if (out->fitted && !in->failed)
        calibration_load(in, model_width(out), &out->calibration);
    return out->fitted && !in->failed && in->rest.len == 0;
}

struct str model_print(struct arena *arena, const struct model *model)
{
    struct text content = { .arena = arena }, out = { .arena = arena };
    content_save(model, &content);
    text_add(&out, (struct str){ magic, sizeof magic });
    bytes_put_u32(&out, MODEL_VERSION);
    bytes_put_u64(&out, content.len);
    text_add(&out, text_str(&content));
    char hex[SHA256_HEX];
    sha256_of(text_str(&out), hex);
    text_add(&out, str_of(hex));
    return text_str(&out);
}

#define MOVE_ROOM_MOST ((size_t)256 << 20)

bool model_move(struct arena *arena, struct arena **from, struct model *model)
{
    struct arena *scratch = arena_child(arena, NULL);
    size_t room = arena_bytes_in_all(*from); /* untouched room costs nothing, moving it does */
    room = room < MOVE_ROOM_MOST ? room : MOVE_ROOM_MOST;
    struct text content = { .arena = scratch, .at = arena_take(scratch, room), .room = room };
    content_save(model, &content);
    arena_drop(*from);
    *from = NULL;
    struct bytes in = { .arena = arena, .rest = text_str(&content) };
    *model = (struct model){ 0 };
    bool whole = content_load(&in, model);
    arena_drop(scratch);
    return whole;
}

bool model_parse(struct arena *arena, struct str bytes, struct model *out, struct fault *why)
{
    *out = (struct model){ 0 };
    struct bytes in = { .arena = arena, .rest = str_from(bytes, sizeof magic) };
    if (bytes.len < HEADER_BYTES || memcmp(bytes.at, magic, sizeof magic) != 0)
        return fault_set(why, BLAME_OPEN, "this is not a model file of holdout");
    uint32_t version = bytes_u32(&in);
    uint64_t length = bytes_u64(&in);
    if (version != MODEL_VERSION)
        return fault_set(why, BLAME_OPEN,
                         "the model file has version %u, this holdout " HOLDOUT_VERSION
                         " reads version %d",
                         version, MODEL_VERSION);
    if (in.rest.len < DIGEST_BYTES || length != in.rest.len - DIGEST_BYTES)
        return fault_set(why, BLAME_OPEN, "the model file is cut off or has bytes too many");
    char hex[SHA256_HEX];
    sha256_of(str_until(bytes, bytes.len - DIGEST_BYTES), hex);
    if (!str_is(str_from(bytes, bytes.len - DIGEST_BYTES), hex))
        return fault_set(why, BLAME_OPEN, "the model file is damaged: its checksum does not fit");
    in.rest = str_until(in.rest, (size_t)length);
    return content_load(&in, out) ||
           fault_set(why, BLAME_OPEN, "the model file's content does not fit together");
}

bool model_save(const struct model *model, struct arena *arena, const char *path, struct fault *why)
{
    struct str bytes = model_print(arena, model);
    struct model again;
    if (!model_parse(arena, bytes, &again, why)) /* never leave a file that cannot be read */
        return fault_within(why, "the trained model could not be kept");
    return file_save(AT_FDCWD, path, bytes, 0644, why);
}

bool model_load(struct arena *arena, const char *path, struct model *out, struct fault *why)
{
    struct str bytes;
    return file_load(arena, AT_FDCWD, path, MODEL_BYTES_MOST, &bytes, why) &&
           (model_parse(arena, bytes, out, why) || fault_within(why, "%s", path));
}
