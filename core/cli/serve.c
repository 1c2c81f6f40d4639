/* holdout-ml serve: a model behind HTTP, asked as SageMaker asks containers. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/cli/serve_http.h"
#include "core/data/jsonl.h"
#include "core/learn/table_file.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY_MOST ((size_t)6 << 20) /* SageMaker's own limit */
#define ROWS_MOST 100000

struct server {
    struct model model;
    unsigned threads;
};

/*
 * One row does not show what a column is: numbers, times and the id as `predict` pins them, and
 * what was a text while training is one, whatever it looks like here.
 */
static struct csv_options pins_make(struct arena *arena, const struct model *model)
{
    static const struct str missing[] = { { "?", 1 },   { "NA", 2 },   { "N/A", 3 }, { "NaN", 3 },
                                          { "nan", 3 }, { "null", 4 }, { "NULL", 4 } };
    struct csv_options how = table_pins(arena, model->id, model);
    size_t most = how.pin_count + model->features.source_count;
    struct csv_pin *pins = arena_array(arena, struct csv_pin, most);
    struct csv_pin_more *more = arena_array(arena, struct csv_pin_more, most);
    memcpy(pins, how.pins, how.pin_count * sizeof *pins);
    for (size_t i = 0; i < model->features.source_count; i++) {
        struct str name = model->features.sources[i].name;
        enum slot_kind kind = model->features.sources[i].kind;
        if (kind == SLOT_NUMBER || kind == SLOT_TIME || str_equal(name, model->id))
            continue;
        more[how.pin_count] =
            (struct csv_pin_more){ .missing = missing,
                                   .missing_count = sizeof missing / sizeof *missing };
        pins[how.pin_count++] = (struct csv_pin){ name, COLUMN_CATEGORY };
    }
    how.pins = pins;
    how.more = more;
    how.rows_most = ROWS_MOST;
    how.file = S("body");
    return how;
}

/* ---- JSON in ---- */

static void member_print(struct json_out *out, struct arena *arena, const struct json *member)
{
    const char *key = str_zero(arena, member->key);
    switch (member->kind) {
    case JSON_TEXT:
        json_add_text(out, key, member->text);
        return;
    case JSON_BOOL:
        json_add_bool(out, key, member->integer != 0);
        return;
    case JSON_INT:
        json_add_int(out, key, member->integer);
        return;
    case JSON_DOUBLE:
        json_add_double(out, key, member->number);
        return;
    default:
        json_add_null(out, key);
    }
}

/* {"instances":[{…},…]} as lines of JSON. */
static bool lines_make(struct arena *arena, struct str body, struct str *out, struct fault *why)
{
    const struct json *root;
    struct text text = { .arena = arena };
    if (!json_parse(arena, body, &root, why))
        return false;
    const struct json *list = json_get(root, "instances");
    if (!list || list->kind != JSON_LIST)
        return fault_set(why, BLAME_OPEN, "a list of \"instances\" is needed");
    for (size_t i = 0; i < list->count; i++) {
        const struct json *row = &list->members[i];
        struct json_out line = { .text = &text };
        if (row->kind != JSON_MAP)
            return fault_set(why, BLAME_OPEN, "instance %zu is no object", i + 1);
        json_open_map(&line, NULL);
        for (size_t k = 0; k < row->count; k++) {
            const struct json *member = &row->members[k];
            if (member->kind == JSON_LIST || member->kind == JSON_MAP)
                return fault_set(why, BLAME_OPEN, "instance %zu: \"%.*s\" is no plain value", i + 1,
                                 STR_ARGS(str_until(member->key, 60)));
            member_print(&line, arena, member);
        }
        json_close_map(&line);
        text_char(&text, '\n');
    }
    *out = text_str(&text);
    return true;
}

/* ---- predictions out ---- */

struct predicted {
    const struct model *model;
    const struct column *id; /* NULL: values alone */
    size_t rows, width;
    const double *values;
};

static void values_print(struct json_out *out, struct arena *arena, const struct predicted *from,
                         size_t row)
{
    json_open_map(out, NULL);
    if (from->id)
        json_add_text(out, str_zero(arena, from->id->name), column_text(arena, from->id, row));
    for (size_t k = 0; k < from->width; k++)
        json_add_double(out,
                        from->width > 1 ? str_zero(arena, from->model->classes[k]) : "prediction",
                        from->values[row * from->width + k]);
    json_close_map(out);
}

static struct str json_make(struct arena *arena, const struct predicted *from)
{
    struct text text = { .arena = arena };
    struct json_out out = { .text = &text };
    json_open_map(&out, NULL);
    json_open_list(&out, "predictions");
    for (size_t i = 0; i < from->rows; i++)
        values_print(&out, arena, from, i);
    json_close_list(&out);
    json_close_map(&out);
    return text_str(&text);
}

static struct str jsonlines_make(struct arena *arena, const struct predicted *from)
{
    struct text text = { .arena = arena };
    for (size_t i = 0; i < from->rows; i++) {
        struct json_out out = { .text = &text };
        values_print(&out, arena, from, i);
        text_char(&text, '\n');
    }
    return text_str(&text);
}

/* With ids as `predict` writes them; without, a line of values a row. */
static bool csv_make(struct arena *arena, const struct predicted *from, const struct table *table,
                     struct str *out, struct fault *why)
{
    struct prediction_columns columns = { from->width, from->model->classes, from->values };
    struct text text = { .arena = arena };
    if (from->id)
        return predictions_print(arena, table, from->model->id, &columns, out, why);
    for (size_t i = 0; i < from->rows * from->width; i++)
        text_print(&text, "%.17g%c", from->values[i], (i + 1) % from->width ? ',' : '\n');
    *out = text_str(&text);
    return true;
}

