"""Rankings, clusters: against scikit-learn. What the library has no door for goes through holdout-ml and its own clock."""
import ctypes
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy
import pandas
from sklearn import metrics

QUERIES, ITEMS = 20000, 100
ROWS, FEATURES, CLUSTERS = 10000, 50, 20
MANY_ROWS = 1000000


def bench_rankings(bench):
    random = numpy.random.default_rng(4)
    relevance = random.choice([0.0, 0, 0, 1, 2, 3, 4], (QUERIES, ITEMS))
    score = relevance * 0.3 + random.normal(size=(QUERIES, ITEMS))
    group = numpy.repeat(numpy.arange(QUERIES, dtype=numpy.uint32), ITEMS)
    query = {"group": group.ctypes.data_as(ctypes.POINTER(ctypes.c_uint32)), "group_count": QUERIES}
    out = []
    for name, peer_name, ignore in (("ties averaged", "sklearn ndcg_score", False),
                                    ("no ties", "sklearn, ignore_ties", True)):
        times, (one, other) = bench.in_turn(
            lambda: bench.measure(b"ndcg", relevance.ravel(), score.ravel(), **query),
            lambda: metrics.ndcg_score(relevance, score, ignore_ties=ignore))
        out.append(bench.row(f"ndcg of {QUERIES} x {ITEMS} and its interval; peer: {name}", 15 if not ignore else None,
                             times, peer_name, "ndcg", one, other))
    return out


def evaluate(bench, folder, metric, *more):
    """(value, seconds of processor time that the metric took) of the files in the folder."""
    done = subprocess.run([bench.BUILD + "/bin/holdout-ml", "evaluate", "--truth", folder + "/truth.csv", "--pred",
                           folder + "/said.csv", "--metric", metric, "--no-interval", "--json", "--time", *more],
                          check=True, capture_output=True)
    found = json.loads(done.stdout)["metrics"][metric]
    return found["value"], found["cpu_s"]


def bench_clusters(bench):
    random = numpy.random.default_rng(5)
    cluster = random.integers(0, CLUSTERS, ROWS)
    x = random.normal(size=(ROWS, FEATURES)) + random.normal(size=(CLUSTERS, FEATURES))[cluster]
    ours, peers = [], []
    with tempfile.TemporaryDirectory() as folder:
        ids = numpy.arange(ROWS)
        pandas.DataFrame({"id": ids, "y": cluster}).to_csv(folder + "/truth.csv", index=False)
        pandas.DataFrame({"id": ids, "cluster": cluster}).to_csv(folder + "/said.csv", index=False)
        frame = pandas.DataFrame(x, columns=[f"x{at}" for at in range(FEATURES)])
        frame.insert(0, "id", ids)
        frame.to_csv(folder + "/features.csv", index=False)
        for _ in range(bench.ROUNDS):
            one, seconds = evaluate(bench, folder, "silhouette", "--features", folder + "/features.csv")
            ours.append(seconds * 1000)
            start = time.process_time()
            other = metrics.silhouette_score(x, cluster)
            peers.append((time.process_time() - start) * 1000)
    times = statistics.median(ours), statistics.median(peers)
    return [bench.row(f"silhouette of {ROWS} x {FEATURES}", 4, times, "sklearn", "silhouette", one, other)]


def bench_agreement(bench):
    random = numpy.random.default_rng(6)
    truth = random.integers(0, 30, MANY_ROWS)
    found = numpy.where(random.random(MANY_ROWS) < 0.7, truth, random.integers(0, 50, MANY_ROWS))
    out = []
    for metric, peer in ((b"adjusted_mutual_info", metrics.adjusted_mutual_info_score),
                         (b"adjusted_rand_index", metrics.adjusted_rand_score)):
        times, (one, other) = bench.in_turn(
            lambda: bench.measure(metric, truth, found, interval=False, class_count=50), lambda: peer(truth, found))
        name = metric.decode()
        out.append(bench.row(f"{name} of {MANY_ROWS} rows", None, times, "sklearn", name, one, other))
    return out


def rows(bench):
    return bench_rankings(bench) + bench_clusters(bench) + bench_agreement(bench)
