/* holdout-ml predict: a model and a table make a prediction file. */
#include "core/cli/command.h"
#include "core/cli/inputs.h"
#include "core/learn/model.h"

static int run(struct call *call)
{
    struct model model;
    struct table table;
    int code = output_check(call, call_get(call, "--out"));
    if (!code)
        code = input_model(call, call_get(call, "--model"), &model);
    if (code)
        return code;
    if (call_get(call, "--id"))
        model.id = str_of(call_get(call, "--id"));
    code = input_table(call, call_get(call, "--data"), model.id, &model, &table);
    return code ? code : predict_and_save(call, &model, &table, call_get(call, "--out"));
}

static const struct option options[] = {
    { "--model", "FILE", "a model that train wrote", OPTION_REQUIRED },
    { "--data", "FILE", "the table: a CSV file, or a directory of them", OPTION_REQUIRED },
    { "--out", "FILE", "the prediction file to write", OPTION_REQUIRED },
    { "--id", "COLUMN", "the identifier to copy; default the model's", 0 },
    { "--schema", "FILE", "a schema file: the kinds of the columns", 0 },
    { "--threads", "N", "to use, 0: all processors; the numbers are the same with any; default 1",
      0 },
    { "--json", NULL, "the number of rows as one JSON document on stdout", 0 },
};

const struct command command_predict = {
    .name = "predict",
    .what = "predict the rows of a table with a model",
    .example = "predict --model model.holdout --data sample.csv --out predictions.csv",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = run,
};
