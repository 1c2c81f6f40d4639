/* Chooses the penalty on a fifth of the loans, then trains on all of them. */
#include "loans.h"

#include <stdio.h>
#include <stdlib.h>

static struct holdout_model *train(const struct holdout_table *loans, const char *penalty)
{
    struct holdout_error error;
    const char *params[] = { penalty, NULL };
    struct holdout_training how = {
        .size = sizeof how, .target = "bad", .learner = "logistic", .params = params
    };
    struct holdout_model *model = holdout_train(loans, &how, &error);
    if (!model)
        give_up(penalty, &error);
    return model;
}

/* Every fifth loan, or the other four. */
static struct holdout_table *part(const struct holdout_table *loans, bool fifth)
{
    struct holdout_error error;
    size_t rows = holdout_table_rows(loans), count = 0;
    size_t *at = calloc(rows + 1, sizeof *at);
    for (size_t row = 0; at && row < rows; row++)
        if ((row % 5 == 0) == fifth)
            at[count++] = row;
    struct holdout_table *chosen = holdout_table_select(loans, at, count, &error);
    if (!chosen)
        give_up("choosing rows", &error);
    free(at);
    return chosen;
}

static double log_loss(const struct holdout_model *model, const struct holdout_table *loans)
{
    struct holdout_error error;
    struct holdout_value loss, auc;
    size_t rows = holdout_table_rows(loans);
    double *chance = calloc(rows + 1, sizeof *chance);
    const double *bad = holdout_table_numbers(loans, (size_t)holdout_table_find(loans, "bad"));
    if (!holdout_predict(model, loans, chance, rows, &error) ||
        !holdout_measure("log_loss", bad, chance, rows, &loss, &error) ||
        !holdout_measure("roc_auc", bad, chance, rows, &auc, &error))
        give_up("validating", &error);
    printf("log loss %.4f, roc auc %.3f (%.3f to %.3f)\n", loss.value, auc.value, auc.low,
           auc.high);
    free(chance);
    return loss.value;
}

int main(void)
{
    static const char *const penalties[] = { "l2=0.1", "l2=1", "l2=10" };
    struct holdout_table *loans =
        loans_read(directory("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train"));
    struct holdout_table *most = part(loans, false), *fifth = part(loans, true);
    const char *best = NULL;
    double best_loss = 0;
    for (size_t i = 0; i < sizeof penalties / sizeof *penalties; i++) {
        struct holdout_model *model = train(most, penalties[i]);
        printf("%s: ", penalties[i]);
        double loss = log_loss(model, fifth);
        if (!best || loss < best_loss) {
            best = penalties[i];
            best_loss = loss;
        }
        holdout_model_free(model);
    }
    printf("training on all %zu loans with %s\n", holdout_table_rows(loans), best);
    struct holdout_model *model = train(loans, best);
    struct holdout_error error;
    char path[4096];
    snprintf(path, sizeof path, "%s/" MODEL_FILE, directory("SM_MODEL_DIR", "/opt/ml/model"));
    if (!holdout_model_save(model, path, &error))
        give_up(path, &error);
    holdout_model_free(model);
    holdout_table_free(most);
    holdout_table_free(fifth);
    holdout_table_free(loans);
    return 0;
}
