#!/usr/bin/python3
"""Prints tests/core/math/distributions.json: scipy's distributions at chosen arguments."""
import json
import warnings

import numpy as np
from scipy import stats

warnings.filterwarnings("ignore")
rows = []


def add(name, args, value):
    rows.append({"f": name, "x": [float(a) for a in args], "value": float(value)})


shapes = [(0.5, 0.5), (1, 1), (2, 3), (0.1, 7), (30, 2), (250, 250), (5000, 40), (1e5, 1e5)]
for a, b in shapes:
    for q in (1e-9, 0.01, 0.3, 0.5, 0.9, 0.999):
        x = stats.beta.ppf(q, a, b)
        if 1e-12 < x < 0.999999:
            add("beta_below", (x, a, b), stats.beta.cdf(x, a, b))
            add("beta_above", (x, a, b), stats.beta.sf(x, a, b))
            if 1e-3 <= q <= 0.9:
                add("beta_quantile", (q, a, b), x)
for df in (1, 2, 3, 7.5, 30, 200, 1e4, 1e6):
    for x in (df * 0.1, df * 0.7, df, df * 1.3, df + 6 * (2 * df) ** 0.5, df + 12 * (2 * df) ** 0.5):
        add("chi2_above", (x, df), stats.chi2.sf(x, df))
    for q in (0.001, 0.05, 0.5, 0.95, 0.999):
        add("chi2_quantile", (q, df), stats.chi2.ppf(q, df))
for df in (1, 2, 5, 9, 99, 1234):
    for t in (-4, -1, -0.01, 0.2, 1.96, 6, 30):
        add("t_above", (t, df), stats.t.sf(t, df))
        add("t_two_sided", (t, df), 2 * stats.t.sf(abs(t), df))
    for q in (1e-4, 0.025, 0.2, 0.45, 0.6, 0.975):
        add("t_quantile", (q, df), stats.t.ppf(q, df))
for d1, d2 in ((1, 1), (3, 39), (10, 5), (2, 42), (100, 1e4)):
    for f in (0.01, 0.5, 1, 2.85, 8, 40):
        add("f_above", (f, d1, d2), stats.f.sf(f, d1, d2))
    for q in (0.01, 0.5, 0.95, 0.99):
        add("f_quantile", (q, d1, d2), stats.f.ppf(q, d1, d2))
for n, p in ((1, 0.3), (12, 0.5), (40, 0.01), (1000, 0.2), (100000, 0.51)):
    for share in (0, 0.1, 0.2, 0.5, 0.52, 0.9, 1):
        k = int(share * n)
        if stats.binom.pmf(k, n, p) > 1e-250:
            add("binomial_exactly", (k, n, p), stats.binom.pmf(k, n, p))
            add("binomial_at_most", (k, n, p), stats.binom.cdf(k, n, p))
for k in (2, 3, 5, 10, 50):
    for q in (0.5, 2, 3.3, 5):
        add("studentized_range_below", (q, k), stats.studentized_range.cdf(q, k, np.inf))
    for share in (0.1, 0.9, 0.95, 0.99):
        add("studentized_range_quantile", (share, k), stats.studentized_range.ppf(share, k, np.inf))
print("[")
print(",\n".join(" " + json.dumps(r) for r in rows))
print("]")
