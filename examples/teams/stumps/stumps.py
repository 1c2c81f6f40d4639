"""Gradient boosting with decision stumps for a 0/1 target."""
import csv
import glob
import json
import math
import os

BINS = 24


def directory(variable, default):
    return os.environ.get(variable, default)


def hyperparameters():
    folder = directory("SM_INPUT_CONFIG_DIR", "/opt/ml/input/config")
    try:
        with open(os.path.join(folder, "hyperparameters.json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def read_rows(folder):
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
        with open(path, newline="") as file:
            rows += csv.DictReader(file)
    return rows


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def questions(rows, column):
    """Questions about a column: {"at_most": x} for numbers, {"equals": text} for words and gaps."""
    cells = [row[column] for row in rows]
    values = sorted(v for v in map(number, cells) if v is not None)
    if len(values) + cells.count("") < len(cells):
        return [{"column": column, "equals": word} for word in sorted(set(cells))]
    cuts = sorted({values[len(values) * i // BINS] for i in range(1, BINS)})
    asked = [{"column": column, "at_most": cut} for cut in cuts if cut < values[-1]]
    return asked + ([{"column": column, "equals": ""}] if "" in cells else [])


def answer(question, row):
    cell = row[question["column"]]
    if "equals" in question:
        return cell == question["equals"]
    return cell != "" and float(cell) <= question["at_most"]


def score(model, row):
    total = model["start"]
    for stump in model["stumps"]:
        total += stump["yes"] if answer(stump, row) else stump["no"]
    return 1 / (1 + math.exp(-total))
