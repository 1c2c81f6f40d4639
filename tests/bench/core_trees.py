"""Trees against XGBoost and scikit-learn: boosted trees, forests, anomalies; training, prediction, threads, memory.

Data are made from a seed: 28 columns of which pairs matter together, and flights (month, day, weekday, minute of the day,
distance, codes of origin and destination) that are late. Where a peer takes over 20 s there are 3 rounds instead of 5.
Products of two columns give the first splits nothing to choose by: which tree comes out is luck, and a library's log loss
moves by 0.005 from one draw of the data to the next, more than libraries differ. So the quality of boosted trees is the
mean over some smaller draws.
"""
import ctypes
import time

import numpy
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.metrics import log_loss, roc_auc_score

BOOSTED, FOREST, FLIGHTS, NEW = 500000, 100000, 1000000, 100000
DRAWS = 4  # of 100,000 rows, whose mean log loss is compared
FEW = 3  # rounds of peers that take over 20 s


def pairs(rows, seed=1):
    r = numpy.random.default_rng(seed)
    x = r.normal(size=(rows, 28)).astype(numpy.float32)
    x[:, 21:] = numpy.abs(x[:, 21:])
    z = x[:, 0] * x[:, 1] + 0.7 * x[:, 2] * x[:, 3] - 0.5 * x[:, 4] * x[:, 5] + 0.4 * x[:, 6]
    z += 0.3 * (x[:, 21] - x[:, 22]) * x[:, 7] + 0.3 * numpy.sin(3 * x[:, 8])
    return x, (r.random(rows) < 1 / (1 + numpy.exp(-1.1 * z))).astype(float)


