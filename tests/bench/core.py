#!/usr/bin/env python3
"""The core against the usual Python libraries: the same data, in turn, one thread each, medians; quality beside time.

Ours is libholdout through ctypes, in this process: no program start counts on either side. Times are CPU times, so that
what else the machine does matters little. Data are made here from a seed. Goals: how many times the peer's speed we want.
"""
import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

import ctypes
import json
import statistics
import sys
import tempfile
import time
import warnings

import numpy
import pandas
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_squared_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
ROUNDS = 5
ROWS, COLUMNS = 100000, 100  # to train on
NEW_ROWS = 20000  # to predict
SCORES = 1000000
CSV_ROWS = 290000  # about 50 MB
GOALS = {"logistic": 10, "newton": 2, "ridge": 1.2, "roc_auc": 8, "csv": 5}


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char * 256)]


class Training(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("target", ctypes.c_char_p), ("id", ctypes.c_char_p),
                ("learner", ctypes.c_char_p), ("params", ctypes.POINTER(ctypes.c_char_p)),
                ("transforms", ctypes.POINTER(ctypes.c_char_p)), ("seed", ctypes.c_uint64), ("threads", ctypes.c_uint)]


class Value(ctypes.Structure):
    _fields_ = [("value", ctypes.c_double), ("low", ctypes.c_double), ("high", ctypes.c_double)]


DOUBLES = ctypes.POINTER(ctypes.c_double)
HANDLE, TEXT, SIZE, WHY = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Error)
FUNCTIONS = {
    "table_read": (HANDLE, TEXT, WHY),
    "table_new": (HANDLE, SIZE, WHY),
    "table_free": (None, HANDLE),
    "table_rows": (SIZE, HANDLE),
    "table_find": (ctypes.c_ssize_t, HANDLE, TEXT),
    "table_numbers": (DOUBLES, HANDLE, SIZE),
    "table_add_numbers": (ctypes.c_bool, HANDLE, TEXT, DOUBLES, WHY),
    "train": (HANDLE, HANDLE, ctypes.POINTER(Training), WHY),
    "model_free": (None, HANDLE),
    "predict": (ctypes.c_bool, HANDLE, HANDLE, DOUBLES, SIZE, WHY),
    "measure": (ctypes.c_bool, TEXT, DOUBLES, DOUBLES, SIZE, ctypes.POINTER(Value), WHY),
}
LIBRARY = ctypes.CDLL(BUILD + "/lib/libholdout.so")
for name, (gives, *takes) in FUNCTIONS.items():
    getattr(LIBRARY, "holdout_" + name).restype = gives
    getattr(LIBRARY, "holdout_" + name).argtypes = takes


def call(name, *arguments):
    """A function of libholdout that can fail; its error ends the benchmark."""
    error = Error()
    result = getattr(LIBRARY, "holdout_" + name)(*arguments, ctypes.byref(error))
    if not result:
        raise SystemExit(f"holdout_{name}: {error.text.decode()}")
    return result


def doubles(array):
    return array.ctypes.data_as(DOUBLES)


def our_table(x, y=None):
    table = call("table_new", len(x))
    for at in range(x.shape[1]):
        call("table_add_numbers", table, b"x%d" % at, doubles(numpy.ascontiguousarray(x[:, at])))
    if y is not None:
        call("table_add_numbers", table, b"y", doubles(numpy.ascontiguousarray(y, dtype=float)))
    return table


def our_learner(learner, param, x, y, new):
    """Both tables are made before the clock runs, as the peer's arrays are."""
    train, sample = our_table(x, y), our_table(new)
    how = Training(size=ctypes.sizeof(Training), target=b"y", learner=learner, threads=1,
                   params=(ctypes.c_char_p * 2)(param, None),
                   transforms=(ctypes.c_char_p * 2)(b"standard", None))

    def run():
        out = numpy.empty(len(new))
        model = call("train", train, ctypes.byref(how))
        call("predict", model, sample, doubles(out), len(out))
        LIBRARY.holdout_model_free(model)
        return out
    return run


def measure(metric, truth, prediction):
    value = Value()
    truth, prediction = (numpy.ascontiguousarray(a, dtype=float) for a in (truth, prediction))
    call("measure", metric, doubles(truth), doubles(prediction), len(truth), ctypes.byref(value))
    return value.value


def in_turn(ours, peer):
    """One round each that does not count, then ours and theirs alternate. Medians in ms, and both results."""
    results = ours(), peer()
    times = [], []
    for _ in range(ROUNDS):
        for run, taken in zip((ours, peer), times):
            start = time.process_time()
            run()
            taken.append((time.process_time() - start) * 1000)
    return [statistics.median(taken) for taken in times], results


