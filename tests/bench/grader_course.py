"""What the benchmarks of the grader share: the demo's course with the C team alone, its service, and what its store says."""
import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HOLDOUT = BUILD + "/bin/holdout"
BOXED = ("build", "train", "sample", "predict", "serve-sample", "serve")  # steps in which a team's code runs


def run(*command, cwd=None):
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def change(path, *pairs):
    with open(path) as file:
        text = file.read()
    for old, new in pairs:
        if not re.search(old, text, re.M):
            raise SystemExit(f"{path} has no {old}")
        text = re.sub(old, new, text, count=1, flags=re.M)
    with open(path, "w") as file:
        file.write(text)


def lay_out(work, *changes):
    """The course with the task of the C team; changes: pairs of a pattern in course.yaml and what takes its place."""
    course = work + "/course"
    run("cp", "-R", "examples/course", course)
    python = sys.executable
    for task, data, target, kind in (("credit", "credit_data", "bad", "binary"), ("houses", "ames", "Sale_Price", "regression")):
        run(python, "examples/split.py", f"examples/data/{data}.csv", course, "--task", task, "--target", target, "--kind", kind)
    run("examples/make-repos.sh", work + "/repos")
    config = open(course + "/course.yaml").read().splitlines(True)
    open(course + "/course.yaml", "w").writelines(line for line in config if "baselines:" not in line)
    if changes:
        change(course + "/course.yaml", *changes)
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


def wait_for(look, seconds=60, what="the board did not change within a minute"):
    """Looks seldom enough to take no processor from what is measured; the times are those in the store."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, sqlite3.OperationalError):
            found = look()
            if found:
                return found
        time.sleep(0.02)
    raise SystemExit(what)


@contextlib.contextmanager
def service(work, course):
    """The service on a port of its own: gives the address of its API."""
    port = free_port()
    with open(work + "/log", "w") as log:
        process = subprocess.Popen([HOLDOUT, "serve", course, "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}/api/v1/courses/demo-2026"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def query(course, text, *values):
    with contextlib.closing(sqlite3.connect(f"file:{course}/state/store.db?mode=ro", uri=True, timeout=20)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(text, values)]


def push(clone, path, text):
    """A commit that adds a line to a file; its id."""
    with open(f"{clone}/{path}", "a") as file:
        file.write(text)
    run("git", "-c", "user.email=a@b.c", "-c", "user.name=A", "commit", "-qam", text.strip(), cwd=clone)
    run("git", "push", "-q", "origin", "HEAD:main", cwd=clone)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True)
    return head.stdout.strip()


def graded(course, commit):
    """The run of a commit once it has ended, with its steps."""
    def look():
        return query(course, "SELECT r.*, s.received_ms FROM run r JOIN submission s ON s.id = r.submission"
                             " WHERE s.commit_id = ? AND r.ended_ms > 0", commit)
    found = wait_for(look, what="a commit was not graded within a minute")[0]
    if found["state"] != "done":
        raise SystemExit(f"a run ended as {found['state']}: {found['message']}")
    found["steps"] = query(course, "SELECT * FROM step WHERE run = ? ORDER BY position", found["id"])
    return found
