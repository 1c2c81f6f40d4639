"""Metrics against scikit-learn."""
import numpy
from sklearn.metrics import roc_auc_score

SCORES = 1000000


def bench_roc_auc(bench):
    random = numpy.random.default_rng(2)
    truth = (random.random(SCORES) < 0.3).astype(float)
    score = 1 / (1 + numpy.exp(-random.normal(size=SCORES) - truth))
    times, (ours, theirs) = bench.in_turn(lambda: bench.measure(b"roc_auc", truth, score), lambda: roc_auc_score(truth, score))
    return bench.row(f"roc_auc of {SCORES} scores (ours with its interval)", 8, times, "sklearn", "roc_auc", ours, theirs)


def rows(bench):
    return [bench_roc_auc(bench)]
