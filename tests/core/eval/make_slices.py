#!/usr/bin/python3
"""Makes vectors/slices.json: Welch's one-sided t-test of each slice against the rest, by scipy, adjusted by statsmodels'
rule (Benjamini and Hochberg). Run it as `/usr/bin/python3 tests/core/eval/make_slices.py` (scipy 1.10.1).
"""
import itertools
import json
import math
import os

import numpy as np
from scipy.stats import ttest_ind

random = np.random.default_rng(7)
N = 1200
city = random.choice(3, N, p=[0.5, 0.3, 0.2])  # three levels
grade = random.choice(4, N)  # numbers with few values
loss = np.round(random.exponential(1 + 0.5 * (city == 2) + 1.5 * ((city == 1) & (grade == 3))), 4)
least = max(30, math.ceil(0.05 * N))
tests = []
for picked in ([("city", v)] for v in range(3)):
    tests.append(picked)
for picked in ([("grade", v)] for v in range(4)):
    tests.append(picked)
for a, b in itertools.product(range(3), range(4)):
    tests.append([("city", a), ("grade", b)])
out = []
for parts in tests:
    inside = np.ones(N, bool)
    for name, level in parts:
        inside &= {"city": city, "grade": grade}[name] == level
    if inside.sum() < least or (~inside).sum() < least:
        continue
    one, rest = loss[inside], loss[~inside]
    effect = (one.mean() - rest.mean()) / math.sqrt((one.var(ddof=1) + rest.var(ddof=1)) / 2)
    p = ttest_ind(one, rest, equal_var=False, alternative="greater").pvalue
    out.append({"parts": [f"{name} = {level}" for name, level in parts], "rows": int(inside.sum()), "loss": one.mean(),
                "rest": rest.mean(), "effect": effect, "p": p})
order = np.argsort([s["p"] for s in out])
worst = 1.0
for rank in range(len(out), 0, -1):
    one = out[order[rank - 1]]
    worst = min(worst, one["p"] * len(out) / rank)
    one["adjusted"] = worst
path = os.path.join(os.path.dirname(__file__), "vectors", "slices.json")
with open(path, "w", encoding="utf-8") as file:
    json.dump({"city": city.tolist(), "grade": grade.tolist(), "loss": loss.tolist(), "slices": out}, file,
              separators=(",", ":"))
    file.write("\n")
print(len(out), "slices,", sum(s["adjusted"] <= 0.1 for s in out), "below 0.1")
