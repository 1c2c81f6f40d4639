/* Features for a linear model: what bends is bent straight, and what is missing is said to be. */
#include "loans.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Cells of one loan, by the order of `read_columns`; NAN where missing. */
enum { SENIORITY, TIME, AGE, EXPENSES, INCOME, ASSETS, DEBT, AMOUNT, PRICE, COLUMNS };
static const char *const read_columns[COLUMNS] = { "Seniority", "Time",   "Age",
                                                   "Expenses",  "Income", "Assets",
                                                   "Debt",      "Amount", "Price" };

static double log_seniority(const double *cell)
{
    return log1p(cell[SENIORITY]);
}

static double log_income(const double *cell)
{
    return log(cell[INCOME]);
}

static double income_missing(const double *cell)
{
    return isnan(cell[INCOME]);
}

static double log_assets(const double *cell)
{
    return log1p(cell[ASSETS]);
}

static double no_assets(const double *cell)
{
    return cell[ASSETS] == 0;
}

/* what is left at the end of a month, for each unit of the monthly rate */
static double capacity(const double *cell)
{
    double left = cell[INCOME] - cell[EXPENSES] - cell[DEBT] / 100;
    return fmax(-3, fmin(10, left / (cell[AMOUNT] / cell[TIME])));
}

/* how much of the price is borrowed */
static double financed(const double *cell)
{
    return fmin(1.5, cell[AMOUNT] / cell[PRICE]);
}

static double young(const double *cell)
{
    return fmax(0, 30 - cell[AGE]);
}

static const struct {
    const char *name;
    double (*of)(const double *cell);
} features[] = {
    { "log_seniority", log_seniority },
    { "log_income", log_income },
    { "income_missing", income_missing },
    { "log_assets", log_assets },
    { "no_assets", no_assets },
    { "capacity", capacity },
    { "financed", financed },
    { "young", young },
};

const char *directory(const char *variable, const char *usual)
{
    const char *path = getenv(variable);
    return path ? path : usual;
}

void give_up(const char *doing, const struct holdout_error *error)
{
    fprintf(stderr, "%s: %s\n", doing, error->text);
    exit(1);
}

static bool add_features(struct holdout_table *loans, struct holdout_error *error)
{
    size_t rows = holdout_table_rows(loans);
    const double *columns[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        ptrdiff_t at = holdout_table_find(loans, read_columns[i]);
        columns[i] = at < 0 ? NULL : holdout_table_numbers(loans, (size_t)at);
        if (!columns[i]) {
            snprintf(error->text, sizeof error->text, "no numbers in column %s", read_columns[i]);
            return false;
        }
    }
    double *values = calloc(rows + 1, sizeof *values);
    bool added = values != NULL;
    for (size_t f = 0; added && f < sizeof features / sizeof *features; f++) {
        for (size_t row = 0; row < rows; row++) {
            double cell[COLUMNS];
            for (int i = 0; i < COLUMNS; i++)
                cell[i] = columns[i][row];
            values[row] = features[f].of(cell);
        }
        added = holdout_table_add_numbers(loans, features[f].name, values, error);
    }
    free(values);
    return added;
}

struct holdout_table *loans_load(const char *path, const char *schema, struct holdout_error *error)
{
    const struct holdout_reading how = { .size = sizeof how, .schema = schema };
    struct holdout_table *loans = holdout_table_read_as(path, &how, error);
    if (loans && add_features(loans, error))
        return loans;
    holdout_table_free(loans);
    return NULL;
}

struct holdout_table *loans_read(const char *path)
{
    struct holdout_error error;
    struct holdout_table *loans = loans_load(path, NULL, &error);
    if (!loans)
        give_up(path, &error);
    return loans;
}
