"""Neighbours, clusters, components, perceptrons, forecasts against scikit-learn, numpy and statsmodels.

Clusters start from the same rows on both sides, so that the inertia is the same number. Rows of two threads give times of the
clock on the wall, ours with one thread in place of a peer's: they mean something on a machine that does nothing else.
"""
import ctypes
import json
import time

import numpy
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPClassifier

KNN = (50000, 5000, 50)  # rows, queries, columns
CLUSTERED, CLUSTERS, ITERATIONS = (100000, 50), 20, 20
WIDE, COMPONENTS = (100000, 200), 20
PERCEPTRON = (60000, 10000, 64)  # rows to learn, rows to ask, columns; 10 classes
HALF_HOURS, WEEK = 12 * 336, 336


def texts(*values):
    return (ctypes.c_char_p * (len(values) + 1))(*values, None)


def how(bench, learner, params, **fields):
    """Numbers as they are: the one transform is for categories, of which there are none."""
    return bench.Training(size=ctypes.sizeof(bench.Training), learner=learner, params=texts(*params),
                          transforms=texts(b"one_hot"), **{"threads": 1, **fields})


def trained(bench, table, setting, new=None, width=1):
    """A run that trains, and predicts where there are new rows (table, count): what the model says of itself, or numbers."""
    def run():
        model = bench.call("train", table, ctypes.byref(setting))
        bench.LIBRARY.holdout_model_set_threads(model, setting.threads)
        if new is None:
            result = json.loads(bench.LIBRARY.holdout_model_describe(model))["fitted"]
        else:
            result = numpy.empty(new[1] * width)
            bench.call("predict", model, new[0], bench.doubles(result), new[1])
        bench.LIBRARY.holdout_model_free(model)
        return result
    return run


def two_threads(bench, name, one, two):
    """Wall times; how many times as fast two threads are."""
    times, _ = bench.in_turn(two, one, clock=time.perf_counter)
    return bench.row(f"{name}: two threads, wall", 1.7, times, "ours, one thread")


def bench_knn(bench):
    random = numpy.random.default_rng(21)
    rows, queries, columns = KNN
    x = random.normal(size=(rows + queries, columns)).astype(numpy.float32)
    y = x @ random.normal(size=columns).astype(numpy.float32) + random.normal(size=rows + queries)
    table, new = bench.our_table(x[:rows].astype(float), y[:rows]), (bench.our_table(x[rows:].astype(float)), queries)
    model = bench.call("train", table, ctypes.byref(how(bench, b"knn", [b"k=5"], target=b"y")))
    peer = KNeighborsRegressor(5, algorithm="brute").fit(x[:rows], y[:rows])

    def ask(threads):
        out = numpy.empty(queries)
        bench.LIBRARY.holdout_model_set_threads(model, threads)
        bench.call("predict", model, new[0], bench.doubles(out), queries)
        return out

    times, (ours, theirs) = bench.in_turn(lambda: ask(1), lambda: peer.predict(x[rows:]))
    error = [float(numpy.sqrt(numpy.mean((y[rows:] - out) ** 2))) for out in (ours, theirs)]
    name = f"knn: {rows} x {columns} against {queries}"
    whole = trained(bench, table, how(bench, b"knn", [b"k=5"], target=b"y"), new)
    both, _ = bench.in_turn(whole, lambda: peer.fit(x[:rows], y[:rows]).predict(x[rows:]))
    return [bench.row(name, 2.5, times, "sklearn brute, float32", "rmse", *error),
            bench.row(name + ", with training", None, both, "sklearn brute, float32"),
            two_threads(bench, name, lambda: ask(1), lambda: ask(2))]


def bench_kmeans(bench):
    random = numpy.random.default_rng(22)
    rows, columns = CLUSTERED
    x = random.normal(size=(CLUSTERS, columns))[random.integers(0, CLUSTERS, rows)] + random.normal(size=CLUSTERED)
    start = random.choice(rows, CLUSTERS, replace=False)
    params = [b"k=%d" % CLUSTERS, b"max_iter=%d" % ITERATIONS, b"tol=0", b"init_rows=" + b",".join(b"%d" % row for row in start)]
    table = bench.our_table(x)
    runs = [trained(bench, table, how(bench, b"kmeans", params, threads=threads)) for threads in (1, 2)]
    name, out = f"kmeans: {rows} x {columns}, k {CLUSTERS}, {ITERATIONS} iterations", []
    for peer_name, algorithm, data in (("sklearn Lloyd, float32", "lloyd", x.astype(numpy.float32)),
                                       ("sklearn Elkan", "elkan", x)):
        peer = KMeans(CLUSTERS, init=data[start], n_init=1, max_iter=ITERATIONS, tol=0, algorithm=algorithm)
        times, (ours, theirs) = bench.in_turn(runs[0], lambda: peer.fit(data))
        out.append(bench.row(name, 3, times, peer_name, "inertia", ours["inertia"], float(theirs.inertia_)))
    return out + [two_threads(bench, name, *runs)]


