#!/usr/bin/env python3
"""How long a commit that changes only the writeup takes: the C team of the demo, from receipt to the row in store.db.

Nothing of it is run in a box. Receipt and end are the grader's own times; steps as holdout log has them.
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from grader import HOLDOUT, free_port, get, lay_out, run, time_of, wait_for  # noqa: E402

PUSHES = 15
TARGET_MS = 60


def push(clone, number):
    with open(clone + "/report/README.md", "a") as file:
        file.write(f"\nSentence {number}.\n")
    run("git", "-c", "user.email=a@b.c", "-c", "user.name=A", "commit", "-qam", f"words {number}", cwd=clone)
    run("git", "push", "-q", "origin", "HEAD:main", cwd=clone)
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True).stdout.strip()


def document(course):
    status = json.loads(subprocess.run([HOLDOUT, "status", course, "--json"], capture_output=True, check=True).stdout)
    run_id = status["tasks"][0]["runs"][0]["id"]
    return json.loads(subprocess.run([HOLDOUT, "log", course, run_id, "--json"], capture_output=True, check=True).stdout)


def measure(work, course):
    port = free_port()
    log = open(work + "/log", "w")
    service = subprocess.Popen([HOLDOUT, "serve", course, "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log)
    board = f"http://127.0.0.1:{port}/api/v1/courses/demo-2026/tasks/credit/leaderboard"
    totals, steps = [], {}
    try:
        wait_for(lambda: get(board)["rows"])
        run("git", "clone", "-q", work + "/repos/cholesky.git", work + "/clone")
        for number in range(PUSHES):
            commit = push(work + "/clone", number)
            wait_for(lambda: get(board)["rows"][0]["commit"] == commit)
            time.sleep(0.1)
            page = document(course)
            ran = [s["name"] for s in page["steps"] if s["name"] in ("build", "train", "sample", "predict") and not s["cached"]]
            if ran or page["commit"] != commit:
                raise SystemExit(f"run in a box after all: {ran}")
            totals.append((time_of(page["ended_at"]) - time_of(page["received_at"])) * 1000)
            for step in page["steps"]:
                if not step["cached"]:
                    steps.setdefault(step["name"], []).append((step.get("wall_us") or 0) / 1000)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()
    return totals, steps


def main():
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        os.chmod(work, 0o755)
        totals, steps = measure(work, lay_out(work))
    total = statistics.median(totals)
    row = {"name": "a commit of words alone, receipt to row, ms", "ours": round(total, 1), "peer": TARGET_MS, "peer_name": "goal",
           "ratio": round(TARGET_MS / total, 2), "target": 1.0, "met": total <= TARGET_MS}
    if "--json" in sys.argv:
        print(json.dumps({"rows": [row]}))
        return
    print(f"writeup only, C team, {PUSHES} pushes, medians in ms")
    for name, walls in steps.items():
        print(f"  {name:<24} {statistics.median(walls):9.1f}")
    print(f"  receipt to row           {total:9.1f}   goal {TARGET_MS}: {'met' if row['met'] else 'missed'}")


if __name__ == "__main__":
    main()
