/* Metrics of numbers: errors, relative errors, deviances. */
#include "core/eval/moments.h"
#include <math.h>

/* ---- Terms of means ---- */

void losses_absolute(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = fabs(rows->prediction[i] - rows->truth[i]);
}

void losses_squared(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        double off = rows->prediction[i] - rows->truth[i];
        out[i] = off * off;
    }
}

void terms_offset(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = rows->prediction[i] - rows->truth[i];
}

static void losses_percentage(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = fabs(rows->prediction[i] - rows->truth[i]) / fabs(rows->truth[i]);
}

static void losses_symmetric(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        double size = fabs(rows->prediction[i]) + fabs(rows->truth[i]);
        out[i] = size > 0 ? 2 * fabs(rows->prediction[i] - rows->truth[i]) / size : 0;
    }
}

static void losses_log_squared(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        double off = log1p(rows->prediction[i]) - log1p(rows->truth[i]);
        out[i] = off * off;
    }
}

static void losses_pinball(LOSSES_PARTS)
{
    double alpha = options->alpha;
    for (size_t i = 0; i < rows->n; i++) {
        double low = rows->truth[i] - rows->prediction[i];
        out[i] = fmax(alpha * low, (alpha - 1) * low);
    }
}

static void losses_huber(LOSSES_PARTS)
{
    double delta = options->delta;
    for (size_t i = 0; i < rows->n; i++) {
        double off = fabs(rows->prediction[i] - rows->truth[i]);
        out[i] = off <= delta ? off * off / 2 : delta * (off - delta / 2);
    }
}

static void losses_log_cosh(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++) {
        double off = fabs(rows->prediction[i] - rows->truth[i]);
        out[i] = off + log1p(exp(-2 * off)) - M_LN2;
    }
}

static void losses_poisson(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = deviance(rows->truth[i], rows->prediction[i], 1);
}

static void losses_gamma(LOSSES_PARTS)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = deviance(rows->truth[i], rows->prediction[i], 2);
}

static void losses_tweedie(LOSSES_PARTS)
{
    for (size_t i = 0; i < rows->n; i++)
        out[i] = deviance(rows->truth[i], rows->prediction[i], options->power);
}

/* ---- Rows that have no value ---- */

static const char *zero_in_truth(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->truth[i] == 0)
            return "the truth is 0 in a row";
    return NULL;
}

static const char *below_minus_1(const struct scored *rows, const struct metric_options *options)
{
    (void)options;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->truth[i] < 0 || rows->prediction[i] < 0)
            return "a number is negative";
    return NULL;
}

static const char *no_features(const struct scored *rows, const struct metric_options *options)
{
    if (options->features == 0)
        return "the option features is needed";
    return rows->n > options->features + 1 ? NULL : "there are fewer rows than features";
}

#define ROW(word) .name = (word), .kinds = TRUTH_NUMBER
#define MEAN(word, losses_)                                                                        \
    ROW(word), .least = 0, .most = INFINITY, .interval = METRIC_BCA, .terms = (losses_),           \
               .losses = (losses_)
#define MOMENTS(word, of)                                                                          \
    ROW(word), .interval = METRIC_BCA, .prepare = moments_prepare, .value = moments_##of
#define DEVIANCE(word, losses_)                                                                    \
    MEAN(word, losses_), .edges = "not defined where the truth or the prediction lies outside"
#define EXPLAINS .higher_is_better = true, .least = -INFINITY, .most = 1
#define SIZE .least = 0, .most = INFINITY
#define CONSTANT "not defined where the truth is the same in all rows"