def bench_pca(bench):
    random = numpy.random.default_rng(23)
    x = random.normal(size=(WIDE[0], 30)) * numpy.linspace(3, 0.5, 30) @ random.normal(size=(30, WIDE[1])) + random.normal(size=WIDE)
    table = bench.our_table(x)
    ours = trained(bench, table, how(bench, b"pca", [b"n_components=%d" % COMPONENTS]))

    def explained(fitted):
        return sum(part["explained_variance_ratio"] for part in fitted["components"])

    def covariance():
        far = x - x.mean(axis=0)
        values = numpy.linalg.eigh(far.T @ far / (len(x) - 1))[0]
        return values[-COMPONENTS:].sum() / values.sum()

    name, out = f"pca: {WIDE[0]} x {WIDE[1]}, {COMPONENTS} components", []
    peer = PCA(COMPONENTS, svd_solver="randomized", random_state=0)
    times, (fitted, theirs) = bench.in_turn(ours, lambda: peer.fit(x))
    out.append(bench.row(name, 5, times, "sklearn randomized", "explained", explained(fitted),
                         float(theirs.explained_variance_ratio_.sum())))
    times, (fitted, theirs) = bench.in_turn(ours, covariance)
    return out + [bench.row(name, 1 / 1.05, times, "numpy covariance", "explained", explained(fitted), float(theirs))]


def bench_mlp(bench):
    random = numpy.random.default_rng(24)
    rows, queries, columns = PERCEPTRON
    middle = random.integers(0, 30, rows + queries)
    x = random.normal(size=(30, columns))[middle] * 0.5 + random.normal(size=(rows + queries, columns))
    y = middle % 10
    setting = how(bench, b"mlp", [b"max_iter=10"], target=b"y", kind=b"multiclass")
    ours = trained(bench, bench.our_table(x[:rows], y[:rows]), setting, (bench.our_table(x[rows:]), queries), 10)
    data = x.astype(numpy.float32)
    peer = MLPClassifier((100,), batch_size=200, max_iter=10, random_state=0)
    times, results = bench.in_turn(ours, lambda: peer.fit(data[:rows], y[:rows]).predict_proba(data[rows:]))
    shares = [result.reshape(queries, 10) for result in results]
    name = f"mlp: {rows} x {columns}-100-10, 10 epochs"
    return [bench.row(name, 3, times, "sklearn, float32", "accuracy",
                      *[float(accuracy_score(y[rows:], share.argmax(axis=1))) for share in shares]),
            bench.row(name, None, times, "sklearn, float32", "log_loss", *[float(log_loss(y[rows:], share)) for share in shares])]


def bench_forecast(bench):
    try:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing
    except ImportError:
        return []
    random = numpy.random.default_rng(25)
    at = numpy.arange(HALF_HOURS)
    y = (30000 + 4000 * numpy.sin(2 * numpy.pi * at / 48) + 2500 * numpy.cos(2 * numpy.pi * at / WEEK)
         + numpy.cumsum(random.normal(size=HALF_HOURS) * 20) + random.normal(size=HALF_HOURS) * 150)
    train = HALF_HOURS - WEEK
    seconds = at[:, None] * 1800.0
    params = [b"trend=add", b"seasonal=add", b"seasonal_periods=%d" % WEEK, b"initialization_method=heuristic"]
    setting = how(bench, b"holt_winters", params, target=b"y", time=b"x0")
    table = bench.our_table(seconds[:train], y[:train])
    ours = trained(bench, table, setting, (bench.our_table(seconds[train:]), WEEK))

    def peer():
        return ExponentialSmoothing(y[:train], trend="add", seasonal="add", seasonal_periods=WEEK,
                                    initialization_method="heuristic")

    times, results = bench.in_turn(ours, lambda: peer().fit().forecast(WEEK))
    errors = [float(numpy.mean(numpy.abs(result - y[train:]) / y[train:])) for result in results]
    sums = [trained(bench, table, setting)()["fits"][0]["sse"], float(peer().fit().sse)]  # what both make least
    name = f"holt_winters: {train} half-hours, season {WEEK}, forecast {WEEK}"
    return [bench.row(name, 30, times, "statsmodels", "sse", *sums), bench.row(name, None, times, "statsmodels", "mape", *errors)]


def rows(bench):
    return bench_knn(bench) + bench_kmeans(bench) + bench_pca(bench) + bench_mlp(bench) + bench_forecast(bench)
