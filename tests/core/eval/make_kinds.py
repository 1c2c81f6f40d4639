#!/usr/bin/python3
"""Makes vectors/kinds.json: metrics of forecasts, rankings, clusters, labels and boxes on made-up rows.

    /usr/bin/python3 tests/core/eval/make_kinds.py > tests/core/eval/vectors/kinds.json

Values are scikit-learn's where it has them. Those of forecasts, and of boxes by the rules of the COCO evaluation, are
computed here by the definitions, pair by pair. The keys of "values" are names of metrics as `holdout-ml evaluate` takes
them.
"""
import json

import numpy
from sklearn import metrics

random = numpy.random.RandomState(20)


def ranking():
    queries, names = [], {}
    for _ in range(40):
        n = random.randint(2, 30)
        relevance = random.choice([0, 0, 0, 1, 2, 3.5], n)
        if not relevance.any():
            relevance[0] = 1
        queries.append((relevance, random.permutation(n) / n))
    for k in (None, 1, 5, 10):
        at = "" if k is None else "@%d" % k
        names["ndcg" + at] = [metrics.ndcg_score([r], [s], k=k, ignore_ties=True) for r, s in queries]
        names["dcg" + at] = [metrics.dcg_score([r], [s], k=k, ignore_ties=True) for r, s in queries]
        names["ndcg_exp" + at] = [metrics.ndcg_score([2 ** r - 1], [s], k=k, ignore_ties=True) for r, s in queries]
    names["map"] = [metrics.average_precision_score(r > 0, s) for r, s in queries]
    names["mrr"] = [1 / (1 + numpy.argmax((r > 0)[numpy.argsort(-s)])) for r, s in queries]
    hits = lambda r, s, k: (r > 0)[numpy.argsort(-s)][:k].sum()
    names["query_precision@5"] = [hits(r, s, 5) / 5 for r, s in queries]
    names["query_recall@5"] = [hits(r, s, 5) / (r > 0).sum() for r, s in queries]
    names["query_f1@5"] = [2 * hits(r, s, 5) / (5 + (r > 0).sum()) for r, s in queries]
    names["hit_rate@2"] = [hits(r, s, 2) > 0 for r, s in queries]
    names["r_precision"] = [hits(r, s, (r > 0).sum()) / (r > 0).sum() for r, s in queries]
    return {"group": [q for q, (r, _) in enumerate(queries) for _ in r],
            "truth": [x for r, _ in queries for x in r], "prediction": [x for _, s in queries for x in s],
            "values": {name: numpy.mean(each) for name, each in names.items()}}


def clusters():
    n = 300
    truth = numpy.concatenate([numpy.arange(6), random.choice(6, n - 6, p=[.5, .2, .1, .1, .05, .05])])
    found = (truth + random.choice([0, 0, 0, 1, 4], n)) % 12
    found[:9] = [12, 13, 14, 14, 15, 15, 15, 0, 0]  # some of one and two rows
    x = random.normal(size=(n, 3)) + truth[:, None] * [3, -1, 0.5]
    _, found = numpy.unique(found, return_inverse=True)
    centres = numpy.array([x[found == c].mean(axis=0) for c in range(found.max() + 1)])
    spread = numpy.array([numpy.linalg.norm(x[found == c] - at, axis=1).mean() for c, at in enumerate(centres)])
    apart = numpy.linalg.norm(centres[:, None] - centres[None], axis=2)
    numpy.fill_diagonal(apart, numpy.inf)
    davies_bouldin = ((spread[:, None] + spread) / apart).max(axis=1).mean()
    assert abs(davies_bouldin / metrics.davies_bouldin_score(x, found) - 1) < 1e-8  # it loses digits to clusters of one
    pairs = metrics.cluster.pair_confusion_matrix(truth, found)
    names = {
        "adjusted_rand_index": metrics.adjusted_rand_score(truth, found),
        "rand_index": metrics.rand_score(truth, found),
        "normalized_mutual_info": metrics.normalized_mutual_info_score(truth, found),
        "normalized_mutual_info_geometric": metrics.normalized_mutual_info_score(truth, found,
                                                                                 average_method="geometric"),
        "normalized_mutual_info_max": metrics.normalized_mutual_info_score(truth, found, average_method="max"),
        "adjusted_mutual_info": metrics.adjusted_mutual_info_score(truth, found),
        "clusters_mutual_info": metrics.mutual_info_score(truth, found),
        "homogeneity": metrics.homogeneity_score(truth, found),
        "completeness": metrics.completeness_score(truth, found),
        "v_measure": metrics.v_measure_score(truth, found),
        "fowlkes_mallows": metrics.fowlkes_mallows_score(truth, found),
        "purity": metrics.cluster.contingency_matrix(truth, found).max(axis=0).sum() / n,
        "silhouette": metrics.silhouette_score(x, found),
        "davies_bouldin": davies_bouldin,
        "calinski_harabasz": metrics.calinski_harabasz_score(x, found),
    }
    assert pairs.sum() == n * (n - 1)
    return {"truth": truth.tolist(), "prediction": found.tolist(), "features": x.tolist(), "values": names}


