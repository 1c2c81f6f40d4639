#!/usr/bin/python3
# For test_kinds.sh: repositories of teams that do well, less well and wrong; numbers held against holdout-ml evaluate.
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile

TEAMS = {"demand": "weekly", "films": "usher", "blobs": "centre", "parcels": "framer", "tags": "labels"}
METRICS = {
    "demand": ["mase", "crps", "rmse", "interval_coverage"],
    "films": ["ndcg@5", "map", "ndcg"],
    "blobs": ["adjusted_rand_index", "silhouette"],
    "parcels": ["coco_ap", "coco_ap50"],
    "tags": ["multilabel_average_precision_macro", "multilabel_f1_micro"],
}
SPOIL = """import csv, os, random
path = os.environ["SM_OUTPUT_DATA_DIR"] + "/predictions.csv"
head, *body = csv.reader(open(path))
draw = random.Random(int(os.environ["SM_HP_SEED"]))
%s
csv.writer(open(path, "w", newline=""), lineterminator="\\n").writerows([head, *body])
"""
NOISY = {  # a little worse, by another draw for each seed
    "demand": "body = [[r[0]] + [float(v) * (1 + draw.random() / 4) for v in r[1:]] for r in body]",
    "films": "body = [r[:2] + [float(r[2]) + draw.random()] for r in body]",
    "blobs": "body = [[r[0], 'other' if draw.random() < 0.15 else r[1]] for r in body]",
    "parcels": "body = [r[:5] + [float(r[5]) + draw.random(), float(r[6]) + draw.random()] for r in body]",
    "tags": "body = [[r[0]] + [(float(v) + draw.random()) / 2 for v in r[1:]] for r in body]",
}
WRONG = {
    "demand": "head, body = head[:2], [r[:2] for r in body]",
    "films": "body[1] = body[0]",
    "blobs": "body[3][1] = ''",
    "parcels": "body[0][5] = float(body[0][3]) - 1",
    "tags": "head, body = head[:3], [r[:3] for r in body]",
    "sly": "body[1] = body[0] if len(body) > 60 else body[1]",  # on the held-out rows alone
}


def git(folder, *words):
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *words], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def repository(repos, team, like, spoil):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree("examples/kinds/teams/" + like, folder, dirs_exist_ok=True)
        if spoil:
            os.rename(folder + "/predict", folder + "/well")
            open(folder + "/spoil.py", "w").write(SPOIL % spoil)
            open(folder + "/predict", "w").write("#!/bin/sh\n./well && python3 spoil.py\n")
            os.chmod(folder + "/predict", 0o755)
        git(folder, "init", "-q", "-b", "main", ".")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "Hand in")
        git(folder, "clone", "-q", "--bare", ".", f"{repos}/{team}.git")


def make(course, repos):
    os.makedirs(repos)
    with open(course + "/teams.csv", "a") as out:
        for task, team in TEAMS.items():
            repository(repos, team, team, None)
            repository(repos, "noisy-" + task, team, NOISY[task])
            out.write(f"noisy-{task},,file:noisy-{task}.git,{task}\n")
        for wrong, spoil in WRONG.items():
            task = "films" if wrong == "sly" else wrong
            repository(repos, "wrong-" + wrong, TEAMS[task], spoil)
            out.write(f"wrong-{wrong},,file:wrong-{wrong}.git,{task}\n")


def evaluate(course, task, predictions, usage):
    private, data = f"{course}/private/{task}/", f"{course}/data/{task}/"
    words = {
        "demand": ["forecast", "--target", "units", "--history", data + "train.csv", "--season", "7"],
        "films": ["ranking"],
        "blobs": ["clustering", "--target", "species", "--features", private + "heldout.csv"],
        "parcels": ["detection"],
        "tags": ["multilabel"],
    }[task]
    out = subprocess.run(
        [os.environ["BUILD"] + "/bin/holdout-ml", "evaluate", "--truth", private + "solution.csv", "--pred", predictions,
         "--usage", usage, "--metric", ",".join(METRICS[task]), "--json", "--kind", *words],
        check=True, capture_output=True).stdout
    return json.loads(out)["metrics"]


