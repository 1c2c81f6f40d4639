#!/usr/bin/env python3
"""What of a grading is holdout's own: the C team of the demo, from the receipt of its push to the row in store.db, without
the time that the team's code runs. Once as lean as a grading can be (one seed, no repetition, no server, nothing reused),
which has a goal, and once with three seeds, the repetition and the server. Then how many gradings a second 200 teams get.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from grader_course import BOXED, change, get, graded, lay_out, push, query, run, service, wait_for  # noqa: E402

PUSHES = 15
OWN_MS = 40
TEAMS = 200
GRADINGS_A_SECOND = 20
UNCACHED = ("^board:", "cache: {max_mb: 0}\nboard:")
LEAN = (UNCACHED, ("^    seeds: 2\n", "    seeds: 1\n    repeat: false\n"))


# ---- own time ----

def split(run):
    """Milliseconds of each part of one run, in order; `own` is all of it but the boxes."""
    parts, boxes = {}, [s for s in run["steps"] if s["name"] in BOXED]
    wall = {s["name"]: 0 for s in boxes}
    for step in boxes:
        wall[step["name"]] += step["wall_us"] / 1000
    ours = [s for s in run["steps"] if s["name"] not in BOXED and s["name"] not in ("record", "announce")]
    parts["queue"] = run["started_ms"] - run["received_ms"]
    for step in ours:
        parts[step["name"]] = step["wall_us"] / 1000
    total = run["ended_ms"] - run["received_ms"]
    own = total - sum(wall.values())
    parts["job, boxes' walls, results, receipt"] = own - sum(parts.values())
    return {"total": total, "own": own, "parts": parts, "boxes": wall, "count": len(boxes)}


def measure(work, course, serves):
    run("git", "clone", "-q", work + "/repos/cholesky.git", work + "/clone")
    if not serves:
        change(work + "/clone/submission.yaml", (", serve: ./serve", ""))
    out = []
    with service(work, course) as api:
        wait_for(lambda: get(api + "/tasks/credit/leaderboard")["rows"])
        for number in range(PUSHES + 1):
            commit = push(work + "/clone", "loans.h", f"/* version {number} */\n")
            found = split(graded(course, commit))
            wait_for(lambda: get(api + "/tasks/credit/leaderboard")["rows"][0]["commit"] == commit)
            if number:  # the first one takes the server away
                out.append(found)
            time.sleep(0.1)
    return out


def median(runs, pick):
    return statistics.median(pick(run) for run in runs)


def table(name, runs):
    print(f"{name}: {len(runs)} pushes, medians in ms")
    print(f"  receipt to row           {median(runs, lambda r: r['total']):9.1f}")
    for step in runs[0]["boxes"]:
        print(f"    {step:<22} {median(runs, lambda r: r['boxes'][step]):9.1f}   the team's")
    for part in runs[0]["parts"]:
        print(f"    {part:<36} {median(runs, lambda r: r['parts'].get(part, 0)):7.1f}")
    print(f"  own, {runs[0]['count']} boxes             {median(runs, lambda r: r['own']):9.1f}")


def own_time(changes, serves):
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        os.chmod(work, 0o755)
        return measure(work, lay_out(work, *changes), serves)


# ---- how many a second ----

FILES = {
    "submission.yaml": "schema: 1\ntask: credit\ndeliverable: first\nentry_points: {train: ./train, predict: ./predict}\n",
    "train": "#!/bin/sh\necho model >/opt/ml/model/model\n",
    "predict": "#!/bin/sh\nawk -F, 'FNR == 1 { print \"id,prediction\"; next } { printf \"%%s,%%.4f\\n\", $1, ($1 * %d) %% 997 / 997 }'"
               " /opt/ml/input/data/heldout/*.csv >/opt/ml/output/data/predictions.csv\n",
}


def repository(path, number):
    """A bare repository with one commit, without a checkout."""
    run("git", "init", "-q", "--bare", "--template=", "-b", "main", path)
    text = "commit refs/heads/main\ncommitter Ada <ada@example.org> 1770000000 +0000\ndata 3\none\n"
    for name, content in FILES.items():
        content = content % (number * 7 + 3) if name == "predict" else content
        text += f"M {'100644' if '.' in name else '100755'} inline {name}\ndata {len(content)}\n{content}\n"
    subprocess.run(["git", "-C", path, "fast-import", "--quiet"], input=text.encode(), check=True)


def gradings_a_second():
    """All 200 push before the service starts; from the first receipt to the last row."""
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        os.chmod(work, 0o755)
        course = lay_out(work, *LEAN)
        with open(course + "/teams.csv", "w") as file:
            file.write("team,name,repository,tasks\n")
            for number in range(TEAMS):
                repository(f"{work}/repos/t{number:03d}.git", number)
                file.write(f"t{number:03d},Team {number},file:t{number:03d}.git,credit\n")
        os.remove(course + "/roster.csv")
        with service(work, course):
            wait_for(lambda: query(course, "SELECT count(*) n FROM run WHERE ended_ms > 0")[0]["n"] == TEAMS, 120,
                     "not all teams were graded within two minutes")
            ended = query(course, "SELECT min(created_ms) first, max(ended_ms) last, sum(state = 'done') done FROM run")[0]
            wait_for(lambda: query(course, "SELECT count(*) n FROM board")[0]["n"] == TEAMS, 60, "the board has not all teams")
    if ended["done"] != TEAMS:
        raise SystemExit(f"{ended['done']} of {TEAMS} were graded")
    return TEAMS * 1000 / (ended["last"] - ended["first"])


def row(name, ours, goal, more_is_better=False):
    ratio = ours / goal if more_is_better else goal / ours
    return {"name": name, "ours": round(ours, 1), "peer": goal, "peer_name": "goal", "ratio": round(ratio, 2), "target": 1.0,
            "met": ratio >= 1}


def main():
    as_json = "--json" in sys.argv
    lean = own_time(LEAN, False)
    rich = own_time((UNCACHED, ("^    seeds: 2\n", "    seeds: 3\n")), True)
    speed = gradings_a_second()
    rows = [row("own time of a grading, receipt to row, ms", median(lean, lambda r: r["own"]), OWN_MS),
            row("gradings a second, 200 teams", speed, GRADINGS_A_SECOND, True)]
    if as_json:
        print(json.dumps({"rows": rows}))
        return
    table("one seed, no repetition, no server, nothing reused", lean)
    print(f"  goal {OWN_MS}: {'met' if rows[0]['met'] else 'missed'}")
    table("three seeds, the repetition, the server", rich)
    print(f"{TEAMS} teams with trivial models, {os.cpu_count()} processors: {speed:.1f} gradings a second"
          f"   goal {GRADINGS_A_SECOND}: {'met' if rows[1]['met'] else 'missed'}")


if __name__ == "__main__":
    main()
