/* The loans, with the columns that we add to them. */
#pragma once

#include <holdout.h>

#define MODEL_FILE "loans.model"

/* A directory that the platform names in the environment, or where it usually is. */
const char *directory(const char *variable, const char *usual);

/* Reads the *.csv files of a directory and adds our features; ends the program when it cannot. */
struct holdout_table *loans_read(const char *path);

/* The same; NULL and the error when it cannot. schema: what the columns are, or NULL. */
struct holdout_table *loans_load(const char *path, const char *schema, struct holdout_error *error);

/* Says what went wrong and ends the program. */
void give_up(const char *doing, const struct holdout_error *error);
