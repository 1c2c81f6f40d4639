#!/usr/bin/env python3
"""Makes tests/core/data/drift.json: samples and their drift as scipy and numpy see it.

The sample A, B of the first case and its figures are of another independent implementation.
"""
import json
import sys

import numpy
from scipy import stats


def psi(a, b):
    edges = numpy.unique(numpy.quantile(a, numpy.linspace(0, 1, 11)))
    edges[0], edges[-1] = -numpy.inf, numpy.inf
    p, q = (numpy.maximum(numpy.histogram(x, edges)[0] / len(x), 1e-4) for x in (a, b))
    return float(((q - p) * numpy.log(q / p)).sum())


def case(a, b):
    ks = stats.ks_2samp(a, b, method="exact" if len(a) * len(b) < 2e7 else "asymp")
    return {"before": [float(x) for x in a], "after": [float(x) for x in b], "psi": psi(a, b),
            "ks": float(ks.statistic), "ks_p": float(ks.pvalue)}


def table(a, b, rare=0):
    """The last `rare` levels are expected in fewer than 5 rows and count together in chi-squared."""
    together = [[*x[:len(x) - rare], sum(x[len(x) - rare:])] if rare else x for x in (a, b)]
    chi2 = stats.chi2_contingency(together, correction=False)
    p, q = (numpy.maximum(numpy.array(x) / sum(x), 1e-4) for x in (a, b))
    return {"before": a, "after": b, "chi2": float(chi2[0]), "chi2_p": float(chi2[1]),
            "psi": float(((q - p) * numpy.log(q / p)).sum())}


random = numpy.random.default_rng(4)
given = json.load(open(sys.argv[1]))["drift"]
numbers = [{"before": given["A"], "after": given["B"], "psi": given["psi10"], "ks": given["ks"], "ks_p": given["ks_p"]},
           case(random.normal(size=80).round(2), random.normal(0.5, 1, 120).round(2)),
           case(random.normal(size=300).round(3), random.normal(0, 1.5, 100).round(3)),
           case(numpy.array([1, 2, 3, 4.5]), numpy.array([2.5, 6, 7]))]
levels = [table([50, 30, 20], [40, 45, 35]), table([500, 300, 200, 10], [480, 330, 195, 12]),
          table([50, 30, 20, 1, 0, 2], [40, 45, 35, 0, 2, 1], rare=3)]
json.dump({"numbers": numbers, "levels": levels}, open("tests/core/data/drift.json", "w"))
