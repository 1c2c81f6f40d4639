/*
 * Multi-layer perceptron: layers of units between inputs and output, trained by Adam; for numbers
 * and classes. Categories enter through tables that are learned along (embeddings). A number is
 * learned in units of its spread; features should be scaled (transform "standard").
 * Predictions of a row agree within float rounding, whatever rows stand beside it.
 */
#pragma once

#include "core/learn/learner.h"

extern const struct learner learn_mlp;
