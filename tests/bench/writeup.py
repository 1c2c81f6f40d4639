#!/usr/bin/env python3
"""How long a commit that changes only the writeup takes: the C team of the demo, from receipt to the row in store.db.

Nothing of it is run in a box. Receipt and end are the grader's own times; steps as the store has them.
"""
import json
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from grader_course import BOXED, get, graded, lay_out, push, run, service, wait_for  # noqa: E402

PUSHES = 15
TARGET_MS = 60


def measure(work, course):
    totals, steps = [], {}
    with service(work, course) as api:
        wait_for(lambda: get(api + "/tasks/credit/leaderboard")["rows"])
        run("git", "clone", "-q", work + "/repos/cholesky.git", work + "/clone")
        for number in range(PUSHES):
            found = graded(course, push(work + "/clone", "report/README.md", f"\nSentence {number}.\n"))
            ran = [s["name"] for s in found["steps"] if s["name"] in BOXED and not s["cached"]]
            if ran:
                raise SystemExit(f"run in a box after all: {ran}")
            totals.append(found["ended_ms"] - found["received_ms"])
            for step in found["steps"]:
                if not step["cached"]:
                    steps.setdefault(step["name"], []).append(step["wall_us"] / 1000)
            time.sleep(0.2)
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
