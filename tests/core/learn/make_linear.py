# Makes linear_peers.json beside itself: what scikit-learn 1.2.1 (python3-sklearn of Debian 12) learns from real data sets
# that come with it (diabetes, wine, breast cancer, digits), for every linear learner and naive Bayes:
#   /usr/bin/python3 tests/core/learn/make_linear.py
# tolerance: of coefficients and intercepts relative to 1 + |value|, of probabilities absolute; it is what the peer's own
# stopping rule leaves.
import json
import os

import numpy as np
from sklearn import datasets
from sklearn.linear_model import (ElasticNet, ElasticNetCV, Lasso, LassoCV, LinearRegression, LogisticRegression, Ridge)
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB, MultinomialNB
from sklearn.preprocessing import KBinsDiscretizer

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)


def scaled(x):
    return np.round((x - x.mean(axis=0)) / x.std(axis=0), 4)


diabetes, wine = datasets.load_diabetes(scaled=False), datasets.load_wine()
cancer, digits = datasets.load_breast_cancer(), datasets.load_digits()
some = rng.choice(len(digits.data), 300, replace=False)
bins = KBinsDiscretizer(4, encode="ordinal", strategy="quantile").fit_transform(wine.data[:, :6])
SETS = {
    "diabetes": (scaled(diabetes.data), diabetes.target),
    "alcohol": (scaled(wine.data[:, 1:]), wine.data[:, 0]),
    "cancer": (scaled(cancer.data), cancer.target),
    "wine_first": (scaled(wine.data), (wine.target == 0) * 1),
    "wine": (scaled(wine.data), wine.target),
    "digits": (digits.data[some], digits.target[some]),
    "wine_bins": (bins, wine.target),
}
WEIGHTS = {name: np.round(rng.uniform(0, 3, len(x)), 2) for name, (x, _) in SETS.items()}
cases = []


def case(learner, name, params, peer, tolerance, weighted=False, **more):
    x, y = SETS[name]
    if not hasattr(peer, "classes_") and not hasattr(peer, "coef_"):
        peer.fit(x, y, **({"sample_weight": WEIGHTS[name]} if weighted else {}))
    one = {"learner": learner, "set": name, "params": params, "tolerance": tolerance, "weighted": weighted, **more}
    if hasattr(peer, "coef_"):
        one["coefficients"] = np.atleast_2d(peer.coef_).tolist()
        one["intercepts"] = np.atleast_1d(peer.intercept_).tolist()
    else:
        one["probabilities"] = peer.predict_proba(x)[::10].tolist()
    if hasattr(peer, "alpha_"):
        one["alpha"] = peer.alpha_
    cases.append(one)


exact = {"tol": 1e-11, "max_iter": 20000}
for name in ("diabetes", "alcohol"):
    for weighted in (False, True):
        case("linear", name, [], LinearRegression(), 1e-9, weighted)
        case("ridge", name, ["alpha=10"], Ridge(alpha=10), 1e-9, weighted)
        case("lasso", name, ["alpha=0.05", "tol=1e-13"], Lasso(alpha=0.05, **exact), 1e-7, weighted)
        case("elastic_net", name, ["alpha=0.1", "l1_ratio=0.3", "tol=1e-13"],
             ElasticNet(alpha=0.1, l1_ratio=0.3, **exact), 1e-7, weighted)
    case("linear", name, ["fit_intercept=false"], LinearRegression(fit_intercept=False), 1e-9)
    case("ridge", name, ["alpha=2"], Ridge(alpha=2), 1e-9, sparse=True)
    case("lasso_cv", name, ["tol=1e-13"], LassoCV(cv=5, **exact), 1e-6)
    case("elastic_net_cv", name, ["l1_ratio=0.5", "cv=4", "n_alphas=30", "eps=0.001", "tol=1e-13"],
         ElasticNetCV(l1_ratio=0.5, cv=4, n_alphas=30, **exact), 1e-6)


def newton(**settings):
    return LogisticRegression(solver="newton-cholesky", tol=1e-13, max_iter=1000, **settings)


def saga(**settings):
    return LogisticRegression(solver="saga", tol=1e-8, max_iter=4000, **settings)


for name in ("cancer", "wine_first"):
    for solver in ("newton", "lbfgs", "coordinate_descent"):
        case("logistic", name, ["C=0.5", "tol=1e-11", "solver=" + solver], newton(C=0.5), 1e-6)
    case("logistic", name, ["tol=1e-12"], newton(), 1e-7, True)
    case("logistic", name, ["tol=1e-12", "class_weight=balanced"], newton(class_weight="balanced"), 1e-7)
    case("logistic", name, ["tol=1e-12", "fit_intercept=false"], newton(fit_intercept=False), 1e-7)
    lasso = LogisticRegression(solver="liblinear", penalty="l1", C=0.1, fit_intercept=False, tol=1e-10, max_iter=100000)
    for solver in ("newton", "coordinate_descent"):
        case("logistic", name, ["penalty=l1", "C=0.1", "tol=1e-11", "fit_intercept=false", "solver=" + solver],
             lasso, 1e-5)
    case("logistic", name, ["penalty=elasticnet", "l1_ratio=0.4", "C=0.1", "tol=1e-11"],
         saga(penalty="elasticnet", l1_ratio=0.4, C=0.1), 1e-4)
    case("text_classifier", name, ["C=2", "tol=1e-11"], newton(C=2), 1e-6, sparse=True)
for name, c in (("wine", 1), ("digits", 0.001)):
    def many(**settings):
        return LogisticRegression(solver="newton-cg", tol=1e-9, max_iter=500, C=c, **settings)
    plain = many()
    case("logistic", name, [f"C={c}", "tol=1e-11"], plain, 1e-5)
    case("logistic", name, [f"C={c}", "tol=1e-11"], plain, 1e-5, sparse=True)
    case("logistic", name, [f"C={c}", "tol=1e-11"], many(), 1e-5, True)
case("logistic", "wine", ["penalty=l1", "C=0.2", "tol=1e-10"], saga(penalty="l1", C=0.2), 1e-4, constants_move=True)

case("naive_bayes", "wine", [], GaussianNB(), 1e-9)
case("naive_bayes", "cancer", [], GaussianNB(), 1e-9)
case("naive_bayes", "wine", ["fit_prior=false"], GaussianNB(priors=[1 / 3] * 3), 1e-9)
case("naive_bayes", "digits", ["kind=multinomial"], MultinomialNB(), 1e-9)
case("naive_bayes", "digits", ["kind=multinomial", "alpha=0.1"], MultinomialNB(alpha=0.1), 1e-9, True, sparse=True)
case("naive_bayes", "digits", ["kind=bernoulli"], BernoulliNB(), 1e-9)
case("naive_bayes", "digits", ["kind=bernoulli"], BernoulliNB(), 1e-9, True, sparse=True)
case("naive_bayes", "wine_bins", ["alpha=0.5"], CategoricalNB(alpha=0.5), 1e-9, levels=4)

sets = {name: {"x": x.tolist(), "y": y.tolist(), "weights": WEIGHTS[name].tolist()} for name, (x, y) in SETS.items()}
with open(os.path.join(here, "linear_peers.json"), "w") as out:
    json.dump({"sets": sets, "cases": cases}, out, separators=(",", ":"))
    out.write("\n")