def labels():
    n, count = 200, 7
    truth = (random.uniform(size=(n, count)) < [.5, .3, .2, .1, .1, .05, .02]).astype(int)
    score = numpy.round(numpy.clip(truth * .3 + random.uniform(size=(n, count)) * .7, 0, 1), 2)
    said = (score >= .5).astype(int)
    names = {
        "subset_accuracy": metrics.accuracy_score(truth, said),
        "multilabel_hamming_loss": metrics.hamming_loss(truth, said),
        "label_ranking_average_precision": metrics.label_ranking_average_precision_score(truth, score),
        "coverage_error": metrics.coverage_error(truth, score),
        "label_ranking_loss": metrics.label_ranking_loss(truth, score),
        "multilabel_roc_auc_macro": metrics.roc_auc_score(truth, score, average="macro"),
        "multilabel_average_precision_macro": metrics.average_precision_score(truth, score, average="macro"),
    }
    for name in ("f1", "precision", "recall", "jaccard"):
        for average in ("micro", "macro", "weighted", "samples"):
            function = getattr(metrics, name + "_score")
            names[f"multilabel_{name}_{average}"] = function(truth, said, average=average, zero_division=0)
    return {"truth": truth.tolist(), "prediction": score.tolist(), "values": names}


def forecast():
    levels, season = [.05, .25, .5, .75, .95], 4
    past = [random.normal(100 * s + 10, 3 + s, 30).round(3) for s in range(3)]
    rows = {key: [] for key in ("truth", "prediction", "group", "time", "quantiles")}
    each = []
    for s, before in enumerate(past):
        y = random.normal(100 * s + 10, 3 + s, 8).round(3)
        f = (y + random.normal(0, 2, 8)).round(3)
        q = numpy.array([f + z * (3 + s) for z in (-.5, -.2, 0, .2, .5)]).round(3)
        naive = numpy.resize(before[-season:], 8)
        changes = before[season:] - before[:-season]
        each.append((y, f, q, naive, numpy.abs(changes).mean(), (changes ** 2).mean()))
        for t in random.permutation(8):
            for key, value in zip(rows, (y[t], f[t], s, t * 1.5, q[:, t].tolist())):
                rows[key].append(value)
    y, f, naive = (numpy.concatenate([e[i] for e in each]) for i in (0, 1, 3))
    q = numpy.concatenate([e[2] for e in each], axis=1)
    pinball = numpy.array([numpy.maximum(a * (y - q[i]), (a - 1) * (y - q[i])) for i, a in enumerate(levels)])
    inside = (y >= q[0]) & (y <= q[-1])
    winkler = lambda y, low, high: high - low + 2 / .1 * (numpy.maximum(0, low - y) + numpy.maximum(0, y - high))
    root = lambda x: numpy.sqrt(numpy.mean(x ** 2))
    step = [(e[0][1:], e[1][1:], e[0][:-1]) for e in each]
    names = {
        "mase": numpy.mean([numpy.abs(e[0] - e[1]).mean() / e[4] for e in each]),
        "rmsse": numpy.mean([root(e[0] - e[1]) / e[5] ** .5 for e in each]),
        "relative_mae": numpy.abs(y - f).sum() / numpy.abs(y - naive).sum(),
        "relative_rmse": root(y - f) / root(y - naive),
        "forecast_skill": 1 - root(y - f) / root(y - naive),
        "theil_u1": root(y - f) / (root(y) + root(f)),
        "theil_u2": (sum((((f - y) / b) ** 2).sum() for y, f, b in step) /
                     sum((((y - b) / b) ** 2).sum() for y, _, b in step)) ** .5,
        "directional_accuracy": numpy.mean([((y > b) == (f > b)).mean() for y, f, b in step]),
        "tracking_signal": abs((f - y).sum()) / numpy.abs(f - y).mean(),
        "quantile_loss": pinball.mean(),
        "weighted_quantile_loss": 2 * pinball.mean(axis=0).sum() / numpy.abs(y).sum(),
        "crps": 2 * (numpy.array([.15, .225, .25, .225, .15])[:, None] * pinball).sum(axis=0).mean(),
        "interval_coverage": inside.mean(),
        "interval_coverage_gap": abs(inside.mean() - .9),
        "interval_width": (q[-1] - q[0]).mean(),
        "winkler": winkler(y, q[0], q[-1]).mean(),
        "msis": numpy.mean([winkler(e[0], e[2][0], e[2][-1]).mean() / e[4] for e in each]),
        "mae": metrics.mean_absolute_error(y, f),
    }
    return {**rows, "levels": levels, "season": season, "past": [p.tolist() for p in past], "values": names}


