/*
 * Forecasts of numbers over time, one series a group (or one in all). A row within the training
 * range gets what was expected one step before it; a later one is forecast from the end of
 * training alone, step by step: nothing that stands in other rows to predict is used. A group that
 * training did not know gets the mean of all training rows.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_seasonal_naive; /* as one season ago */
extern const struct learner learn_holt_winters;   /* level, trend, season */
extern const struct learner learn_ar;             /* autoregression with other columns */
extern const struct learner learn_gbdt_lags;      /* boosted trees on lags */