static const struct metric regression[] = {
    { MEAN("rmse", losses_squared), .title = "RMSE", .shows_nonfinite = true, .of_mean = mean_root,
      .definition = "root of the mean squared error" },
    { MEAN("mse", losses_squared), .title = "mean squared error", .shows_nonfinite = true,
      .definition = "mean squared error" },
    { MEAN("mae", losses_absolute), .title = "mean absolute error", .shows_nonfinite = true,
      .definition = "mean absolute error" },
    { ROW("medae"), .title = "median absolute error", SIZE, .definition = "median absolute error",
      .interval = "order statistics", .measure = measure_medae, .resample = resample_medae,
      .prepare = medae_prepare, .value = medae_value },
    { ROW("max_error"), .title = "largest error", SIZE, .definition = "largest absolute error",
      .prepare = moments_prepare, .value = moments_max_error },
    { MOMENTS("r2", r2), .title = "R²", .shows_nonfinite = true, EXPLAINS,
      .definition = "1 - sum of squared errors / sum of squares about the mean of the truth",
      .edges = CONSTANT, .measure = measure_r2, .losses = losses_squared },
    { MOMENTS("adjusted_r2", adjusted_r2), .title = "adjusted R²", EXPLAINS, .options = "features",
      .needs = "the option features", .obstacle = no_features,
      .definition = "1 - (1 - r2) (rows - 1) / (rows - features - 1)", .edges = CONSTANT },
    { MOMENTS("explained_variance", explained_variance), .title = "explained variance", EXPLAINS,
      .definition = "1 - variance of the errors / variance of the truth: r2 without the bias",
      .edges = CONSTANT },
    { ROW("bias"), .title = "bias", SIZE, .definition = "|mean of prediction - truth|",
      .interval = METRIC_BCA, .terms = terms_offset, .of_mean = mean_size },
    { MEAN("mape", losses_percentage), .title = "mean absolute percentage error",
      .obstacle = zero_in_truth, .definition = "mean of |error| / |truth|, 1 is 100 %",
      .edges = "not defined where a truth is 0" },
    { ROW("smape"), .title = "symmetric percentage error", .least = 0, .most = 2,
      .interval = METRIC_BCA, .terms = losses_symmetric, .losses = losses_symmetric,
      .definition = "mean of 2 |error| / (|truth| + |prediction|), 0 to 2",
      .edges = "0 / 0 counts as 0" },
    { MOMENTS("wape", wape), .title = "weighted percentage error", SIZE,
      .definition = "sum of |error| / sum of |truth|, 1 is 100 %",
      .edges = "not defined where every truth is 0" },
    { MEAN("msle", losses_log_squared), .title = "mean squared logarithmic error",
      .obstacle = below_minus_1, .definition = "mean squared difference of ln(1 + x)",
      .edges = "not defined where a number is negative" },
    { MEAN("rmsle", losses_log_squared), .title = "root of the squared logarithmic error",
      .of_mean = mean_root, .obstacle = below_minus_1, .definition = "root of msle",
      .edges = "not defined where a number is negative" },
    { MEAN("pinball_loss", losses_pinball), .title = "pinball loss", .options = "alpha",
      .definition = "of a predicted quantile: mean of alpha times the shortfall or 1 - alpha times "
                    "the excess; of the median half of mae" },
    { MEAN("huber_loss", losses_huber), .title = "Huber loss", .options = "delta",
      .definition = "mean of half the squared error, beyond delta of delta (|error| - delta / 2)" },
    { MEAN("log_cosh", losses_log_cosh), .title = "log-cosh loss",
      .definition = "mean of ln(cosh(error))" },
    { DEVIANCE("poisson_deviance", losses_poisson), .title = "Poisson deviance",
      .obstacle = outside_poisson, .definition = "mean of 2 (y ln(y / p) - y + p), for counts" },
    { DEVIANCE("gamma_deviance", losses_gamma), .title = "gamma deviance",
      .obstacle = outside_gamma,
      .definition = "mean of 2 (ln(p / y) + y / p - 1), for positive amounts" },
    { DEVIANCE("tweedie_deviance", losses_tweedie), .title = "Tweedie deviance", .options = "power",
      .obstacle = outside_tweedie,
      .definition = "mean deviance of the Tweedie distribution with variance ~ mean^power" },
    { MOMENTS("nrmse", nrmse), .title = "normalized RMSE", SIZE,
      .definition = "rmse / (largest - smallest truth)", .edges = CONSTANT },
    { MOMENTS("rae", rae), .title = "relative absolute error", SIZE,
      .definition = "sum of |error| / sum of |truth - its mean|", .edges = CONSTANT },
    { MOMENTS("rrse", rrse), .title = "root of the relative squared error", SIZE,
      .definition = "root of (sum of squared errors / sum of squares about the mean of the truth)",
      .edges = CONSTANT },
    { ROW("d2_absolute_error"), .title = "D² of the absolute error", EXPLAINS,
      .definition = "1 - mae / mae of always predicting the median", .interval = METRIC_BCA,
      .edges = CONSTANT, .prepare = d2_median_prepare, .value = d2_pinball_value },
    { ROW("d2_pinball"), .title = "D² of the pinball loss", EXPLAINS, .options = "alpha",
      .definition = "1 - pinball loss / pinball loss of always predicting the quantile alpha",
      .interval = METRIC_BCA, .edges = CONSTANT, .prepare = d2_pinball_prepare,
      .value = d2_pinball_value },
    { ROW("d2_tweedie"), .title = "D² of the Tweedie deviance", EXPLAINS, .options = "power",
      .obstacle = outside_tweedie,
      .definition = "1 - Tweedie deviance / deviance of always predicting the mean",
      .interval = METRIC_BCA, .edges = CONSTANT, .prepare = d2_tweedie_prepare,
      .value = d2_tweedie_value },
};
const struct metric_family metrics_regression = METRIC_FAMILY("regression", regression);
