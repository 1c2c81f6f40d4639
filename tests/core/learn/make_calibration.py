#!/usr/bin/env python3
"""calibration.json: scikit-learn's isotonic regression and sigmoid calibration of made probabilities."""
import json

import numpy
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

random = numpy.random.default_rng(5)
n = 60
p = numpy.round(random.uniform(0.02, 0.98, n), 2)  # with ties
y = (random.random(n) < p ** 2).astype(float)
weight = random.integers(1, 4, n).astype(float)
new = numpy.linspace(0, 1, 21)
isotonic = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1)
logit = numpy.log(p / (1 - p))
inside = new[1:-1]
sigmoid = _SigmoidCalibration().fit(logit, y)
print(json.dumps({
    "p": p.tolist(), "y": y.tolist(), "weight": weight.tolist(), "new": new.tolist(), "inside": inside.tolist(),
    "isotonic": isotonic.fit(p, y).predict(new).tolist(),
    "isotonic_weighted": isotonic.fit(p, y, sample_weight=weight).predict(new).tolist(),
    "platt": sigmoid.predict(numpy.log(inside / (1 - inside))).tolist(),
}))
