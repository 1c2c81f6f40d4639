#!/usr/bin/python3
"""Makes vectors/metrics.json: what scikit-learn, scipy and plain numpy say of predictions of small real data.

Run it as `/usr/bin/python3 tests/core/eval/make_metrics.py` (scikit-learn 1.2.1, scipy 1.10.1, numpy 1.24.2).
A case is truth and prediction with values: metric, options, value.
"""
import json
import math
import os

import numpy as np
from scipy.stats import kendalltau, pearsonr, spearmanr
from sklearn import metrics as sk
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

AVERAGES = ("macro", "micro", "weighted")


def value(metric, number, **options):
    return {"metric": metric, "options": {key: str(text) for key, text in options.items()}, "value": float(number)}


def width_bins(p, bins):
    at = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
    return [np.where(at == i)[0] for i in range(bins) if (at == i).any()]


def gaps(y, p, groups):
    return [(len(g) / len(y), abs(y[g].mean() - p[g].mean())) for g in groups]


def ece(y, p, groups):
    return sum(share * gap for share, gap in gaps(y, p, groups))


def gini_of_order(y, p):
    def area(a, score):
        a = a[np.lexsort((np.arange(len(a)), -score))].astype(float)
        return a.cumsum().sum() / a.sum() - (len(a) + 1) / 2
    return area(y, p) / area(y, y)


def of_scores(y, p):
    precision, recall, _ = sk.precision_recall_curve(y, p)
    fpr, tpr, _ = sk.roc_curve(y, p, drop_intermediate=False)
    return [
        value("roc_auc", sk.roc_auc_score(y, p)),
        value("average_precision", sk.average_precision_score(y, p)),
        value("pr_auc", sk.auc(recall, precision)),
        value("partial_roc_auc", sk.roc_auc_score(y, p, max_fpr=0.1)),
        value("partial_roc_auc", sk.roc_auc_score(y, p, max_fpr=0.5), max_fpr=0.5),
        value("partial_roc_auc", sk.roc_auc_score(y, p), max_fpr=1),
        value("gini", 2 * sk.roc_auc_score(y, p) - 1),
        value("normalized_gini", gini_of_order(y, p)),
        value("ks", np.max(tpr - fpr)),
        value("recall_at_precision", max(r for q, r in zip(precision, recall) if q >= 0.95)),
        value("recall_at_precision", max(r for q, r in zip(precision, recall) if q >= 0.8), least_precision=0.8),
        value("precision_at_recall", max(q for q, r in zip(precision, recall) if r >= 0.95)),
        value("precision_at_recall", max(q for q, r in zip(precision, recall) if r >= 0.5), least_recall=0.5),
    ]


def of_probabilities(y, p):
    base, bins = y.mean(), width_bins(p, 10)
    clipped = p.clip(1e-15, 1 - 1e-15)
    loss = sk.log_loss(y, p, eps=1e-15)
    return [
        value("log_loss", loss),
        value("log_loss", sk.log_loss(y, p, eps=0.01), clip=0.01),
        value("log_loss_base2", loss / math.log(2)),
        value("d2_log_loss", 1 - loss / sk.log_loss(y, np.full(len(y), base))),
        value("brier", sk.brier_score_loss(y, p)),
        value("brier_multiclass", 2 * sk.brier_score_loss(y, p)),
        value("brier_reliability", sum(share * gap ** 2 for share, gap in gaps(y, p, bins))),
        value("brier_resolution", sum(len(g) / len(y) * (y[g].mean() - base) ** 2 for g in bins)),
        value("brier_uncertainty", base * (1 - base)),
        value("ece", ece(y, p, bins)),
        value("ece", ece(y, p, width_bins(p, 15)), bins=15),
        value("mce", max(gap for _, gap in gaps(y, p, bins))),
        value("hinge_loss", sk.hinge_loss(2 * y - 1, np.log(clipped / (1 - clipped)))),
        value("calibration_bias", abs(p.mean() - base)),
    ]


