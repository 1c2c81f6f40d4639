"""Features of a house and ridge regression on them, without any package."""
import csv
import glob
import math
import operator
import os

LOGS = ["Lot_Area", "Gr_Liv_Area", "First_Flr_SF", "Total_Bsmt_SF", "Garage_Area", "Mas_Vnr_Area",
        "Lot_Frontage"]
NUMBERS = ["Year_Built", "Year_Remod_Add", "Second_Flr_SF", "Bsmt_Full_Bath", "Full_Bath",
           "Half_Bath", "Fireplaces", "Bedroom_AbvGr", "Kitchen_AbvGr", "TotRms_AbvGrd",
           "Garage_Cars", "Wood_Deck_SF", "Open_Porch_SF", "Screen_Porch", "Year_Sold"]
WORDS = ["Neighborhood", "Overall_Cond", "MS_SubClass", "MS_Zoning", "Bldg_Type", "Heating_QC",
         "Bsmt_Exposure", "BsmtFin_Type_1", "Central_Air", "Functional", "Sale_Condition",
         "Exter_Cond", "Condition_1", "Garage_Finish"]
RARE = 8  # a word seen less often gets no column of its own


def read_rows(folder):
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
        with open(path, newline="") as file:
            rows += csv.DictReader(file)
    return rows


def plan(rows):
    """Which word columns there are, and means and scales of the numbers."""
    words = []
    for column in WORDS:
        cells = [row[column] for row in rows]
        words += [[column, word] for word in sorted(set(cells)) if cells.count(word) >= RARE]
    known = {"words": words, "means": {}, "scales": {}}
    for column in LOGS + NUMBERS:
        values = [v for v in (value(row, column) for row in rows) if v is not None]
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
        known["means"][column] = mean
        known["scales"][column] = spread or 1.0
    return known


def directory(variable, default):
    return os.environ.get(variable, default)


def value(row, column):
    cell = row[column]
    if cell == "" or (column == "Lot_Frontage" and float(cell) == 0):
        return None
    return math.log1p(float(cell)) if column in LOGS else float(cell)


def features(row, known):
    out = [1.0]
    for column in LOGS + NUMBERS:
        v = value(row, column)
        out.append(0.0 if v is None else (v - known["means"][column]) / known["scales"][column])
    out += [1.0 if row[column] == word else 0.0 for column, word in known["words"]]
    return out


def dot(a, b):
    return sum(map(operator.mul, a, b))


def solve(a, b):
    """Solves a x = b for a symmetric positive definite matrix."""
    n = len(b)
    low = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = a[i][j] - dot(low[i][:j], low[j][:j])
            low[i][j] = math.sqrt(rest) if i == j else rest / low[j][j]
    y = []
    for i in range(n):
        y.append((b[i] - dot(low[i][:i], y)) / low[i][i])
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (y[i] - sum(low[k][i] * x[k] for k in range(i + 1, n))) / low[i][i]
    return x


def fit(matrix, target, penalty):
    columns = list(zip(*matrix))
    a = [[dot(p, q) for q in columns] for p in columns]
    for i in range(1, len(a)):
        a[i][i] += penalty
    return solve(a, [dot(p, target) for p in columns])
