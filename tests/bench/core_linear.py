"""Linear models against scikit-learn."""
import numpy
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_squared_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROWS, COLUMNS = 100000, 100  # to train on
NEW_ROWS = 20000  # to predict


def made(seed=1):
    random = numpy.random.default_rng(seed)
    rows = ROWS + NEW_ROWS
    common = random.normal(size=(rows, 1))  # columns of real tables go together
    x = (random.normal(size=(rows, COLUMNS)) + common) * random.uniform(0.1, 20, COLUMNS)
    signal = (x / x.std(0)) @ random.normal(size=COLUMNS) / 4
    classes = (signal + random.logistic(size=rows) > 0).astype(float)
    numbers = signal + random.normal(size=rows)
    return x[:ROWS], x[ROWS:], classes[:ROWS], classes[ROWS:], numbers[:ROWS], numbers[ROWS:]


def bench_logistic(bench, data, solver, goal):
    x, new, y, truth = data[0], data[1], data[2], data[3]
    peer = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000, solver=solver))
    times, (ours, theirs) = bench.in_turn(bench.our_learner(b"logistic", [b"C=1"], x, y, new),
                                    lambda: peer.fit(x, y).predict_proba(new)[:, 1])
    return bench.row(f"logistic: train {len(x)} x {COLUMNS}, predict {len(new)}", goal, times, f"sklearn {solver}", "roc_auc",
               roc_auc_score(truth, ours), roc_auc_score(truth, theirs))


def bench_ridge(bench, data):
    x, new, y, truth = data[0], data[1], data[4], data[5]
    peer = make_pipeline(StandardScaler(), Ridge(alpha=1.0))
    times, (ours, theirs) = bench.in_turn(bench.our_learner(b"ridge", [b"alpha=1"], x, y, new), lambda: peer.fit(x, y).predict(new))
    return bench.row(f"ridge: train {len(x)} x {COLUMNS}, predict {len(new)}", 1.2, times, "sklearn", "rmse",
               mean_squared_error(truth, ours, squared=False), mean_squared_error(truth, theirs, squared=False))


def rows(bench):
    data = made()
    return [bench_logistic(bench, data, "lbfgs", 10), bench_logistic(bench, data, "newton-cholesky", 2), bench_ridge(bench, data)]