def of_labels(y, h):
    tn, fp, fn, tp = sk.confusion_matrix(y, h).ravel()
    tpr, tnr, ppv, npv = tp / (tp + fn), tn / (tn + fp), tp / (tp + fp), tn / (tn + fn)
    return [
        value("precision", sk.precision_score(y, h)),
        value("recall", sk.recall_score(y, h)),
        value("specificity", tnr),
        value("negative_predictive_value", npv),
        value("false_positive_rate", 1 - tnr),
        value("false_negative_rate", 1 - tpr),
        value("false_discovery_rate", 1 - ppv),
        value("false_omission_rate", 1 - npv),
        value("f1", sk.f1_score(y, h)),
        value("fbeta", sk.fbeta_score(y, h, beta=2)),
        value("fbeta", sk.fbeta_score(y, h, beta=0.5), beta=0.5),
        value("jaccard", sk.jaccard_score(y, h)),
        value("youden_j", tpr + tnr - 1),
        value("markedness", ppv + npv - 1),
        value("g_mean", math.sqrt(tpr * tnr)),
        value("positive_likelihood_ratio", sk.class_likelihood_ratios(y, h)[0]),
        value("negative_likelihood_ratio", sk.class_likelihood_ratios(y, h)[1]),
    ]


def of_classes(y, h):
    out = [
        value("accuracy", sk.accuracy_score(y, h)),
        value("zero_one_loss", sk.zero_one_loss(y, h)),
        value("hamming_loss", sk.hamming_loss(y, h)),
        value("balanced_accuracy", sk.balanced_accuracy_score(y, h)),
        value("balanced_accuracy_adjusted", sk.balanced_accuracy_score(y, h, adjusted=True)),
        value("matthews_corrcoef", sk.matthews_corrcoef(y, h)),
        value("cohen_kappa", sk.cohen_kappa_score(y, h)),
        value("cohen_kappa_linear", sk.cohen_kappa_score(y, h, weights="linear")),
        value("cohen_kappa_quadratic", sk.cohen_kappa_score(y, h, weights="quadratic")),
        value("mutual_info", sk.mutual_info_score(y, h)),
    ]
    for average in AVERAGES:
        out += [
            value("precision_" + average, sk.precision_score(y, h, average=average)),
            value("recall_" + average, sk.recall_score(y, h, average=average)),
            value("f1_" + average, sk.f1_score(y, h, average=average)),
            value("fbeta_" + average, sk.fbeta_score(y, h, beta=2, average=average)),
            value("fbeta_" + average, sk.fbeta_score(y, h, beta=0.5, average=average), beta=0.5),
            value("jaccard_" + average, sk.jaccard_score(y, h, average=average)),
        ]
    return out


GAINS = {"gain_tn": 0, "gain_fp": -5, "gain_fn": -100, "gain_tp": 50}


def profit(y, h):
    return sum([[0, -5], [-100, 50]][t][s] for t, s in zip(y, h))


def of_profit(y, p):
    h, bayes = (p >= 0.5).astype(int), 5 / (5 + 150)
    best = max(profit(y, (p >= t).astype(int)) for t in [*sorted(set(p)), 1.1])
    return [
        value("profit", profit(y, h) / len(y), **GAINS),
        value("profit_total", profit(y, h), **GAINS),
        value("profit_total", profit(y, (p >= 0.2).astype(int)), threshold=0.2, **GAINS),
        value("profit_bayes", profit(y, (p >= bayes).astype(int)) / len(y), **GAINS),
        value("profit_best", best / len(y), **GAINS),
        value("expected_cost", -profit(y, h) / len(y), costs="0,5,100,-50"),
    ]


