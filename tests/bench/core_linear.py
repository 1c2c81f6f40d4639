"""Linear models against scikit-learn; factorization machines against libFM where LIBFM is the path of its program."""
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy
import pandas
from sklearn.linear_model import Lasso, LassoCV, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROWS, COLUMNS = 100000, 100  # to train on
NEW_ROWS = 20000  # to predict
SOFT_ROWS, SOFT_COLUMNS, CLASSES = 60000, 64, 10


def made(together=1, seed=1):
    random = numpy.random.default_rng(seed)
    rows = ROWS + NEW_ROWS
    common = together * random.normal(size=(rows, 1))  # columns of real tables go together
    x = (random.normal(size=(rows, COLUMNS)) + common) * random.uniform(0.1, 20, COLUMNS)
    signal = (x / x.std(0)) @ random.normal(size=COLUMNS) / 4
    classes = (signal + random.logistic(size=rows) > 0).astype(float)
    numbers = signal + random.normal(size=rows)
    return x[:ROWS], x[ROWS:], classes[:ROWS], classes[ROWS:], numbers[:ROWS], numbers[ROWS:]


def bench_logistic(bench, data, goal, peer_name, learner_params=(b"C=1",), **settings):
    x, new, y, truth = data[0], data[1], data[2], data[3]
    peer = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, **settings))
    rounds = 1 if settings["solver"] == "liblinear" else bench.ROUNDS
    times, (ours, theirs) = bench.in_turn(bench.our_learner(b"logistic", list(learner_params), x, y, new),
                                          lambda: peer.fit(x, y).predict_proba(new)[:, 1], rounds)
    return bench.row(f"logistic {settings.get('penalty', 'l2')}: train {len(x)} x {COLUMNS}, predict {len(new)}", goal,
                     times, peer_name, "roc_auc", roc_auc_score(truth, ours), roc_auc_score(truth, theirs))


def bench_two_threads(bench, data):
    """Wall time: newton-cholesky with the BLAS at one thread, which here is its faster setting."""
    x, new, y, truth = data[0], data[1], data[2], data[3]
    peer = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
    times, (ours, theirs) = bench.in_turn(bench.our_learner(b"logistic", [b"C=1"], x, y, new, threads=2),
                                          lambda: peer.fit(x, y).predict_proba(new)[:, 1], clock=time.perf_counter)
    return bench.row(f"logistic, 2 threads, wall: train {len(x)} x {COLUMNS}", 3, times, "sklearn newton-cholesky",
                     "roc_auc", roc_auc_score(truth, ours), roc_auc_score(truth, theirs))


def bench_squares(bench, data, name, learner, params, peer, goal, rounds):
    x, new, y, truth = data[0], data[1], data[4], data[5]
    peer = make_pipeline(StandardScaler(), peer)
    times, (ours, theirs) = bench.in_turn(bench.our_learner(learner, params, x, y, new),
                                          lambda: peer.fit(x, y).predict(new), rounds)
    return bench.row(f"{name}: train {len(x)} x {COLUMNS}, predict {len(new)}", goal, times, "sklearn", "rmse",
                     mean_squared_error(truth, ours, squared=False), mean_squared_error(truth, theirs, squared=False))


def bench_softmax(bench):
    random = numpy.random.default_rng(2)
    rows = SOFT_ROWS + NEW_ROWS
    x = random.normal(size=(rows, SOFT_COLUMNS)) + random.normal(size=(rows, 1))
    y = (x @ random.normal(size=(SOFT_COLUMNS, CLASSES)) / 3 + random.gumbel(size=(rows, CLASSES))).argmax(1)
    y = y.astype(float)
    new, truth = x[SOFT_ROWS:], y[SOFT_ROWS:]
    x, y = x[:SOFT_ROWS], y[:SOFT_ROWS]
    train, sample = bench.our_table(x, y), bench.our_table(new)
    peer = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    how = bench.Training(size=bench.ctypes.sizeof(bench.Training), target=b"y", learner=b"logistic", threads=1,
                         params=(bench.ctypes.c_char_p * 2)(b"C=1", None),
                         transforms=(bench.ctypes.c_char_p * 2)(b"standard", None))

    def ours():
        out = numpy.empty((len(new), CLASSES))
        model = bench.call("train", train, bench.ctypes.byref(how))
        bench.call("predict", model, sample, bench.doubles(out), len(new))
        bench.LIBRARY.holdout_model_free(model)
        return out

    times, (mine, theirs) = bench.in_turn(ours, lambda: peer.fit(x, y).predict_proba(new))
    return bench.row(f"softmax: train {SOFT_ROWS} x {SOFT_COLUMNS}, {CLASSES} classes, predict {NEW_ROWS}", 3, times,
                     "sklearn lbfgs", "log_loss", log_loss(truth, mine), log_loss(truth, theirs))


def made_ratings(seed):
    """As large and as uneven as MovieLens 100k: tastes of users, kinds of items, whole stars."""
    random = numpy.random.default_rng(seed)
    users, items, count, factors = 943, 1682, 100000, 6
    popular = 1 / (numpy.arange(items) + 20.0)
    u = numpy.minimum((users * random.random(count) ** 1.6).astype(int), users - 1)
    i = random.choice(items, count, p=popular / popular.sum())
    taste, kind = random.normal(size=(users, factors)) * 0.35, random.normal(size=(items, factors)) * 0.6
    stars = (3.5 + random.normal(size=users)[u] * 0.4 + random.normal(size=items)[i] * 0.5
             + (taste[u] * kind[i]).sum(1) + random.normal(size=count) * 0.85)
    return u, i, numpy.clip(stars.round(), 1, 5)


