#!/usr/bin/env python3
"""Splits a table into what teams may see and what they may not.

  split.py SOURCE.csv COURSE --task TASK --target COLUMN --kind binary|regression [--seed N]

Writes COURSE/data/TASK/{train,sample,sample_submission}.csv and
COURSE/private/TASK/{heldout,solution}.csv: the held-out features, and the truth about them.
Needs the standard library only. The same source and seed give the same files;
a real course keeps its seed secret.
"""
import argparse
import csv
import os
import random
import sys

HELDOUT_SHARE = 0.40  # of all rows
PUBLIC_SHARE = 0.40  # of the held-out rows
SAMPLE_ROWS = 60  # shown to the teams without the target, in no other file


def stop(text):
    sys.exit(f"split.py: {text}")


def load(path, target):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    header, rows = rows[0], rows[1:]
    if target not in header:
        stop(f"{path}: no column {target!r}; there are: {', '.join(header)}")
    if "id" in header:
        stop(f"{path}: column 'id' is in the way: ids are drawn here")
    for line, row in enumerate(rows, 2):
        if len(row) != len(header):
            stop(f"{path}:{line}: {len(row)} cells, the header has {len(header)}")
    return header, rows


def without_doubles(rows, at):
    """One row per set of features: a double across the split would give its answer away."""
    seen, kept = set(), []
    for row in rows:
        features = tuple(row[:at] + row[at + 1:])
        if features not in seen:
            seen.add(features)
            kept.append(row)
    return kept


def shuffled(rows, draw):
    # random() alone is promised to stay the same in later Python versions, shuffle() is not
    return [row for _, _, row in sorted((draw.random(), i, row) for i, row in enumerate(rows))]


def draw_ids(count, draw):
    ids, taken = [], set()
    while len(ids) < count:
        candidate = 100000 + int(draw.random() * 900000)
        if candidate not in taken:
            taken.add(candidate)
            ids.append(str(candidate))
    return ids


def deal(rows, kind, at, draw):
    """Deals rows to sample, train, public and private: of a binary target each class alike."""
    groups = {}
    for row in rows:
        groups.setdefault(row[at] if kind == "binary" else "", []).append(row)
    if kind == "binary" and sorted(groups) != ["0", "1"]:
        stop(f"a binary target has the classes 0 and 1, found: {', '.join(sorted(groups))}")
    parts = {"sample": [], "train": [], "public": [], "private": []}
    for label in sorted(groups):
        group = shuffled(groups[label], draw)
        heldout = round(len(group) * HELDOUT_SHARE)
        public = round(heldout * PUBLIC_SHARE)
        sample = heldout + round(SAMPLE_ROWS * len(group) / len(rows))
        parts["public"] += group[:public]
        parts["private"] += group[public:heldout]
        parts["sample"] += group[heldout:sample]
        parts["train"] += group[sample:]
    return {name: shuffled(part, draw) for name, part in parts.items()}


def save(path, header, rows):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("course")
    parser.add_argument("--task", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--kind", required=True, choices=["binary", "regression"])
    parser.add_argument("--seed", type=int, default=2026)
    return parser.parse_args()


def main():
    args = arguments()
    draw = random.Random(args.seed)
    header, rows = load(args.source, args.target)
    at = header.index(args.target)
    rows = without_doubles(rows, at)
    parts = deal(rows, args.kind, at, draw)
    ids = iter(draw_ids(len(rows), draw))
    parts = {name: [[next(ids)] + row for row in part] for name, part in parts.items()}
    at += 1
    features = ["id"] + [name for name in header if name != args.target]

    def bare(row):
        return row[:at] + row[at + 1:]

    data, private = (os.path.join(args.course, part, args.task) for part in ("data", "private"))
    train = [bare(row) + [row[at]] for row in parts["train"]]
    save(f"{data}/train.csv", features + [args.target], train)
    save(f"{data}/sample.csv", features, map(bare, parts["sample"]))
    typical = sum(float(row[at]) for row in parts["train"]) / len(parts["train"])
    answers = [[row[0], f"{typical:.6g}"] for row in parts["sample"]]
    save(f"{data}/sample_submission.csv", ["id", "prediction"], answers)

    heldout = [(row, usage) for usage in ("Public", "Private") for row in parts[usage.lower()]]
    heldout = shuffled(heldout, draw)
    save(f"{private}/heldout.csv", features, [bare(row) for row, _ in heldout])
    # the order of the solution says nothing about the order of the features
    save(f"{private}/solution.csv", ["id", args.target, "Usage"],
         [[row[0], row[at], usage] for row, usage in shuffled(heldout, draw)])
    counts = ", ".join(f"{len(part)} {name}" for name, part in parts.items())
    print(f"{args.task}: {len(rows)} different rows: {counts}", file=sys.stderr)


if __name__ == "__main__":
    main()