def binary():
    x, y = load_breast_cancer(return_X_y=True)
    xa, xb, ya, yb = train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)
    p = np.round(make_pipeline(StandardScaler(), LogisticRegression()).fit(xa, ya).predict_proba(xb)[:, 1], 6)
    tied = np.round(DecisionTreeClassifier(max_depth=2, random_state=0).fit(xa, ya).predict_proba(xb)[:, 1], 6)
    h, order, n = (p >= 0.5).astype(int), np.argsort(-p, kind="stable"), len(yb)
    masses = np.array_split(np.argsort(p, kind="stable"), 10)
    first = yb[order]
    top = math.ceil(0.1 * n)
    values = of_scores(yb, p) + of_probabilities(yb, p) + of_labels(yb, h) + of_classes(yb, h) + of_profit(yb, p) + [
        value("ece_mass", ece(yb, p, masses)),
        value("mce_mass", max(gap for _, gap in gaps(yb, p, masses))),
        value("lift", first[:top].mean() / yb.mean()),
        value("lift", first[:86].mean() / yb.mean(), share=0.5),
        value("gain", first[:top].sum() / yb.sum()),
        value("precision_at_k", first[:20].mean(), k=20),
        value("precision_at_k", first[:10].mean()),
        value("recall_at_k", first[:120].sum() / yb.sum(), k=120),
        value("f1", sk.f1_score(yb, p >= 0.9), threshold=0.9),
        value("precision", sk.precision_score(yb, p >= 0.1), threshold=0.1),
        value("accuracy", sk.accuracy_score(yb, p >= 0.9), threshold=0.9),
        value("cohen_kappa", sk.cohen_kappa_score(yb, p >= 0.9), threshold=0.9),
    ]
    ties = of_scores(yb, tied) + of_probabilities(yb, tied) + of_labels(yb, (tied >= 0.5).astype(int))
    return [{"name": "breast cancer", "kind": "binary", "y": yb.tolist(), "p": p.tolist(), "values": values},
            {"name": "breast cancer, many ties", "kind": "binary", "y": yb.tolist(), "p": tied.tolist(), "values": ties}]


def multiclass():
    x, y = load_digits(return_X_y=True)
    xa, xb, ya, yb = train_test_split(x, y, test_size=0.2, random_state=1, stratify=y)
    p = np.round(RandomForestClassifier(60, max_depth=6, random_state=0).fit(xa, ya).predict_proba(xb), 5)
    p = np.round(p / p.sum(1, keepdims=True), 6)
    p[:, 9] = np.maximum(0, 1 - p[:, :9].sum(1))
    p = np.round(p, 6)
    h, truth = p.argmax(1), np.eye(10)[yb]
    right = (h == yb).astype(float)
    null = np.tile(truth.mean(0), (len(yb), 1))
    costs = [[abs(a - b) if a <= b else 2 * (a - b) for b in range(10)] for a in range(10)]
    values = of_classes(yb, h) + [
        value("log_loss", sk.log_loss(yb, p)),
        value("d2_log_loss", 1 - sk.log_loss(yb, p) / sk.log_loss(yb, null)),
        value("brier_multiclass", ((p - truth) ** 2).sum(1).mean()),
        value("top_k_accuracy", sk.top_k_accuracy_score(yb, p, k=2)),
        value("top_k_accuracy", sk.top_k_accuracy_score(yb, p, k=3), k=3),
        value("roc_auc_ovr", sk.roc_auc_score(yb, p, multi_class="ovr")),
        value("roc_auc_ovr_weighted", sk.roc_auc_score(yb, p, multi_class="ovr", average="weighted")),
        value("roc_auc_ovo", sk.roc_auc_score(yb, p, multi_class="ovo")),
        value("roc_auc_ovo_weighted", sk.roc_auc_score(yb, p, multi_class="ovo", average="weighted")),
        value("average_precision_macro", sk.average_precision_score(truth, p)),
        value("average_precision_weighted", sk.average_precision_score(truth, p, average="weighted")),
        value("average_precision_micro", sk.average_precision_score(truth, p, average="micro")),
        value("ece_top_label", ece(right, p.max(1), width_bins(p.max(1), 15))),
        value("ece_top_label", ece(right, p.max(1), width_bins(p.max(1), 10)), bins=10),
        value("expected_cost", np.mean([costs[t][s] for t, s in zip(yb, h)]),
              costs=",".join(str(c) for row in costs for c in row)),
    ]
    return [{"name": "digits", "kind": "multiclass", "y": yb.tolist(), "p": p.tolist(), "values": values}]


