"""Metrics against scikit-learn and numpy: ten million rows, values alone; and a bootstrap interval."""
import numpy
from sklearn import metrics

SCORES = 10000000
ROUNDS = 5
RESAMPLED, RESAMPLES, PEER_RESAMPLES = 100000, 1000, 50


def made(count, seed=2):
    random = numpy.random.default_rng(seed)
    truth = (random.random(count) < 0.3).astype(float)
    return truth, 1 / (1 + numpy.exp(-random.normal(size=count) - truth))


def area_by_ranks(truth, score):
    """The quick way with numpy: one argsort, ranks, a sum. It takes no care of equal scores."""
    order = numpy.argsort(score)
    rank = numpy.empty(len(score))
    rank[order] = numpy.arange(1, len(score) + 1)
    ones = truth.sum()
    return (rank[truth > 0].sum() - ones * (ones + 1) / 2) / (ones * (len(truth) - ones))


def bench_classes(bench):
    truth, score = made(SCORES)
    labels, said = truth.astype(numpy.int64), (score >= 0.5).astype(numpy.int64)

    def ours(metric):
        return lambda: bench.measure(metric, truth, score, interval=False)

    out = []
    for metric, target, peer_name, peer in (
            (b"roc_auc", 5, "numpy's argsort", lambda: area_by_ranks(truth, score)),
            (b"roc_auc", 8, "sklearn", lambda: metrics.roc_auc_score(truth, score)),
            (b"average_precision", 8, "sklearn", lambda: metrics.average_precision_score(truth, score)),
            (b"log_loss", 15, "sklearn", lambda: metrics.log_loss(truth, score)),
            (b"f1", 50, "sklearn, of whole numbers", lambda: metrics.f1_score(labels, said))):
        times, (one, other) = bench.in_turn(ours(metric), peer, rounds=ROUNDS)
        name = metric.decode()
        out.append(bench.row(f"{name} of {SCORES} scores", target, times, peer_name, name, one, other))
    return out


def bench_numbers(bench):
    random = numpy.random.default_rng(3)
    truth = 10 + 3 * random.normal(size=SCORES)
    said = truth + random.normal(size=SCORES)

    def ours():
        return sum(bench.measure(metric, truth, said, interval=False) for metric in (b"rmse", b"mae", b"r2"))

    def peer():
        return (metrics.mean_squared_error(truth, said, squared=False) + metrics.mean_absolute_error(truth, said)
                + metrics.r2_score(truth, said))

    times, results = bench.in_turn(ours, peer, rounds=ROUNDS)
    return bench.row(f"rmse, mae and r2 of {SCORES} numbers", 4, times, "sklearn", "sum of the three", *results)


def bench_bootstrap(bench):
    """The peer's time is that of a twentieth of the resamples, times twenty."""
    truth, score = made(RESAMPLED)
    random = numpy.random.default_rng(4)

    def peer():
        values = []
        for _ in range(PEER_RESAMPLES):
            at = random.integers(0, RESAMPLED, RESAMPLED)
            values.append(area_by_ranks(truth[at], score[at]))
        return float(numpy.mean(values))

    times, results = bench.in_turn(lambda: bench.measure(b"roc_auc", truth, score, resamples=RESAMPLES), peer,
                                   rounds=ROUNDS)
    times = times[0], times[1] * RESAMPLES / PEER_RESAMPLES
    return bench.row(f"interval of roc_auc, {RESAMPLES} resamples of {RESAMPLED}", 30, times, "numpy's loop",
                     "roc_auc (theirs: mean of resamples)", *results)


def rows(bench):
    return [*bench_classes(bench), bench_numbers(bench), bench_bootstrap(bench)]