def flights(rows, seed=2):
    r = numpy.random.default_rng(seed)
    airports = 340
    weight = r.pareto(1.2, airports) + 0.05
    places, late = r.random((airports, 2)), r.normal(0, 0.35, airports)
    origin, destination = (r.choice(airports, rows, p=weight / weight.sum()) for _ in range(2))
    day = r.integers(0, 365, rows)
    minute = numpy.rint(r.beta(2.2, 1.8, rows) * 1080 + 330)
    distance = numpy.rint(60 + 2600 * numpy.hypot(*(places[origin] - places[destination]).T))
    season = 0.35 * numpy.cos(day / 365 * 4 * numpy.pi) * (1 + late[origin])
    bad_day = r.normal(0, 0.45, 365)[day]
    z = -2.1 + 0.0015 * (minute - 330) + late[origin] + 0.5 * late[destination] + season + bad_day - distance / 9000
    x = numpy.column_stack([day // 31, day % 31, day % 7, minute, distance, origin, destination]).astype(numpy.float32)
    return x, (r.random(rows) < 1 / (1 + numpy.exp(-z))).astype(float)


class Ours:
    """One training set and what is learned from it."""

    def __init__(self, bench, learner, params, x, y, threads=1):
        self.bench, self.table, self.model = bench, bench.our_table(x.astype(float), y), None
        self.how = bench.Training(size=ctypes.sizeof(bench.Training), target=None if y is None else b"y", learner=learner,
                                  threads=threads, transforms=(ctypes.c_char_p * 1)(None),
                                  params=(ctypes.c_char_p * (len(params) + 1))(*params, None))

    def train(self):
        self.drop()
        self.model = self.bench.call("train", self.table, ctypes.byref(self.how))

    def predict(self, table, rows):
        out = numpy.empty(rows)
        self.bench.call("predict", self.model, table, self.bench.doubles(out), rows)
        return out

    def drop(self):
        if self.model:
            self.bench.LIBRARY.holdout_model_free(self.model)
        self.model = None


class Peer:
    """What a peer learns; a former model goes before the next one is made."""

    def __init__(self, fit):
        self.fit, self.model = fit, None

    def train(self):
        self.drop()
        self.model = self.fit()

    def drop(self):
        self.model = None


BOOSTING = {"objective": "binary:logistic", "tree_method": "hist", "eta": 0.1, "max_depth": 6, "max_bin": 256, "nthread": 1}
OUR_BOOSTING = [b"n_estimators=100", b"learning_rate=0.1", b"max_depth=6"]


def histogram_boosting(x, y):
    peer = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.1, max_depth=6, max_leaf_nodes=64,
                                          early_stopping=False, random_state=0)
    return peer.fit(x, y)


def mean_losses(bench, made):
    """Of ours, XGBoost's and scikit-learn's, each trained and tested on some draws of the data."""
    import xgboost
    losses = []
    for seed in range(1, DRAWS + 1):
        x, y = made(FOREST + NEW, seed)
        new, truth, x, y = x[FOREST:], y[FOREST:], x[:FOREST], y[:FOREST]
        ours = Ours(bench, b"gbdt", OUR_BOOSTING, x, y)
        ours.train()
        xgb = xgboost.train(BOOSTING, xgboost.DMatrix(x, y, nthread=1), 100)
        found = (ours.predict(bench.our_table(new.astype(float)), NEW), xgb.predict(xgboost.DMatrix(new)),
                 histogram_boosting(x, y).predict_proba(new)[:, 1])
        losses.append([log_loss(truth, one) for one in found])
    return numpy.mean(losses, axis=0)


def boosted(bench, name, made, rows, goals):
    import xgboost
    x, y = made(rows + NEW)
    new, truth, x, y = x[rows:], y[rows:], x[:rows], y[:rows]
    ours, table = Ours(bench, b"gbdt", OUR_BOOSTING, x, y), bench.our_table(new.astype(float))
    xgb = Peer(lambda: xgboost.train(BOOSTING, xgboost.DMatrix(x, y, nthread=1), 100))
    hist = Peer(lambda: histogram_boosting(x, y))
    named = f"gbdt: train {name}, 100 trees of depth 6"
    times, _ = bench.in_turn(ours.train, xgb.train, rounds=FEW)
    our_loss, loss, hist_loss = mean_losses(bench, made)
    yield bench.row(named, goals[0], times, "xgboost hist", "log_loss", our_loss, loss)
    times, _ = bench.in_turn(ours.train, hist.train, rounds=FEW)
    yield bench.row(named, goals[1], times, "sklearn HistGradientBoosting", "log_loss", our_loss, hist_loss)
    if made is pairs:
        times, found = bench.in_turn(lambda: ours.predict(table, NEW),
                                     lambda: xgb.model.predict(xgboost.DMatrix(new, nthread=1)))
        yield bench.row(f"gbdt: predict {NEW} rows, 100 trees", 1.5, times, "xgboost", "log_loss",
                        log_loss(truth, found[0]), log_loss(truth, found[1]))
        two = Ours(bench, b"gbdt", OUR_BOOSTING, x, y, threads=2)
        times, _ = bench.in_turn(two.train, ours.train, rounds=FEW, clock=time.time)
        yield bench.row("gbdt: train with two threads, wall", 1.7, times, "ours with one")


XGB_FOREST = BOOSTING | {"eta": 1, "max_depth": 12, "subsample": 0.632, "colsample_bynode": 5 / 28, "num_parallel_tree": 100}


def forests(bench):
    import xgboost
    x, y = pairs(FOREST + NEW)
    new, truth, x, y = x[FOREST:], y[FOREST:], x[:FOREST], y[:FOREST]
    ours, table = Ours(bench, b"random_forest", [b"n_estimators=100"], x, y), bench.our_table(new.astype(float))
    short = Ours(bench, b"random_forest", [b"n_estimators=100", b"max_depth=12"], x, y)
    xgb = Peer(lambda: xgboost.train(XGB_FOREST, xgboost.DMatrix(x, y, nthread=1), 1))
    forest = Peer(lambda: RandomForestClassifier(100, n_jobs=1, random_state=0).fit(x, y))
    named = f"random_forest: train {FOREST} x 28, 100 full trees"
    times, _ = bench.in_turn(ours.train, forest.train, rounds=FEW)
    auc = roc_auc_score(truth, ours.predict(table, NEW))
    yield bench.row(named, 15, times, "sklearn (3 rounds)", "roc_auc", auc,
                    roc_auc_score(truth, forest.model.predict_proba(new)[:, 1]))
    times, _ = bench.in_turn(ours.train, xgb.train, rounds=FEW)
    xgb_auc = roc_auc_score(truth, xgb.model.predict(xgboost.DMatrix(new)))
    yield bench.row(named, 2.5, times, "xgboost, depth 12", "roc_auc", auc, xgb_auc)
    times, _ = bench.in_turn(short.train, xgb.train, rounds=FEW)
    yield bench.row(f"random_forest: train {FOREST} x 28, 100 trees of depth 12", 2.5, times, "xgboost", "roc_auc",
                    roc_auc_score(truth, short.predict(table, NEW)), xgb_auc)
    times, _ = bench.in_turn(lambda: ours.predict(table, NEW), lambda: forest.model.predict_proba(new))
    yield bench.row(f"random_forest: predict {NEW} rows", 2, times, "sklearn")
    two = Ours(bench, b"random_forest", [b"n_estimators=100"], x, y, threads=2)
    times, _ = bench.in_turn(two.train, ours.train, rounds=FEW, clock=time.time)
    yield bench.row("random_forest: train with two threads, wall", 1.7, times, "ours with one")


def anomalies(bench):
    r = numpy.random.default_rng(3)
    x, strange = r.normal(size=(FOREST, 28)), r.random(FOREST) < 0.02
    x[strange] *= 1.6
    ours, table = Ours(bench, b"isolation_forest", [], x, None), bench.our_table(x)

    def run():
        ours.train()
        return ours.predict(table, FOREST)

    times, found = bench.in_turn(run, lambda: -IsolationForest(n_jobs=1, random_state=0).fit(x).score_samples(x))
    yield bench.row(f"isolation_forest: train and score {FOREST} x 28", 5, times, "sklearn", "roc_auc",
                    roc_auc_score(strange, found[0]), roc_auc_score(strange, found[1]))
    cuts = Ours(bench, b"random_cut_forest", [], x, None)
    cuts.train()
    times, found = bench.in_turn(lambda: cuts.predict(table, FOREST),
                                 lambda: -IsolationForest(n_jobs=1, random_state=0).fit(x).score_samples(x))
    yield bench.row(f"random_cut_forest: score {FOREST} x 28", None, times, "sklearn IsolationForest", "roc_auc",
                    roc_auc_score(strange, found[0]), roc_auc_score(strange, found[1]))


def rows(bench):
    yield from boosted(bench, f"{BOOSTED} x 28", pairs, BOOSTED, (2, 2.5))
    yield from boosted(bench, f"{FLIGHTS} flights x 7", flights, FLIGHTS, (2, 2))
    yield from forests(bench)
    yield from anomalies(bench)
