/*
 * What the commands share: reading tables and models, training and predicting with them. All give
 * an exit code, 0 when all went well; otherwise the complaint is said: 66 when a file cannot be
 * opened, 65 when it is damaged or does not fit, 73 when it cannot be written.
 */
#pragma once

#include "core/cli/command.h"
#include "core/learn/model.h"

/*
 * As core/data/table_load.h says; with --schema and --threads where the command has these options.
 * model: for which it is, NULL when training.
 */
int input_table(const struct call *call, const char *path, struct str id, const struct model *model,
                struct table *out);

int input_model(const struct call *call, const char *path, struct model *out);

/* The text of a file of at most `most` bytes. */
int input_text(const struct call *call, const char *path, size_t most, struct str *out);

/*
 * Can a file be written there, as far as can be told before: asked before work that takes long, and
 * so that no device or pipe is replaced by a file. 0, or 73 after a complaint; 0 for NULL.
 */
int output_check(const struct call *call, const char *path);

/* The directory that a path lies in, and where its last part begins. */
const char *path_parent(struct arena *arena, const char *path, const char **last);

/* And say so: in words on stderr, or with --json as a document on stdout. */
int train_and_save(struct call *call, const struct table *table, const struct recipe *recipe,
                   const char *path);
int predict_and_save(struct call *call, const struct model *model, const struct table *table,
                     const char *path);
