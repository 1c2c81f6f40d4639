"""inspect_split.py COURSE ASSERTIONS: runs assertions about the files that split.py made."""
import csv
import sys
from types import SimpleNamespace


def load(name, target):
    task = SimpleNamespace(name=name, target=target)
    for part, files in (("data", ("train", "sample", "sample_submission")),
                        ("private", ("heldout", "solution"))):
        for file in files:
            with open(f"{sys.argv[1]}/{part}/{name}/{file}.csv", newline="") as source:
                setattr(task, file, list(csv.DictReader(source)))
    return task


def ids(rows):
    return {row["id"] for row in rows}


def faces(task, rows):
    return {tuple(v for k, v in row.items() if k not in ("id", task.target)) for row in rows}


def correlation(a, b):
    n = len(a)
    mean_a, mean_b = sum(a) / n, sum(b) / n
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    return top / (sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)) ** 0.5


credit, houses = load("credit", "bad"), load("houses", "Sale_Price")
tasks = (credit, houses)
exec(sys.argv[2])