def of_numbers(y, p):
    e = p - y
    size, rest = np.abs(e), ((y - y.mean()) ** 2).sum()
    r2 = sk.r2_score(y, p)
    mse = sk.mean_squared_error(y, p)
    out = [
        value("mae", sk.mean_absolute_error(y, p)), value("mse", mse), value("rmse", math.sqrt(mse)),
        value("r2", r2), value("adjusted_r2", 1 - (1 - r2) * (len(y) - 1) / (len(y) - 11), features=10),
        value("explained_variance", sk.explained_variance_score(y, p)),
        value("medae", sk.median_absolute_error(y, p)), value("max_error", sk.max_error(y, p)),
        value("mape", sk.mean_absolute_percentage_error(y, p)),
        value("smape", np.mean(2 * size / (np.abs(y) + np.abs(p)))), value("wape", size.sum() / np.abs(y).sum()),
        value("bias", abs(e.mean())), value("msle", sk.mean_squared_log_error(y, p)),
        value("rmsle", math.sqrt(sk.mean_squared_log_error(y, p))),
        value("poisson_deviance", sk.mean_poisson_deviance(y, p)),
        value("gamma_deviance", sk.mean_gamma_deviance(y, p)),
        value("pinball_loss", sk.mean_pinball_loss(y, p)),
        value("huber_loss", np.mean(np.where(size <= 10, e ** 2 / 2, 10 * (size - 5))), delta=10),
        value("huber_loss", np.mean(np.where(size <= 1, e ** 2 / 2, size - 0.5))),
        value("log_cosh", np.mean(size + np.log1p(np.exp(-2 * size)) - math.log(2))),
        value("pearson", pearsonr(y, p)[0]), value("spearman", spearmanr(y, p)[0]),
        value("kendall", kendalltau(y, p)[0]),
        value("concordance", 2 * np.cov(y, p, ddof=0)[0, 1] / (y.var() + p.var() + (y.mean() - p.mean()) ** 2)),
        value("d2_absolute_error", sk.d2_absolute_error_score(y, p)),
        value("nrmse", math.sqrt(mse) / (y.max() - y.min())), value("rae", size.sum() / np.abs(y - y.mean()).sum()),
        value("rrse", math.sqrt((e ** 2).sum() / rest)),
    ]
    for power in (1, 1.5, 2, 3, -1):
        out += [value("tweedie_deviance", sk.mean_tweedie_deviance(y, p, power=power), power=power)]
        if power >= 1:
            out += [value("d2_tweedie", sk.d2_tweedie_score(y, p, power=power), power=power)]
    return out


def regression():
    x, y = load_diabetes(return_X_y=True)
    xa, xb, ya, yb = train_test_split(x, y, test_size=0.3, random_state=0)
    cases = []
    for alpha in (None, 0.05, 0.95):
        how = {} if alpha is None else {"loss": "quantile", "alpha": alpha}
        p = np.round(GradientBoostingRegressor(random_state=0, **how).fit(xa, ya).predict(xb), 4)
        name = "diabetes" if alpha is None else f"diabetes, quantile {alpha}"
        values = of_numbers(yb, p) + ([] if alpha is None else [
            value("pinball_loss", sk.mean_pinball_loss(yb, p, alpha=alpha), alpha=alpha),
            value("d2_pinball", sk.d2_pinball_score(yb, p, alpha=alpha), alpha=alpha)])
        cases.append({"name": name, "kind": "regression", "y": yb.tolist(), "p": p.tolist(), "values": values})
    tied = np.round(np.array(cases[0]["p"]) / 25) * 25 + 25  # ties in both columns
    y = np.round(yb / 20) * 20 + 20
    cases.append({"name": "diabetes, ties", "kind": "regression", "y": y.tolist(), "p": tied.tolist(),
                  "values": of_numbers(y, tied)})
    return cases


