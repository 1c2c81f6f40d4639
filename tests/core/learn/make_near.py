# Makes the numbers that the tests of knn, kmeans, pca, mlp and the forecasts compare with, by scikit-learn 1.2.1,
# statsmodels 0.13.5 and scipy 1.10.1 (python3-sklearn and python3-statsmodels of Debian 12):
#   /usr/bin/python3 tests/core/learn/make_near.py AIRPASSENGERS.json
# writes near.json and forecast.json beside itself. Data: wine, breast cancer and diabetes of scikit-learn; the monthly
# airline passengers of Box & Jenkins (the argument: {"train": [120 numbers], "test": [24]}); sunspots and Nile of statsmodels.
import json
import os
import sys
import warnings

import numpy as np
import statsmodels.api as sm
from scipy.optimize import least_squares
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.holtwinters import ExponentialSmoothing

warnings.simplefilter("ignore")
here = os.path.dirname(os.path.abspath(__file__))


def save(name, value):
    with open(os.path.join(here, name), "w") as out:
        json.dump(value, out, separators=(",", ":"))
        out.write("\n")


def rounded(array, digits=10):
    return np.round(np.asarray(array, dtype=float), digits).tolist()


def read(load, rows, columns, seed):
    data = load()
    x = data.data[:, :columns]
    order = np.random.default_rng(seed).permutation(len(x))[:rows]
    x = np.round((x - x.mean(axis=0)) / x.std(axis=0), 4)
    return x[order], np.asarray(data.target, dtype=float)[order]


SETS = {"wine": read(load_wine, 178, 13, 1), "cancer": read(load_breast_cancer, 220, 8, 2),
        "diabetes": read(load_diabetes, 240, 10, 3)}
SPLIT = 0.7


def parts(name):
    x, y = SETS[name]
    cut = int(len(x) * SPLIT)
    return x[:cut], y[:cut], x[cut:], y[cut:]


def knn():
    cases = []
    for name in SETS:
        x, y, new, _ = parts(name)
        for k, weights, metric in ((1, "uniform", "l2"), (5, "uniform", "l2"), (15, "distance", "l2"),
                                   (5, "uniform", "cosine"), (7, "distance", "cosine")):
            peer = (KNeighborsRegressor if name == "diabetes" else KNeighborsClassifier)(
                n_neighbors=k, weights=weights, metric={"l2": "euclidean"}.get(metric, metric), algorithm="brute").fit(x, y)
            out = peer.predict(new) if name == "diabetes" else peer.predict_proba(new)
            out = out[:, 1] if name == "cancer" else out
            cases.append({"set": name, "params": [f"n_neighbors={k}", f"weights={weights}", f"metric={metric}"],
                          "out": rounded(np.ravel(out))})
    return cases


def kmeans():
    cases = []
    for name in SETS:
        x = SETS[name][0]
        for k in (3, 8):
            for max_iter in (4, 300):
                rows = [int(r) for r in np.random.default_rng(k).choice(len(x), k, replace=False)]
                peer = KMeans(k, init=x[rows], n_init=1, max_iter=max_iter, tol=0, algorithm="lloyd").fit(x)
                cases.append({"set": name, "params": [f"n_clusters={k}", f"max_iter={max_iter}", "tol=0",
                                                      "init_rows=" + ",".join(map(str, rows))],
                              "inertia": peer.inertia_, "labels": peer.labels_.tolist(), "iterations": peer.n_iter_})
    return cases


def pca():
    cases = []
    for name, rows in (("wine", 178), ("diabetes", 240), ("wine", 9)):
        x = SETS[name][0][:rows]
        count = min(4, rows)
        peer = PCA(count, svd_solver="full").fit(x)
        axes = peer.components_ * np.sign(peer.components_[np.arange(count), np.abs(peer.components_).argmax(axis=1)])[:, None]
        left = SETS[name][0] - peer.inverse_transform(peer.transform(SETS[name][0]))
        cases.append({"set": name, "rows": rows, "components": count, "means": rounded(peer.mean_, 14),
                      "axes": rounded(axes, 14), "variances": rounded(peer.explained_variance_, 14),
                      "total": float(x.var(axis=0, ddof=1).sum()), "errors": rounded((left**2).sum(axis=1), 14)})
    return cases


