#!/usr/bin/env python3
"""How long from `git push` to the rank, split by step, for the C team of the demo; and what of it is holdout's own.

Own time: from the moment at which polling may see the push to the board, without the steps in which the team's code runs.
"""
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HOLDOUT = BUILD + "/bin/holdout"
PUSHES = 7
TARGET_MS = 150


def run(*command, cwd=None):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def lay_out(work):
    course = work + "/course"
    run("cp", "-R", "examples/course", course)
    python = sys.executable
    for task, data, target, kind in (("credit", "credit_data", "bad", "binary"), ("houses", "ames", "Sale_Price", "regression")):
        run(python, "examples/split.py", f"examples/data/{data}.csv", course, "--task", task, "--target", target, "--kind", kind)
    run("examples/make-repos.sh", work + "/repos")
    config = open(course + "/course.yaml").read().splitlines(True)
    open(course + "/course.yaml", "w").writelines(line for line in config if "baselines:" not in line)
    lines = open("examples/course/teams.csv").read().splitlines()
    open(course + "/teams.csv", "w").write("\n".join(l for l in lines if re.match("team,|cholesky,", l)) + "\n")
    return course


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def wait_for(look, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = look()
            if found:
                return found
        except OSError:
            pass
        time.sleep(0.002)
    raise SystemExit("the board did not change within a minute")


def push(clone, number):
    with open(clone + "/README.md", "a") as file:
        file.write(f"\nversion {number}\n")
    run("git", "-c", "user.email=a@b.c", "-c", "user.name=A", "commit", "-qam", f"version {number}", cwd=clone)
    run("git", "push", "-q", "origin", "HEAD:main", cwd=clone)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True)
    return time.time(), head.stdout.strip()


def measure(work, course):
    port = free_port()
    log = open(work + "/log", "w")
    service = subprocess.Popen([HOLDOUT, "serve", course, "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log)
    api = f"http://127.0.0.1:{port}/api/v1/courses/demo-2026"
    totals, waits, owns, steps = [], [], [], {}
    try:
        wait_for(lambda: get(api + "/tasks/credit/leaderboard")["rows"])
        run("git", "clone", "-q", work + "/repos/cholesky.git", work + "/clone")
        for number in range(PUSHES):
            pushed, commit = push(work + "/clone", number)
            wait_for(lambda: get(api + "/tasks/credit/leaderboard")["rows"][0]["commit"] == commit)
            ranked = time.time()
            status = json.loads(subprocess.run([HOLDOUT, "status", course, "--json"], capture_output=True, check=True).stdout)
            log_page = json.loads(subprocess.run([HOLDOUT, "log", course, status["tasks"][0]["runs"][0]["id"], "--json"],
                                                 capture_output=True, check=True).stdout)
            received = time_of(log_page["received_at"])
            team = 0
            for step in log_page["steps"]:
                wall = (step.get("wall_us") or 0) / 1000
                steps.setdefault(step["name"], []).append(wall)
                if step["name"] in ("build", "train", "sample", "predict"):
                    team += wall
            totals.append((ranked - pushed) * 1000)
            waits.append(max(0, (received - pushed) * 1000))
            owns.append((ranked - max(received, pushed)) * 1000 - team)
            time.sleep(0.1)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()
    return totals, waits, owns, steps


def time_of(text):
    import datetime
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def main():
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        os.chmod(work, 0o755)
        totals, waits, owns, steps = measure(work, lay_out(work))
    own = statistics.median(owns)
    row = {"name": "own time from receipt to rank, ms", "ours": round(own, 1), "peer": TARGET_MS, "peer_name": "goal",
           "ratio": round(TARGET_MS / own, 2), "target": 1.0, "met": own <= TARGET_MS}
    if "--json" in sys.argv:
        print(json.dumps({"rows": [row]}))
        return
    print(f"push to rank, C team, {PUSHES} pushes, medians in ms")
    print(f"  total                    {statistics.median(totals):9.1f}")
    print(f"  waiting for the poll     {statistics.median(waits):9.1f}")
    for name, walls in steps.items():
        print(f"  {name:<24} {statistics.median(walls):9.1f}   (each time it runs)")
    print(f"  holdout's own            {own:9.1f}   goal {TARGET_MS}: {'met' if row['met'] else 'missed'}")


if __name__ == "__main__":
    main()
