/* Repositories to start from: a pipeline without code, Python, C, a shell script. */
#include "grader/course/starter.h"
#include "core/base/file.h"
#include "grader/course/course.h"
#include "grader/course/course_text.h"
#include "grader/course/divide.h"
#include <assert.h>
#include <fcntl.h>
#include <sys/stat.h>

/* the texts are files; they are laid out as such */
/* clang-format off */
#define README(how)                                                                                \
    "# A model for TASK\n\n"                                                                       \
    "`submission.yaml` says what is run. Training reads `/opt/ml/input/data/train/train.csv` and\n"\
    "writes its model beneath `/opt/ml/model`; predicting reads\n"                                 \
    "`/opt/ml/input/data/heldout/*.csv` and writes\n"                                              \
    "`/opt/ml/output/data/predictions.csv`. " how "\n\n"                                           \
    "Try it before you push:\n\n"                                                                  \
    "    holdout try . --kit ../kit-TASK\n"

static const struct starter_file pipeline_files[] = {
    { "submission.yaml",
      "schema: 1\n"
      "task: TASK\n"
      "entry_points: {pipeline: pipeline.yaml}\n", false },
    { "pipeline.yaml",
      "# no code at all: `holdout-ml pipeline` trains and predicts from this file\n"
      "schema: 1\n"
      "target: TARGET\n"
      "id: ID\n"
      "kind: KIND\n"
      "TRANSFORMS\n"
      "learner: {name: LEARNER}\n", false },
    { "README.md", README("`holdout-ml learners` lists what `learner` can be."), false },
    { NULL, NULL, false },
};

/* Scripts in Python: what is learned of the training rows, and what is written of each row. */
#define PYTHON_TRAIN(about, learn, said)                                                           \
    "#!/usr/bin/env python3\n"                                                                     \
    "\"\"\"" about ": the least that a model has to beat.\"\"\"\n"                                 \
    "import csv\n"                                                                                 \
    "import glob\n"                                                                                \
    "import json\n"                                                                                \
    "import os\n"                                                                                  \
    "\n"                                                                                           \
    "seed = int(os.environ.get(\"SM_HP_SEED\", \"0\"))  # use it for all that is random\n"         \
    "data = os.environ.get(\"SM_CHANNEL_TRAIN\", \"/opt/ml/input/data/train\")\n"                  \
    "rows = []\n"                                                                                  \
    "for path in sorted(glob.glob(data + \"/*.csv\")):\n"                                          \
    "    with open(path, newline=\"\") as file:\n"                                                 \
    "        rows += csv.DictReader(file)\n"                                                       \
    learn                                                                                          \
    "out = os.environ.get(\"SM_MODEL_DIR\", \"/opt/ml/model\")\n"                                  \
    "with open(out + \"/model.json\", \"w\") as file:\n"                                           \
    "    json.dump(model, file)\n"                                                                 \
    "print(len(rows), \"rows,\", " said ")\n"
#define PYTHON_PREDICT(header, row)                                                                \
    "#!/usr/bin/env python3\n"                                                                     \
    "\"\"\"Writes one row for every row of the held-out file.\"\"\"\n"                             \
    "import csv\n"                                                                                 \
    "import glob\n"                                                                                \
    "import json\n"                                                                                \
    "import os\n"                                                                                  \
    "\n"                                                                                           \
    "with open(os.environ.get(\"SM_MODEL_DIR\", \"/opt/ml/model\") + \"/model.json\") as file:\n"  \
    "    model = json.load(file)\n"                                                                \
    "data = os.environ.get(\"SM_CHANNEL_HELDOUT\", \"/opt/ml/input/data/heldout\")\n"              \
    "out = os.environ.get(\"SM_OUTPUT_DATA_DIR\", \"/opt/ml/output/data\")\n"                      \
    "with open(out + \"/predictions.csv\", \"w\", newline=\"\") as to:\n"                          \
    "    writer = csv.writer(to)\n"                                                                \
    "    writer.writerow(" header ")\n"                                                            \
    "    for path in sorted(glob.glob(data + \"/*.csv\")):\n"                                      \
    "        with open(path, newline=\"\") as file:\n"                                             \
    "            for row in csv.DictReader(file):\n"                                               \
    "                writer.writerow(" row ")\n"
#define PYTHON_FILES(train, predict)                                                               \
    {                                                                                              \
        { "submission.yaml",                                                                       \
          "schema: 1\n"                                                                            \
          "task: TASK\n"                                                                           \
          "entry_points: {train: ./train, predict: ./predict}\n", false },                         \
        { "train", train, true },                                                                  \
        { "predict", predict, true },                                                              \
        { "README.md", README("Python has what the course's environment has."), false },           \
        { NULL, NULL, false },                                                                     \
    }

static const struct starter_file python_number_files[] = PYTHON_FILES(
    PYTHON_TRAIN("Learns the mean of TARGET",
                 "values = [float(row[\"TARGET\"]) for row in rows if row[\"TARGET\"]]\n"
                 "model = {\"mean\": sum(values) / len(values)}\n",
                 "\"mean\", model[\"mean\"]"),
    PYTHON_PREDICT("[\"ID\", \"prediction\"]", "[row[\"ID\"], model[\"mean\"]]"));