def libfm_run(work, stars, iterations):
    """CPU ms of its ALS and its predictions. Its text is read in every run: the first iteration's is taken off."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([os.environ["LIBFM"], "-task", "r", "-train", "train.libfm", "-test", "new.libfm", "-dim", "1,1,10",
                    "-iter", str(iterations), "-method", "als", "-regular", "0,0,10", "-init_stdev", "0.1", "-out", "out"],
                   cwd=work, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    error = numpy.sqrt(((numpy.loadtxt(os.path.join(work, "out")) - stars) ** 2).mean())
    return taken * 1000, error


class Ratings:
    """One draw of ratings as files for both sides, the last fifth of them new."""

    def __init__(self, bench, work, seed):
        u, i, stars = made_ratings(seed)
        self.bench, self.work, self.cut = bench, os.path.join(work, str(seed)), len(stars) * 8 // 10
        self.frame = pandas.DataFrame({"user": [f"u{k}" for k in u], "item": [f"i{k}" for k in i], "y": stars})
        self.new_stars = stars[self.cut:]
        os.mkdir(self.work)
        for name, part in (("train", slice(0, self.cut)), ("new", slice(self.cut, None))):
            self.frame[part].to_csv(os.path.join(self.work, name + ".csv"), index=False)
            with open(os.path.join(self.work, name + ".libfm"), "w") as out:
                out.writelines(f"{y} {a}:1 {b + u.max() + 1}:1\n" for y, a, b in zip(stars[part], u[part], i[part]))
        self.train, self.new = (bench.call("table_read", os.path.join(self.work, name + ".csv").encode())
                                for name in ("train", "new"))

    def ours(self, epochs):
        """CPU ms of training, and the error."""
        bench, out = self.bench, numpy.empty(len(self.new_stars))
        how = bench.Training(size=bench.ctypes.sizeof(bench.Training), target=b"y", threads=1,
                             learner=b"factorization_machine",
                             params=(bench.ctypes.c_char_p * 3)(b"num_factors=10", b"epochs=" + epochs, None),
                             transforms=(bench.ctypes.c_char_p * 1)(None))
        start = time.process_time()
        model = bench.call("train", self.train, bench.ctypes.byref(how))
        taken = (time.process_time() - start) * 1000
        bench.call("predict", model, self.new, bench.doubles(out), len(out))
        bench.LIBRARY.holdout_model_free(model)
        return taken, numpy.sqrt(((out - self.new_stars) ** 2).mean())

    def libfm(self):
        taken, error = libfm_run(self.work, self.new_stars, 50)
        return taken - libfm_run(self.work, self.new_stars, 1)[0], error


RATING_DRAWS = 4, 5, 6, 7, 8  # one draw's error moves by 0.002 from one start of the factors to another


def bench_factorization_machine(bench):
    """Beside libFM where LIBFM is the path of its program; no package of Debian has one: else the figures are told.
    Both are asked for 50 rounds; ours may end earlier, by its tol, and does."""
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        draws = [Ratings(bench, work, seed) for seed in RATING_DRAWS]
        ours = [(one.ours(b"50"), one.libfm() if "LIBFM" in os.environ else (0, 0)) for one in draws]
        ours, theirs = numpy.array(ours).transpose(1, 0, 2)
        name, taken, error = f"factorization machine: train {draws[0].cut} ratings, k 10", numpy.median(ours[:, 0]), ours[:, 1].mean()
        if "LIBFM" in os.environ:
            yield bench.row(name, 4, [taken, numpy.median(theirs[:, 0])], "libFM, ALS, 49 iterations", "rmse", error,
                            theirs[:, 1].mean())
        else:
            means = numpy.mean([item_means(one.frame, one.cut) for one in draws])
            print(f"  {name}: {taken:.0f} ms, rmse {error:.4f} (item means {means:.4f}); libFM's ALS, 50 epochs of"
                  " MovieLens 100k, once took 840 ms here", file=sys.stderr)


def item_means(frame, cut):
    means = frame[:cut].groupby("item")["y"].mean()
    guess = frame[cut:]["item"].map(means).fillna(frame[:cut]["y"].mean())
    return numpy.sqrt(((guess - frame[cut:]["y"]) ** 2).mean())


def rows(bench):
    yield from bench_factorization_machine(bench)
    data = made()
    few = 3  # rounds where the peer takes seconds
    yield bench_logistic(bench, data, 2, "sklearn lbfgs", solver="lbfgs")
    yield bench_logistic(bench, data, 2, "sklearn newton-cholesky", solver="newton-cholesky")
    yield bench_two_threads(bench, data)
    yield bench_logistic(bench, data, 4, "sklearn liblinear", (b"C=0.01", b"penalty=l1"), penalty="l1", C=0.01,
                         solver="liblinear")
    yield bench_softmax(bench)
    yield bench_squares(bench, data, "ridge", b"ridge", [b"alpha=1"], Ridge(alpha=1.0), 1.2, bench.ROUNDS)
    yield bench_squares(bench, data, "least squares", b"linear", [], LinearRegression(), 6, bench.ROUNDS)
    data = made(together=0)  # on columns that go together the peer's descent takes minutes
    yield bench_squares(bench, data, "lasso", b"lasso", [b"alpha=0.02"], Lasso(alpha=0.02), 3, few)
    yield bench_squares(bench, data, "lasso_cv, 5 folds, 100 alphas", b"lasso_cv", [], LassoCV(cv=5), 8, 1)