def near(a, b):
    return (a is None) == (b is None) and (a is None or abs(a - b) <= 1e-9 * max(1, abs(a)))


def newest(course, team):
    store = sqlite3.connect(f"file:{course}/state/store.db?mode=ro", uri=True)
    return store.execute("SELECT max(run.id) FROM run JOIN submission ON submission.id = run.submission "
                         "WHERE submission.team = ?", [team]).fetchone()[0]


# What is sealed of a team's first run, computed again from its sealed predictions.
def compare(course, scratch):
    sealed = sqlite3.connect(f"file:{course}/state/sealed/sealed.db?mode=ro", uri=True)
    for task in TEAMS:
        for team in (TEAMS[task], "noisy-" + task):
            run = newest(course, team)
            digests = [row[0] for row in sealed.execute(
                "SELECT sha256 FROM prediction WHERE run = ? AND seed_at > 0 ORDER BY seed_at", [run])]
            assert len(digests) == 2, (team, digests)
            assert (len(set(digests)) == 2) == team.startswith("noisy") or task == "blobs", (team, digests)
            values = {"public": [], "private": []}
            for digest in digests if len(set(digests)) == 2 else digests[:1]:
                lines = open(f"{course}/state/sealed/{digest[:2]}/{digest}").read().split("\n", 1)
                assert lines[0].startswith("# task ")
                open(scratch, "w").write(lines[1])
                for usage in values:
                    values[usage].append(evaluate(course, task, scratch, usage))
            for metric in METRICS[task]:
                for usage in values:
                    kept = dict(zip(("value", "low", "high"), sealed.execute(
                        "SELECT value, low, high FROM value WHERE run = ? AND metric = ? AND rows = ?",
                        [run, metric, usage]).fetchone()))
                    for key in ("value", "low", "high") if usage == "public" else ["value"]:
                        mean = statistics.fmean(value[metric][key] for value in values[usage])
                        assert near(kept[key], mean), (team, metric, usage, key, kept, mean)
            spread = sealed.execute("SELECT value FROM value WHERE run = ? AND metric = 'seeds.spread'",
                                    [run]).fetchone()[0]
            numbers = [value[METRICS[task][0]]["value"] for value in values["public"]]
            assert near(spread, statistics.stdev(numbers) if len(numbers) > 1 else 0), (team, spread, numbers)


# The team's own program on the course's own rows: ids are drawn and mapped back without a change.
def again(course, scratch):
    sealed = sqlite3.connect(f"file:{course}/state/sealed/sealed.db?mode=ro", uri=True)
    for task, team in TEAMS.items():
        if task == "blobs":  # its start depends on the hidden seed
            continue
        folder = f"{scratch}-{task}"
        os.makedirs(folder + "/in")
        shutil.copy(f"{course}/private/{task}/heldout.csv", folder + "/in")
        env = dict(os.environ, SM_CHANNEL_TRAIN=f"{course}/data/{task}", SM_CHANNEL_HELDOUT=folder + "/in",
                   SM_MODEL_DIR=folder, SM_OUTPUT_DATA_DIR=folder, SM_HP_SEED="1")
        for program in ("train", "predict"):
            subprocess.run([f"examples/kinds/teams/{team}/{program}"], env=env, check=True)
        values = evaluate(course, task, folder + "/predictions.csv", "public")
        for metric in METRICS[task]:
            kept = sealed.execute("SELECT value FROM value WHERE run = ? AND metric = ? AND rows = 'public'",
                                  [newest(course, team), metric]).fetchone()[0]
            assert near(kept, values[metric]["value"]), (team, metric, kept, values[metric])


globals()[sys.argv[1]](*sys.argv[2:])
