#!/usr/bin/env python3
"""Vectors for score curves, in Python with 50 decimals: tests/rubrics/curves.py > tests/rubrics/curves.json"""
import bisect
import json
from decimal import Decimal, getcontext

getcontext().prec = 50


def interp(value, x, y):
    """Straight between the pairs, flat beyond them."""
    value, x, y = Decimal(value), [Decimal(v) for v in x], [Decimal(v) for v in y]
    at = bisect.bisect_left(x, value)
    if at == 0:
        return float(y[0])
    if at == len(x):
        return float(y[-1])
    return float(y[at - 1] + (y[at] - y[at - 1]) * (value - x[at - 1]) / (x[at] - x[at - 1]))


def points(through, values):
    x, y = zip(*through)
    return {"curve": "points", "through": through,
            "vectors": [[v, interp(v, x, y)] for v in values]}


def ends(curve, zero_at, full_at, values):
    scale = (lambda v: Decimal(v).ln()) if curve == "log" else Decimal
    x = sorted((scale(zero_at), scale(full_at)))
    y = [0, 1] if zero_at < full_at else [1, 0]
    return {"curve": curve, "zero_at": zero_at, "full_at": full_at,
            "vectors": [[v, interp(scale(v), x, y)] for v in values]}


print(json.dumps([
    points([[0.7, 0], [0.8, 0.6], [0.85, 0.9], [0.9, 1.0]],
           [0.5, 0.7, 0.75, 0.8, 0.82, 0.85, 0.875, 0.9, 0.99]),
    points([[10, 1.0], [20, 0.5], [40, 0.0]], [5, 10, 15, 20, 30, 40, 80]),
    ends("linear", 0.5, 0.85, [0.1, 0.5, 0.6, 0.675, 0.85, 1.0]),
    ends("linear", 55000, 15000, [1, 15000, 20000, 35000, 54999, 55000, 1e9]),
    ends("log", 10, 1, [0.01, 1, 1.5, 2, 3, 5, 9.9, 10, 1000]),
    ends("log", 512, 32, [1, 32, 40, 64, 128, 256, 511, 512, 4096]),
    ends("log", 0.01, 100, [0.001, 0.01, 0.1, 1, 10, 100, 1000]),
], indent=1))