static const struct starter_file python_class_files[] = PYTHON_FILES(
    PYTHON_TRAIN("Learns how often each class of TARGET is",
                 "classes = sorted({row[\"TARGET\"] for row in rows})\n"
                 "model = {one: sum(row[\"TARGET\"] == one for row in rows) / len(rows) for one in "
                 "classes}\n",
                 "model"),
    PYTHON_PREDICT("[\"ID\", *model]", "[row[\"ID\"], *model.values()]"));

static const struct starter_file python_label_files[] = PYTHON_FILES(
    PYTHON_TRAIN("Learns how often each label is given",
                 "labels = [name for name in rows[0] if name != \"ID\" and all(row[name] in \"01\" "
                 "for row in rows)]\n"
                 "model = {name: sum(float(row[name]) for row in rows) / len(rows) for name in "
                 "labels}\n",
                 "model"),
    PYTHON_PREDICT("[\"ID\", *model]", "[row[\"ID\"], *model.values()]"));

static const struct starter_file python_ranking_files[] = PYTHON_FILES(
    PYTHON_TRAIN("Learns the mean TARGET of each item",
                 "sums = {}\n"
                 "for row in rows:\n"
                 "    total, count = sums.get(row[\"item\"], (0, 0))\n"
                 "    sums[row[\"item\"]] = (total + float(row[\"TARGET\"]), count + 1)\n"
                 "model = {item: total / count for item, (total, count) in sums.items()}\n",
                 "len(model), \"items\""),
    PYTHON_PREDICT("[\"query\", \"item\", \"score\"]",
                   "[row[\"query\"], row[\"item\"], model.get(row[\"item\"], 0)]"));

static const struct starter_file c_files[] = {
    { "submission.yaml",
      "schema: 1\n"
      "task: TASK\n"
      "build: make\n"
      "entry_points: {train: ./model train, predict: ./model predict}\n", false },
    { "Makefile",
      "# /opt/holdout has libholdout, its header and its pkg-config file in every box\n"
      "PKG = PKG_CONFIG_PATH=/opt/holdout/lib/pkgconfig pkg-config\n"
      "model: model.c\n"
      "\t$(CC) -O2 -Wall -o $@ $< -I/opt/holdout/include -L/opt/holdout/lib -lholdout "
      "-Wl,-rpath,/opt/holdout/lib\n", false },
    { "model.c",
      "/* Trains and predicts with libholdout. */\n"
      "#include <holdout.h>\n"
      "#include <stdio.h>\n"
      "#include <stdlib.h>\n"
      "#include <string.h>\n"
      "\n"
      "#define TRAIN \"/opt/ml/input/data/train/train.csv\"\n"
      "#define HELDOUT \"/opt/ml/input/data/heldout\" /* all CSV files in it */\n"
      "#define MODEL \"/opt/ml/model/model\"\n"
      "#define PREDICTIONS \"/opt/ml/output/data/predictions.csv\"\n"
      "\n"
      "static int stop(const struct holdout_error *why)\n"
      "{\n"
      "    fprintf(stderr, \"%s\\n\", why->text);\n"
      "    return 1;\n"
      "}\n"
      "\n"
      "static int train(void)\n"
      "{\n"
      "    struct holdout_error why;\n"
      "    const char *seed = getenv(\"SM_HP_SEED\");\n"
      "    struct holdout_table *rows = holdout_table_read(TRAIN, &why);\n"
      "    struct holdout_training how = { .size = sizeof how,\n"
      "                                    .target = \"TARGET\",\n"
      "                                    .id = \"ID\",\n"
      "                                    .kind = \"KIND\",\n"
      "                                    .learner = \"LEARNER\",\n"
      "                                    .seed = seed ? strtoull(seed, NULL, 10) : 0 };\n"
      "    struct holdout_model *model = rows ? holdout_train(rows, &how, &why) : NULL;\n"
      "    return model && holdout_model_save(model, MODEL, &why) ? 0 : stop(&why);\n"
      "}\n"
      "\n"
      "static int predict(void)\n"
      "{\n"
      "    struct holdout_error why;\n"
      "    struct holdout_model *model = holdout_model_load(MODEL, &why);\n"
      "    struct holdout_table *rows = model ? holdout_table_read(HELDOUT, &why) : NULL;\n"
      "    size_t count = rows ? holdout_table_rows(rows) : 0;\n"
      "    size_t width = count ? holdout_model_outputs(model) : 0;\n"
      "    double *out = count ? calloc(count * width, sizeof *out) : NULL;\n"
      "    if (out && holdout_predict(model, rows, out, count, &why) &&\n"
      "        holdout_model_predictions_write(model, rows, out, count, PREDICTIONS, &why))\n"
      "        return 0;\n"
      "    return stop(&why);\n"
      "}\n"
      "\n"
      "int main(int argc, char **argv)\n"
      "{\n"
      "    return argc > 1 && strcmp(argv[1], \"train\") == 0 ? train() : predict();\n"
      "}\n", false },
    { "README.md", README("`docs/tutorial.md` of holdout explains the library."), false },
    { NULL, NULL, false },
};