def life():
    y = np.array([112, 98, 69, 82, 91, 93, 91, 95, 111, 96], float)
    p = np.array([120, 90, 70, 60, 100, 93, 140, 95, 100, 110], float)
    d = p - y
    score = np.where(d < 0, np.exp(-d / 13) - 1, np.exp(d / 10) - 1)
    values = [value("phm08_score", score.sum()), value("phm08_score_mean", score.mean()),
              value("rmse", math.sqrt((d ** 2).mean())), value("rul_accuracy", np.mean((d >= -13) & (d <= 10))),
              value("rul_accuracy", np.mean((d >= -8) & (d <= 9)), early=8, late=9),
              value("rul_late_share", np.mean(d > 0))]
    return [{"name": "remaining life", "kind": "regression", "y": y.tolist(), "p": p.tolist(), "values": values}]


def splitmix64(state):
    """Numbers in [0, 1), the same in every language."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        yield ((z ^ (z >> 31)) >> 11) * 2.0**-53


def fairness():
    unit = splitmix64(5)
    a = np.array([0 if next(unit) < 0.6 else 1 if next(unit) < 0.7 else 2 for _ in range(200)])
    y = np.array([int(next(unit) < (0.5 if g == 0 else 0.35)) for g in a])
    chance = {(0, 1): 0.8, (0, 0): 0.15}
    h = np.array([int(next(unit) < chance.get((g, t), 0.65 if t else 0.1)) for g, t in zip(a, y)])
    groups = [a == g for g in range(3)]
    rates = {"selection": [h[g].mean() for g in groups], "tpr": [h[g & (y == 1)].mean() for g in groups],
             "fpr": [h[g & (y == 0)].mean() for g in groups], "ppv": [y[g & (h == 1)].mean() for g in groups],
             "accuracy": [(y == h)[g].mean() for g in groups]}
    gap = {key: max(at) - min(at) for key, at in rates.items()}
    ratio = {key: min(at) / max(at) for key, at in rates.items()}
    benefit = h - y + 1
    b = benefit / benefit.mean()
    values = [
        value("demographic_parity_difference", gap["selection"]), value("demographic_parity_ratio", ratio["selection"]),
        value("equalized_odds_difference", max(gap["tpr"], gap["fpr"])),
        value("equalized_odds_ratio", min(ratio["tpr"], ratio["fpr"])),
        value("average_odds_difference", (gap["tpr"] + gap["fpr"]) / 2),
        value("equal_opportunity_difference", gap["tpr"]), value("equal_opportunity_ratio", ratio["tpr"]),
        value("false_positive_rate_difference", gap["fpr"]), value("predictive_parity_difference", gap["ppv"]),
        value("accuracy_difference", gap["accuracy"]), value("worst_group_accuracy", min(rates["accuracy"])),
        value("generalized_entropy", ((b ** 2) - 1).mean() / 2),
        value("theil_index", np.mean([0 if v == 0 else v * math.log(v) for v in b])),
    ]
    return [{"name": "groups", "kind": "binary", "y": y.tolist(), "p": h.tolist(), "attribute": a.tolist(),
             "values": values}]


def main():
    cases = binary() + multiclass() + regression() + life() + fairness()
    path = os.path.join(os.path.dirname(__file__), "vectors", "metrics.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"cases":[\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]}\n")
    print(sum(len(case["values"]) for case in cases), "values")


main()