def mlp():
    """Mean loss on the test part over seeds, as the tests take it of ours."""
    cases = []
    for name in SETS:
        x, y, new, truth = parts(name)
        losses = []
        for seed in range(15):
            if name == "diabetes":
                mean, spread = y.mean(), y.std()
                peer = MLPRegressor((30,), max_iter=60, learning_rate_init=0.01, batch_size=32, random_state=seed)
                out = peer.fit(x, (y - mean) / spread).predict(new) * spread + mean
                losses.append(mean_squared_error(truth, out, squared=False))
            else:
                peer = MLPClassifier((30,), max_iter=40, learning_rate_init=0.01, batch_size=32, random_state=seed)
                losses.append(log_loss(truth, peer.fit(x, y).predict_proba(new)))
        cases.append({"set": name, "loss": float(np.mean(losses)), "spread": float(np.std(losses))})
    return cases


def holt(series, periods):
    cases = []
    for trend, seasonal, damped in (("add", "add", False), ("add", "mul", False), ("mul", "mul", False), ("add", "mul", True),
                                    ("add", None, False), (None, None, False)):
        if seasonal and periods < 2:
            continue
        peer = ExponentialSmoothing(series, trend=trend, seasonal=seasonal, damped_trend=damped,
                                    seasonal_periods=periods if seasonal else None).fit()
        cases.append({"params": [f"trend={trend or 'none'}".lower(), f"seasonal={seasonal or 'none'}".lower(),
                                 f"damped_trend={str(damped).lower()}", f"seasonal_periods={max(periods, 1)}"],
                      "sse": float(peer.sse), "level": float(peer.params["smoothing_level"]),
                      "forecast": rounded(peer.forecast(24))})
    return cases


def autoregression(series, period):
    cases = []
    for lags, trend, seasonal in ((1, "c", False), (9, "c", False), ([1, 12, 13], "ct", False), (3, "n", False), (2, "ct", True)):
        peer = AutoReg(series, lags=lags, trend=trend, seasonal=seasonal, period=period if seasonal else None).fit()
        text = str(lags) if isinstance(lags, int) else ",".join(map(str, lags))
        cases.append({"params": [f"lags={text}", f"trend={trend}"] + (["seasonal=true", f"period={period}"] if seasonal else []),
                      "phi": rounded(peer.params[-(lags if isinstance(lags, int) else len(lags)):], 12),
                      "fitted": rounded(peer.fittedvalues, 8), "forecast": rounded(peer.predict(len(series), len(series) + 23), 8)})
    return cases


def with_columns(series):
    """y = b x + z with z autoregressive, both least squares at once by scipy."""
    random = np.random.default_rng(7)
    x = np.round(random.normal(size=(len(series) + 24, 2)) * [1, 30] + [0, 5], 3)
    y = np.round(series + x[:len(series)] @ [25, -1.5], 3)
    lags = np.array([1, 2])

    def miss(w):
        z = y - x[:len(y)] @ w[:2]
        return z[2:] - w[2] - w[3] * z[1:-1] - w[4] * z[:-2]

    w = least_squares(miss, [20, -1, 1, 0.5, 0], method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    z = list(y - x[:len(y)] @ w[:2])
    for _ in range(24):
        z.append(w[2] + w[3] * z[-1] + w[4] * z[-2])
    return {"x": x.tolist(), "y": y.tolist(), "params": ["lags=" + ",".join(map(str, lags))], "weights": rounded(w[:2], 8),
            "phi": rounded(w[3:], 8), "forecast": rounded(np.array(z[-24:]) + x[-24:] @ w[:2], 6)}


def main():
    save("near.json", {"sets": {name: {"x": x.tolist(), "y": y.tolist(), "cut": int(len(x) * SPLIT)}
                                for name, (x, y) in SETS.items()},
                       "knn": knn(), "kmeans": kmeans(), "pca": pca(), "mlp": mlp()})
    with open(sys.argv[1]) as file:
        air = json.load(file)
    sunspots = np.asarray(sm.datasets.sunspots.load_pandas().data["SUNACTIVITY"])
    nile = np.asarray(sm.datasets.nile.load_pandas().data["volume"], dtype=float)
    passengers = np.array(air["train"])
    save("forecast.json", {"air": {"y": air["train"], "test": air["test"], "months": True, "holt": holt(passengers, 12),
                                   "ar": autoregression(passengers, 12)},
                           "nile": {"y": nile.tolist(), "holt": holt(nile, 1)},
                           "sunspots": {"y": sunspots.tolist(), "ar": autoregression(sunspots, 11)},
                           "columns": with_columns(nile)})


main()