static const struct starter_file shell_files[] = {
    { "submission.yaml",
      "schema: 1\n"
      "task: TASK\n"
      "entry_points: {train: ./train, predict: ./predict}\n", false },
    { "train",
      "#!/bin/sh\n"
      "# any program that can be run will do; this one calls holdout-ml\n"
      "exec holdout-ml train --data /opt/ml/input/data/train/train.csv --target TARGET --id ID \\\n"
      "    --kind KIND --learner LEARNER --seed \"${SM_HP_SEED:-0}\" "
      "--model /opt/ml/model/model\n", true },
    { "predict",
      "#!/bin/sh\n"
      "exec holdout-ml predict --model /opt/ml/model/model \\\n"
      "    --data /opt/ml/input/data/heldout --out /opt/ml/output/data/predictions.csv\n",
      true },
    { "README.md", README("`holdout-ml train --help` tells more."), false },
    { NULL, NULL, false },
};
/* clang-format on */

static const struct starter starters[] = {
    { "pipeline", "transforms and a learner in one file, no code" },
    { "python", "two Python scripts" },
    { "c", "a C program with libholdout" },
    { "shell", "two shell scripts that call holdout-ml" },
};
#define STARTER_COUNT (sizeof starters / sizeof *starters)

/* A model of the core gives one row an id; Python says what is wanted, whatever that is. */
static const struct starter_file *files_of(const struct starter *starter, int kind)
{
    bool core = kind != COURSE_KIND_RANKING && kind != COURSE_KIND_MULTILABEL;
    if (str_is(S("python"), starter->name))
        return kind == COURSE_KIND_RANKING                                  ? python_ranking_files
               : kind == COURSE_KIND_MULTILABEL                             ? python_label_files
               : kind == COURSE_KIND_MULTICLASS || kind == COURSE_KIND_TEXT ? python_class_files
                                                                            : python_number_files;
    return !core                                  ? NULL
           : str_is(S("pipeline"), starter->name) ? pipeline_files
           : str_is(S("c"), starter->name)        ? c_files
                                                  : shell_files;
}

bool starter_suits(const struct starter *starter, int kind)
{
    return divide_can(kind) && files_of(starter, kind);
}

const struct starter *starter_find(struct str name)
{
    for (size_t i = 0; i < STARTER_COUNT; i++)
        if (str_is(name, starters[i].name))
            return &starters[i];
    return NULL;
}

const char *const *starter_names(void)
{
    static const char *const names[] = { "pipeline", "python", "c", "shell", NULL };
    return names;
}

/* The kind as holdout-ml has it. */
static const char *core_kind(int kind)
{
    return kind == COURSE_KIND_BINARY                                   ? "binary"
           : kind == COURSE_KIND_MULTICLASS || kind == COURSE_KIND_TEXT ? "multiclass"
                                                                        : "regression";
}

static const char *transforms_of(int kind)
{
    return kind == COURSE_KIND_TEXT       ? "# transforms: the usual ones of this learner"
           : kind == COURSE_KIND_FORECAST ? "transforms:\n  - dates\n  - impute\n  - one_hot"
                                          : "transforms:\n  - impute\n  - one_hot";
}

static struct str filled(struct arena *arena, const char *text, const struct starter_words *words)
{
    const struct {
        const char *mark;
        struct str value;
    } marks[] = { { "TASK", words->task },
                  { "TARGET", words->target },
                  { "ID", words->id },
                  { "KIND", str_of(core_kind(words->kind)) },
                  { "TRANSFORMS", str_of(transforms_of(words->kind)) },
                  { "LEARNER", str_of(course_usual_learner(words->kind)) } };
    struct text out = { .arena = arena };
    for (const char *at = text; *at;) {
        bool word = at == text || !((at[-1] >= 'A' && at[-1] <= 'Z') || at[-1] == '_');
        size_t hit = sizeof marks / sizeof *marks;
        for (size_t i = 0; word && i < sizeof marks / sizeof *marks; i++) {
            size_t len = strlen(marks[i].mark);
            if (strncmp(at, marks[i].mark, len) == 0 &&
                !((at[len] >= 'A' && at[len] <= 'Z') || at[len] == '_'))
                hit = i;
        }
        if (hit < sizeof marks / sizeof *marks) {
            text_add(&out, marks[hit].value);
            at += strlen(marks[hit].mark);
        } else {
            text_char(&out, *at++);
        }
    }
    return text_str(&out);
}

bool starter_write(struct arena *arena, int dir, const struct starter *starter,
                   const struct starter_words *words, struct fault *why)
{
    const struct starter_file *files = files_of(starter, words->kind);
    assert(files);
    for (const struct starter_file *file = files; file->path; file++)
        if (file_exists(dir, file->path))
            return fault_set(why, BLAME_STUDENT, "%s is there already", file->path);
    for (const struct starter_file *file = files; file->path; file++)
        if (!file_save(dir, file->path, filled(arena, file->text, words),
                       file->executable ? 0755 : 0644, why))
            return false;
    return true;
}
