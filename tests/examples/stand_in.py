#!/usr/bin/env python3
"""Answers like `holdout serve` and `holdout status --json` for the tests of the demo's script."""
import json
import os
import sys
import time

command, course = sys.argv[1:3]
if command == "serve":
    if "STAND_IN_ENDS" in os.environ:
        time.sleep(float(os.environ["STAND_IN_ENDS"]))
        sys.exit("holdout: could not open the store")
    time.sleep(300)
    sys.exit(0)

tasks = {}
with open("examples/expected.tsv") as file:
    for line in file:
        if line.startswith("#"):
            continue
        team, task, state, verdict = line.split()
        if team == os.environ.get("STAND_IN_LACKS"):
            continue
        if team == os.environ.get("STAND_IN_WRONG"):
            state, verdict = "done", "ok"
        entry = tasks.setdefault(task, {"id": task, "board": [], "runs": []})
        entry["runs"].append({"team": team, "state": state, "verdict": verdict})
        if state == "done":
            entry["board"].append({
                "rank_low": 1, "rank_high": 2, "team": team, "score": 0.8, "low": 0.7, "high": 0.9,
                "submitted_at": "2026-02-10T16:00:00Z", "commit": "0" * 40, "baseline": False})
print(json.dumps({"course": "demo-2026", "tasks": list(tasks.values()), "pending": 0}))
