"""measure.py SOLUTION PREDICTIONS auc|mae LEAST MOST: computed the slow and plain way."""
import csv
import sys

solution, predictions, metric, least, most = sys.argv[1:]
with open(solution, newline="") as file:
    rows = list(csv.DictReader(file))
with open(predictions, newline="") as file:
    said = {row["id"]: float(row["prediction"]) for row in csv.DictReader(file)}
target = list(rows[0])[1]
assert set(said) == {row["id"] for row in rows}, "other ids than the solution has"
pairs = [(float(row[target]), said[row["id"]]) for row in rows]
if metric == "mae":
    value = sum(abs(truth - guess) for truth, guess in pairs) / len(pairs)
else:
    good = [guess for truth, guess in pairs if truth == 0]
    bad = [guess for truth, guess in pairs if truth == 1]
    won = sum((b > g) + (b == g) / 2 for b in bad for g in good)
    value = won / len(good) / len(bad)
print(f"{metric} {value:.6g}")
sys.exit(not float(least) <= value <= float(most))
