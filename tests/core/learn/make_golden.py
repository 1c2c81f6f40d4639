# Makes the numbers that the tests of core/learn compare with, by scikit-learn 1.2.1 (python3-sklearn of Debian 12):
#   /usr/bin/python3 tests/core/learn/make_golden.py
# writes linear.json, logistic.json, people.csv, people_new.csv and people.json beside itself.
import csv
import json
import os

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

here = os.path.dirname(os.path.abspath(__file__))


def save(name, value):
    with open(os.path.join(here, name), "w") as out:
        json.dump(value, out, separators=(",", ":"))
        out.write("\n")


def numbers(rng, rows, columns):
    mixing = rng.normal(size=(columns, columns))
    return np.round(rng.normal(size=(rows, columns)) @ mixing + rng.normal(size=columns) * 3, 3)


def linear():
    rng = np.random.default_rng(1)
    x = numbers(rng, 60, 5)
    y = np.round(x @ np.array([1.5, -2, 0, 0.3, 4]) + rng.normal(size=60) * 2 + 7, 3)
    cases = []
    for alpha in (0, 0.01, 1, 100):
        fit = (Ridge(alpha=alpha, solver="cholesky") if alpha else LinearRegression()).fit(x, y)
        cases.append({"alpha": alpha, "coefficients": fit.coef_.tolist(), "intercept": fit.intercept_})
    twins = np.column_stack([x, x[:, 0] + x[:, 1], np.ones(60)])
    fit = LinearRegression().fit(twins, y)
    save("linear.json", {"x": x.tolist(), "y": y.tolist(), "cases": cases,
                         "dependent": {"x": twins.tolist(), "coefficients": fit.coef_.tolist(),
                                       "intercept": fit.intercept_}})


def logistic_fit(x, y, **settings):
    return LogisticRegression(solver="newton-cholesky", tol=1e-13, max_iter=1000, **settings).fit(x, y)


def logistic():
    rng = np.random.default_rng(2)
    x = numbers(rng, 80, 4)
    chance = 1 / (1 + np.exp(-(x - x.mean(axis=0)) @ np.array([0.8, -0.5, 0.3, 0])  + 1))
    y = (rng.random(80) < chance).astype(int)
    cases = []
    for params, settings in (
        (["C=1"], {"C": 1}),
        (["C=0.01"], {"C": 0.01}),
        (["l2=0.1"], {"C": 10}),
        (["l2=0"], {"penalty": None}),
        (["C=1", "class_weight=balanced"], {"C": 1, "class_weight": "balanced"}),
    ):
        fit = logistic_fit(x, y, **settings)
        cases.append({"params": params, "coefficients": fit.coef_[0].tolist(), "intercept": fit.intercept_[0]})
    save("logistic.json", {"x": x.tolist(), "y": y.tolist(), "cases": cases})


def cell(value):
    return "" if value is None or value != value else str(value)


def write(name, header, rows):
    with open(os.path.join(here, name), "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([[cell(v) for v in row] for row in rows])


def people():
    rng = np.random.default_rng(3)
    rows = []
    for i in range(150):
        age = round(float(rng.normal(45, 12)), 1)
        income = round(float(rng.lognormal(7, 0.6)), 2) if rng.random() > 0.15 else None
        home = str(rng.choice(["own", "rent", "parents", None], p=[0.46, 0.3, 0.16, 0.08]) or "")
        home = "other, odd" if i in (7, 20, 120) else home
        late = rng.random() < 1 / (1 + np.exp(-(0.05 * (45 - age) + (0.8 if home == "rent" else 0) - 0.3)))
        spent = round(0.3 * (income or 900) + 4 * age + (50 if home == "own" else 0) + float(rng.normal(0, 40)), 2)
        rows.append([f"p{i:03}", age, income, home or None, "yes" if late else "no", spent])
    header = ["id", "age", "income", "home", "late", "spent"]
    old, new = rows[:110], rows[110:]
    new[0][3] = "castle"
    new[1][1] = None
    write("people.csv", header, old)
    write("people_new.csv", header[:4], [row[:4] for row in new])

    def features(some):
        return [[np.nan if v is None else v for v in row[1:3]] + [row[3] or ""] for row in some]

    homes = [row[3] for row in old if row[3]]
    levels = sorted(h for h in set(homes) if homes.count(h) >= 5)
    encoder = ColumnTransformer([
        ("age", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [0]),
        ("income", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [1]),
        ("income is missing", "passthrough", [3]),
        ("home", OneHotEncoder(categories=[levels + [""]], handle_unknown="ignore"), [2]),
    ], sparse_threshold=0)

    def table(some):
        out = np.empty((len(some), 4), dtype=object)
        for i, row in enumerate(features(some)):
            out[i] = [float(row[0]), float(row[1]), row[2], float(np.isnan(row[1]))]
        return out

    x, z = encoder.fit_transform(table(old)).astype(float), encoder.transform(table(new)).astype(float)
    late = logistic_fit(x, [row[4] == "yes" for row in old], C=0.7)
    spent = Ridge(alpha=2, solver="cholesky").fit(x, [row[5] for row in old])
    save("people.json", {"ids": [row[0] for row in new], "levels": levels, "rare": sorted(set(homes) - set(levels)),
                         "late": late.predict_proba(z)[:, 1].tolist(), "spent": spent.predict(z).tolist()})


linear()
logistic()
people()
