/* Reads held-out loans and the model, writes id,prediction. */
#include "loans.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    struct holdout_error error;
    char model_path[4096], out_path[4096];
    snprintf(model_path, sizeof model_path, "%s/" MODEL_FILE,
             directory("SM_MODEL_DIR", "/opt/ml/model"));
    snprintf(out_path, sizeof out_path, "%s/predictions.csv",
             directory("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data"));
    struct holdout_model *model = holdout_model_load(model_path, &error);
    if (!model)
        give_up(model_path, &error);
    struct holdout_table *loans =
        loans_read(directory("SM_CHANNEL_HELDOUT", "/opt/ml/input/data/heldout"));
    size_t rows = holdout_table_rows(loans);
    double *chance = calloc(rows + 1, sizeof *chance);
    if (!chance || !holdout_predict(model, loans, chance, rows, &error) ||
        !holdout_predictions_write(loans, NULL, chance, rows, out_path, &error))
        give_up("predicting", &error);
    printf("%zu loans judged\n", rows);
    free(chance);
    holdout_table_free(loans);
    holdout_model_free(model);
    return 0;
}