def overlap(a, b, crowd):
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    if width <= 0 or height <= 0:
        return 0
    own, other = ((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))
    return width * height / (own if crowd else own + other - width * height)


def evaluated(truth, found, images, classes, least, most, limit):
    """[class][threshold]: precision over 101 recalls and the last recall, by the rules of the COCO evaluation."""
    precisions, recalls = [], []
    for c in range(classes):
        rows, count = [], 0
        for image in range(images):
            g = [t for t in truth if t[:2] == (image, c)]
            ignored = [t[6] or not least <= (t[4] - t[2]) * (t[5] - t[3]) <= most for t in g]
            order = sorted(range(len(g)), key=lambda i: ignored[i])
            g, ignored = [g[i] for i in order], [ignored[i] for i in order]
            count += len(g) - sum(ignored)
            d = sorted((f for f in found if f[:2] == (image, c)), key=lambda f: -f[6])[:limit]
            taken = {t: set() for t in range(10)}
            for f in d:
                marks = []
                for t in range(10):
                    best, at = numpy.linspace(.5, .95, 10)[t], None
                    for i, box in enumerate(g):
                        if i in taken[t] and not box[6]:
                            continue
                        if at is not None and not ignored[at] and ignored[i]:
                            break
                        value = overlap(f[2:6], box[2:6], box[6])
                        if value >= best:
                            best, at = value, i
                    outside = not least <= (f[4] - f[2]) * (f[5] - f[3]) <= most
                    marks.append((at is not None, ignored[at] if at is not None else outside))
                    if at is not None:
                        taken[t].add(at)
                rows.append((f[6], marks))
        if count == 0:
            continue
        rows.sort(key=lambda row: -row[0])
        for t in range(10):
            kept = [m[t][0] for _, m in rows if not m[t][1]]
            right = numpy.cumsum(kept)
            recall, precision = right / count, right / numpy.arange(1, len(kept) + 1)
            precisions.append([max(precision[recall >= r], default=0) for r in numpy.arange(101) * .01])
            recalls.append(recall[-1] if len(kept) else 0)
    shape = (-1, 10)
    return numpy.mean(numpy.array(precisions), axis=1).reshape(shape), numpy.array(recalls).reshape(shape)


def boxes():
    images, classes, truth, found = 25, 3, [], []
    for image in range(images - 2):  # the last two are without true boxes
        for _ in range(random.randint(1, 7)):
            c, x, y = random.randint(classes), *random.uniform(0, 300, 2).round(1)
            width, height = random.choice([15, 20, 60, 80, 150], 2) + random.uniform(0, 9, 2).round(1)
            box = [x, y, round(x + width, 1), round(y + height, 1)]
            truth.append((image, c, *box, bool(random.uniform() < .1)))
            if random.uniform() < .4:  # one nearly there too, of another size, or a crowd
                near = (numpy.array(box) + random.normal(0, width * .06, 4)).round(1).tolist()
                truth.append((image, c, *near, bool(random.uniform() < .5)))
            for _ in range(random.choice([0, 1, 1, 2, 3])):
                moved = (numpy.array(box) + random.normal(0, width * .05, 4)).round(1).tolist()
                found.append((image, c if random.uniform() < .9 else random.randint(classes), *moved,
                              round(random.uniform(), 1)))  # ties
    for image in range(images):
        x, y = random.uniform(0, 300, 2).round(1)
        found.append((image, random.randint(classes), x, y, x + 40, y + 30, round(random.uniform(), 1)))
    sizes = {"": (0, 1e10), "_small": (0, 1024), "_medium": (1024, 9216), "_large": (9216, 1e10)}
    names = {}
    for word, (least, most) in sizes.items():
        precision, recall = evaluated(truth, found, images, classes, least, most, 100)
        names["coco_ap" + word] = precision.mean()
        names["coco_ar" + (word or "100")] = recall.mean()
        if not word:
            names["coco_ap50"], names["coco_ap75"] = precision[:, 0].mean(), precision[:, 5].mean()
    for limit in (1, 10):
        names["coco_ar%d" % limit] = evaluated(truth, found, images, classes, 0, 1e10, limit)[1].mean()
    return {"images": images, "classes": classes, "truth": [[*t[:6], 0, int(t[6])] for t in truth],
            "found": [[*f, 0] for f in found], "values": names}


print(json.dumps({f.__name__: f() for f in (ranking, clusters, labels, forecast, boxes)},
                 default=lambda x: x.item() if hasattr(x, "item") else float(x)))
