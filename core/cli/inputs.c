/* What the commands share: inputs, training, predicting. */
#include "core/cli/inputs.h"
#include "core/learn/search.h"
#include "core/math/threads.h"
#include "core/base/file.h"
#include "core/base/yaml.h"
#include "core/data/origin.h"
#include "core/data/schema.h"
#include "core/learn/table_file.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 66 for what is not there, 65 for what does not fit. */
static int input_code(const char *path)
{
    return access(path, R_OK) == 0 ? EX_DATAERR : EX_NOINPUT;
}

/* --schema and --threads, where the command has them. */
static int options_of_table(const struct call *call, struct csv_options *how)
{
    struct complaints to = { .arena = call->arena };
    const char *path = call_get(call, "--schema");
    struct schema schema;
    struct str bytes;
    if (!call_threads(call, &how->threads))
        return EX_USAGE;
    if (!path)
        return 0;
    int code = input_text(call, path, YAML_BYTES_MOST, &bytes);
    if (code)
        return code;
    if (schema_parse(call->arena, path, bytes, &schema, &to)) {
        schema_apply(call->arena, &schema, how);
        return 0;
    }
    for (size_t i = 0; i < to.kept; i++)
        call_fail(call, EX_CONFIG, "%s", to.lines[i].at);
    return EX_CONFIG;
}

int input_table(const struct call *call, const char *path, struct str id, const struct model *model,
                struct table *out)
{
    struct fault why;
    struct csv_options how = table_pins(call->arena, id, model);
    int code = options_of_table(call, &how);
    if (code)
        return code;
    if (table_file_load(call->arena, path, &how, out, &why))
        return 0;
    return call_fail(call, input_code(path), "%s", why.text);
}

int input_model(const struct call *call, const char *path, struct model *out)
{
    struct fault why;
    if (model_load(call->arena, path, out, &why))
        return 0;
    return call_fail(call, input_code(path), "%s", why.text);
}

int input_text(const struct call *call, const char *path, size_t most, struct str *out)
{
    struct fault why;
    if (file_load(call->arena, AT_FDCWD, path, most, out, &why))
        return 0;
    return call_fail(call, input_code(path), "%s", why.text);
}

const char *path_parent(struct arena *arena, const char *path, const char **last)
{
    const char *slash = strrchr(path, '/');
    *last = slash ? slash + 1 : path;
    return slash ? arena_print(arena, "%.*s", (int)(slash + 1 - path), path) : ".";
}

int output_check(const struct call *call, const char *path)
{
    struct stat found;
    struct fault why;
    const char *last;
    if (!path)
        return 0;
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode))
        return call_fail(call, EX_CANTCREAT, "%s: %s", path,
                         S_ISDIR(found.st_mode) ? "is a directory" : "is no regular file");
    if (access(path_parent(call->arena, path, &last), W_OK) == 0)
        return 0;
    fault_errno(&why, "%s", path);
    return call_fail(call, EX_CANTCREAT, "%s", why.text);
}

int train_and_save(struct call *call, const struct table *table, const struct recipe *recipe,
                   const char *path)
{
    struct model model;
    struct fault why;
    struct recipe settled = *recipe;
    if (!search_settle(call->arena, table, &settled, &why) ||
        !model_train(call->arena, table, &settled, &model, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    if (!model_save(&model, call->arena, path, &why))
        return call_fail(call, EX_CANTCREAT, "%s", why.text);
    if (!call_get(call, "--json")) {
        fprintf(stderr, "trained %s on %zu row%s and %zu feature%s: %s\n", model.learner->name,
                table->rows, PLURAL(table->rows), model.features.width,
                PLURAL(model.features.width), path);
        return 0;
    }
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    model_describe(&model, &out);
    return call_print(call, &text);
}

/* "in line 3", of another file "in a.csv:3", where the file cannot be asked "in row 2". */
static const char *row_before(struct arena *arena, const struct column *column, size_t row,
                              size_t later)
{
    struct str path, later_path;
    size_t line, later_line;
    if (!column->origin || !origin_find(arena, column->origin, row, &path, &line) ||
        !origin_find(arena, column->origin, later, &later_path, &later_line))
        return arena_print(arena, "in row %zu", row + 1);
    return str_equal(path, later_path)
               ? arena_print(arena, "in line %zu", line)
               : arena_print(arena, "in %.*s:%zu", STR_ARGS(str_until(path, 60)), line);
}

/* Nobody could say which of two predictions for one id counts. */
static bool ids_differ(struct arena *arena, const struct table *table, struct str name,
                       struct fault *why)
{
    const struct column *id = table_find(table, name);
    if (!id) /* said when predictions are printed */
        return true;
    const int32_t *code = column_classes(arena, id, table->rows);
    size_t most = id->level_count > table->rows ? id->level_count : table->rows;
    size_t *seen = arena_array(arena, size_t, most); /* row + 1 of each text */
    for (size_t i = 0; i < table->rows; i++) {
        if (code[i] < 0)
            continue;
        size_t before = seen[code[i]];
        if (before)
            return cell_fault(arena, id, i, why, "id \"%.*s\" was there before, %s",
                              STR_ARGS(str_until(column_text(arena, id, i), 60)),
                              row_before(arena, id, before - 1, i));
        seen[code[i]] = i + 1;
    }
    return true;
}

int predict_and_save(struct call *call, const struct model *model, const struct table *table,
                     const char *path)
{
    struct fault why;
    struct str bytes;
    size_t width = model_width(model);
    unsigned threads;
    if (!call_threads(call, &threads))
        return EX_USAGE;
    double *values = arena_take_array(call->arena, table->rows * width, sizeof *values);
    struct prediction_columns columns = { width, model->classes, values };
    if (!ids_differ(call->arena, table, model->id, &why) ||
        !model_predict(call->arena, model, table, threads, values, &why) ||
        !predictions_print(call->arena, table, model->id, &columns, &bytes, &why))
        return call_fail(call, EX_DATAERR, "%s", why.text);
    if (!file_save(AT_FDCWD, path, bytes, 0644, &why))
        return call_fail(call, EX_CANTCREAT, "%s", why.text);
    if (!call_get(call, "--json")) {
        fprintf(stderr, "predicted %zu row%s: %s\n", table->rows, PLURAL(table->rows), path);
        return 0;
    }
    struct text text = { .arena = call->arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_add_int(&out, "rows", (int64_t)table->rows);
    json_add_zero(&out, "out", path);
    json_close_map(&out);
    return call_print(call, &text);
}
