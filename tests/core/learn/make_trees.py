#!/usr/bin/python3
"""Makes trees.json: losses of scikit-learn's and XGBoost's trees on real data, for test_trees.c.

Data: the sets that python3-sklearn carries. Breast cancer (Wolberg, Street & Mangasarian 1995) and wine (Forina 1991)
are UCI's, CC BY 4.0, digits is UCI's optical digits, CC BY 4.0; diabetes is Efron et al. (2004), published with LARS.
Of digits the first 900 rows. Each split has three in ten of the rows to test on, chosen at random by its seed.
loss: log loss with shares of at least 0.001, or squared error; standard error: that of its mean over the tested rows.
"""
import json
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is loaded

import numpy as np
import xgboost
from sklearn import ensemble
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

TREES = 100
SEEDS = 3  # of splits
AGAIN = 4  # seeds of a peer, whose mean counts


def losses(y, prediction):
    if prediction.ndim == 1:
        return (y - prediction) ** 2
    return -np.log(np.clip(prediction[np.arange(len(y)), y.astype(int)], 1e-3, 1))


def peers(classes, seed):
    kind = "Classifier" if classes else "Regressor"
    boosted = getattr(xgboost, "XGB" + kind)(n_estimators=TREES, learning_rate=0.1, max_depth=6, tree_method="hist",
                                             n_jobs=1, verbosity=0)
    return {"gbdt": boosted,
            "random_forest": getattr(ensemble, "RandomForest" + kind)(n_estimators=TREES, random_state=seed),
            "extra_trees": getattr(ensemble, "ExtraTrees" + kind)(n_estimators=TREES, random_state=seed)}


def splits(x, y, classes):
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(y))
        test, train = np.sort(order[:len(y) * 3 // 10]), np.sort(order[len(y) * 3 // 10:])
        found = {}
        for again in range(AGAIN):
            for name, peer in peers(classes, again).items():
                peer.fit(x[train], y[train])
                each = losses(y[test], peer.predict_proba(x[test]) if classes else peer.predict(x[test]))
                found.setdefault(name, []).append((each.mean(), each.std() / len(each) ** 0.5))
        found = {name: dict(zip(("loss", "error"), np.mean(some, axis=0).round(6).tolist())) for name, some in found.items()}
        yield {"test": test.tolist(), "peers": found}


def main():
    sets = []
    for name, (x, y), classes in (("breast_cancer", load_breast_cancer(return_X_y=True), 2),
                                  ("wine", load_wine(return_X_y=True), 3),
                                  ("digits", load_digits(return_X_y=True), 10),
                                  ("diabetes", load_diabetes(return_X_y=True, scaled=False), 0)):
        x, y = x[:900], y[:900].astype(float)
        sets.append({"name": name, "classes": classes, "splits": list(splits(x, y, classes)),
                     "x": [[float(f"{cell:.6g}") if cell % 1 else int(cell) for cell in row] for row in x],
                     "y": [int(one) for one in y]})
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "trees.json"), "w", encoding="utf-8") as out:
        json.dump({"made_with": f"xgboost {xgboost.__version__}", "trees": TREES, "sets": sets}, out, separators=(",", ":"))
        out.write("\n")


main()
