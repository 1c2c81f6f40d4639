/* The table of learners: add a row here and a file beside this one. */
#include "core/learn/learner.h"
#include "core/base/complaint.h"
#include "core/learn/learn_baseline.h"
#include "core/learn/learn_bayes.h"
#include "core/learn/learn_fm.h"
#include "core/learn/learn_forest.h"
#include "core/learn/learn_gbdt.h"
#include "core/learn/learn_isolation.h"
#include "core/learn/learn_rcf.h"
#include "core/learn/learn_lasso.h"
#include "core/learn/learn_linear.h"
#include "core/learn/learn_logistic.h"
#include "core/learn/learn_pca.h"
#include "core/learn/learn_stacking.h"
#include "core/learn/learn_knn.h"
#include "core/learn/learn_kmeans.h"
#include "core/learn/learn_mlp.h"
#include "core/learn/learn_forecast.h"
#include <stdio.h>

const struct learner *const learners[] = {
    &learn_linear, /* ordinary least squares */
    &learn_ridge,
    &learn_lasso,
    &learn_elastic_net,
    &learn_lasso_cv,
    &learn_elastic_net_cv,
    &learn_logistic,
    &learn_text,
    &learn_naive_bayes,
    &learn_factorization_machine,
    &learn_majority, /* baselines: what a model must beat */
    &learn_mean,
    &learn_pca,
    &learn_stacking,
    &learn_averaging,
    &learn_knn,
    &learn_gbdt,
    &learn_random_forest,
    &learn_extra_trees,
    &learn_decision_tree,
    &learn_isolation_forest,
    &learn_random_cut_forest,
    &learn_kmeans,
    &learn_mlp,
    &learn_seasonal_naive,
    &learn_holt_winters,
    &learn_ar,
    &learn_gbdt_lags,
};

#define LEARNERS (sizeof learners / sizeof *learners)
const size_t learner_count = LEARNERS;

const struct learner *learner_find(struct str name, struct fault *why)
{
    const char *names[LEARNERS];
    char list[160] = "";
    size_t len = 0;
    for (size_t i = 0; i < LEARNERS; i++) {
        if (str_is(name, learners[i]->name))
            return learners[i];
        names[i] = learners[i]->name;
        if (len < sizeof list)
            len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", names[i]);
    }
    const char *nearest = words_nearest(name, names, LEARNERS);
    if (nearest)
        fault_set(why, BLAME_OPEN, "unknown learner \"%.*s\", did you mean \"%s\"",
                  STR_ARGS(str_until(name, 60)), nearest);
    else
        fault_set(why, BLAME_OPEN, "unknown learner \"%.*s\", known are: %s",
                  STR_ARGS(str_until(name, 60)), list);
    return NULL;
}