def row(name, goal, times, peer_name, quality, ours_quality, peer_quality):
    ours, peer = times
    target = GOALS[goal]
    return {"name": name + ", ms", "ours": round(ours, 2), "peer": round(peer, 2), "peer_name": peer_name,
            "ratio": round(peer / ours, 2), "target": target, "met": peer / ours >= target,
            "quality": quality, "ours_quality": ours_quality, "peer_quality": peer_quality}


def made(seed=1):
    random = numpy.random.default_rng(seed)
    rows = ROWS + NEW_ROWS
    common = random.normal(size=(rows, 1))  # columns of real tables go together
    x = (random.normal(size=(rows, COLUMNS)) + common) * random.uniform(0.1, 20, COLUMNS)
    signal = (x / x.std(0)) @ random.normal(size=COLUMNS) / 4
    classes = (signal + random.logistic(size=rows) > 0).astype(float)
    numbers = signal + random.normal(size=rows)
    return x[:ROWS], x[ROWS:], classes[:ROWS], classes[ROWS:], numbers[:ROWS], numbers[ROWS:]


def bench_logistic(data, solver, goal):
    x, new, y, truth = data[0], data[1], data[2], data[3]
    peer = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000, solver=solver))
    times, (ours, theirs) = in_turn(our_learner(b"logistic", b"C=1", x, y, new),
                                    lambda: peer.fit(x, y).predict_proba(new)[:, 1])
    return row(f"logistic: train {len(x)} x {COLUMNS}, predict {len(new)}", goal, times, f"sklearn {solver}", "roc_auc",
               roc_auc_score(truth, ours), roc_auc_score(truth, theirs))


def bench_ridge(data):
    x, new, y, truth = data[0], data[1], data[4], data[5]
    peer = make_pipeline(StandardScaler(), Ridge(alpha=1.0))
    times, (ours, theirs) = in_turn(our_learner(b"ridge", b"alpha=1", x, y, new), lambda: peer.fit(x, y).predict(new))
    return row(f"ridge: train {len(x)} x {COLUMNS}, predict {len(new)}", "ridge", times, "sklearn", "rmse",
               mean_squared_error(truth, ours, squared=False), mean_squared_error(truth, theirs, squared=False))


def bench_roc_auc():
    random = numpy.random.default_rng(2)
    truth = (random.random(SCORES) < 0.3).astype(float)
    score = 1 / (1 + numpy.exp(-random.normal(size=SCORES) - truth))
    times, (ours, theirs) = in_turn(lambda: measure(b"roc_auc", truth, score), lambda: roc_auc_score(truth, score))
    return row(f"roc_auc of {SCORES} scores (ours with its interval)", "roc_auc", times, "sklearn", "roc_auc", ours, theirs)


def bench_csv():
    random = numpy.random.default_rng(3)
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        path = work + "/table.csv"
        frame = pandas.DataFrame({f"x{i}": random.normal(size=CSV_ROWS) for i in range(8)})
        frame["home"] = random.choice(["own", "rent", "parents", "other"], CSV_ROWS)
        frame["count"] = random.integers(0, 100000, CSV_ROWS)
        frame.to_csv(path, index=False)
        size = os.path.getsize(path)
        del frame

        def ours():
            table = call("table_read", path.encode())
            numbers = LIBRARY.holdout_table_numbers(table, LIBRARY.holdout_table_find(table, b"x3"))
            total = float(numpy.ctypeslib.as_array(numbers, (LIBRARY.holdout_table_rows(table),)).sum())
            LIBRARY.holdout_table_free(table)
            return total

        times, results = in_turn(ours, lambda: float(pandas.read_csv(path)["x3"].sum()))
    return row(f"CSV of {size / 1e6:.0f} MB", "csv", times, "pandas", "sum of x3", *results)


def main():
    warnings.simplefilter("ignore")
    data = made()
    rows = [bench_logistic(data, "lbfgs", "logistic"), bench_logistic(data, "newton-cholesky", "newton"), bench_ridge(data), bench_roc_auc(), bench_csv()]
    if "--json" in sys.argv:
        print(json.dumps({"rows": rows}))
        return
    print(f"core against scikit-learn {sklearn.__version__} and pandas {pandas.__version__}, one thread each,"
          f" medians of {ROUNDS} in turn, CPU ms")
    for one in rows:
        print(f"  {one['name'][:-4]:<48} {one['ours']:9.2f}   {one['peer_name']:<23} {one['peer']:9.2f}"
              f"   ratio {one['ratio']:6.2f}, goal {one['target']:4.1f}: {'met' if one['met'] else 'missed'}")
        print(f"    {one['quality']:<46} {one['ours_quality']:9.6f}   {'':<23} {one['peer_quality']:9.6f}")


main()