/* ---- requests ---- */

enum type { TYPE_CSV, TYPE_JSON, TYPE_JSONLINES, TYPES };
static const char *const types[TYPES] = { "text/csv", "application/json", "application/jsonlines" };

static bool table_make(struct arena *arena, const struct model *model, enum type type,
                       struct str body, struct table *out, struct fault *why)
{
    struct csv_options how = pins_make(arena, model);
    struct str lines = body;
    if (type == TYPE_CSV)
        return csv_parse(arena, body, &how, out, why);
    return (type != TYPE_JSON || lines_make(arena, body, &lines, why)) &&
           jsonl_parse(arena, lines, &how, out, why);
}

static bool predict(const struct server *server, struct arena *arena, enum type type,
                    struct str body, struct str *out, struct fault *why)
{
    const struct model *model = &server->model;
    struct table table;
    if (!table_make(arena, model, type, body, &table, why))
        return false;
    if (!table.rows)
        return fault_set(why, BLAME_OPEN, "there are no rows");
    size_t width = model_width(model);
    double *values = arena_take_array(arena, table.rows * width, sizeof *values);
    struct predicted from = { model, table_find(&table, model->id), table.rows, width, values };
    if (!model_predict(arena, model, &table, server->threads, values, why))
        return false;
    for (size_t i = 0; i < table.rows * width; i++)
        if (!isfinite(values[i]))
            return fault_set(why, BLAME_OPEN, "the prediction for row %zu is not a finite number",
                             i / width + 1);
    if (type == TYPE_CSV)
        return csv_make(arena, &from, &table, out, why);
    *out = type == TYPE_JSON ? json_make(arena, &from) : jsonlines_make(arena, &from);
    return true;
}

static void answer(void *at, struct arena *arena, const struct serve_request *request,
                   struct serve_reply *reply)
{
    enum type type = 0;
    struct fault why = { 0 };
    if (str_is(request->path, "/ping") && str_is(request->method, "GET")) {
        *reply = (struct serve_reply){ 200, "text/plain", S("") };
        return;
    }
    if (!str_is(request->path, "/ping") && !str_is(request->path, "/invocations")) {
        *reply = (struct serve_reply){ 404, "text/plain",
                                       S("GET /ping or POST /invocations, please\n") };
        return;
    }
    if (str_is(request->path, "/ping") || !str_is(request->method, "POST")) {
        *reply = (struct serve_reply){ 405, "text/plain",
                                       S("GET /ping or POST /invocations, please\n") };
        return;
    }
    while (type < TYPES && !str_is(request->type, types[type]))
        type++;
    if (type == TYPES) {
        *reply = (struct serve_reply){ 415, "text/plain",
                                       S("text/csv, application/json or application/jsonlines, "
                                         "please\n") };
        return;
    }
    *reply = (struct serve_reply){ 200, types[type], S("") };
    if (!predict(at, arena, type, request->body, &reply->body, &why))
        *reply =
            (struct serve_reply){ 400, "text/plain", str_of(arena_print(arena, "%s\n", why.text)) };
}

static int run(struct call *call)
{
    struct server server;
    struct fault why;
    const char *bound = getenv("SAGEMAKER_BIND_TO_PORT");
    int64_t otherwise = 8080;
    uint64_t wanted;
    if (bound && (!str_to_int(str_of(bound), &otherwise) || otherwise < 0 || otherwise > 65535))
        return call_fail(call, EX_USAGE, "SAGEMAKER_BIND_TO_PORT is no port: %s", bound);
    if (!call_count(call, "--port", (uint64_t)otherwise, 65535, &wanted) ||
        !call_threads(call, &server.threads))
        return EX_USAGE;
    int code = input_model(call, call_get(call, "--model"), &server.model);
    if (code)
        return code;
    if (call_get(call, "--id"))
        server.model.id = str_of(call_get(call, "--id"));
    const char *address = call_get(call, "--address") ? call_get(call, "--address") : "127.0.0.1";
    uint16_t port = (uint16_t)wanted;
    int listener = serve_listen(address, &port, &why);
    if (listener < 0)
        return call_fail(call, EX_UNAVAILABLE, "%s", why.text);
    fprintf(stderr, "serving %s on http://%s:%u until SIGTERM\n", call_get(call, "--model"),
            address, port);
    struct serve_http how = {
        .listener = listener, .body_most = BODY_MOST, .answer = answer, .at = &server
    };
    return serve_http_run(&how, &why) ? 0 : call_fail(call, EX_OSERR, "%s", why.text);
}

static const struct option options[] = {
    { "--model", "FILE", "a model that train wrote", OPTION_REQUIRED },
    { "--port", "N", "default SAGEMAKER_BIND_TO_PORT, else 8080; 0: any free one", 0 },
    { "--address", "IP", "default 127.0.0.1", 0 },
    { "--id", "COLUMN", "the identifier to copy; default the model's", 0 },
    { "--threads", "N", "for one request, 0: all processors; default 1", 0 },
};

const struct command command_serve = {
    .name = "serve",
    .what = "answer GET /ping and POST /invocations with a model",
    .example = "serve --model model.holdout --port 8080",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
