"""A course of small teams for the fault harness: runs of a fraction of a second whose results are known to the bit."""
import os
import random
import subprocess

TEAMS = 40
BROKEN = {7: "train", 19: "predict", 33: "answer"}  # teams whose run ends as failed_team
RESTED = "t00"  # graded in the template, so that every copy shares its hidden seeds

COURSE = """schema: 1
course: {id: faults, title: Faults, timezone: Europe/Berlin}
git: {local: ../repos, allow: [], trigger: {branch: main, tag: "submit/*"}, poll_s: 1, max_repo_mb: 20}
environments:
  default: {root: host}
tasks:
  - id: coin
    title: Heads or tails
    kind: binary
    target: heads
    id_column: id
    metrics: [{key: roc_auc, primary: true}, {key: brier}]
    limits: {build_s: 10, train_s: 10, predict_s: 10, memory_mb: 128, pids: 32, disk_mb: 16, cpus: 1,
             runs_per_day: 500, runs_total: 5000}
    seeds: 1
deliverables:
  - {id: final, tasks: [coin], due: 2099-02-12T18:00:00+01:00, needs: [model]}
box: {allow_degraded: true}
disk_guard_mb: 0
board: {visibility: names, release: rounded, digits: 3}
"""

RUBRIC = """schema: 1
questions:
  - {id: quality, task: coin, points: 40, from: metric, title: "How good is it?", metric: roc_auc, rows: public,
     zero_at: 0.5, full_at: 0.95, curve: linear}
  - {id: why, title: "Why this model?", points: 10, from: human, guidance: "Look for a reason."}
"""

SUBMISSION = "schema: 1\ntask: coin\ndeliverable: final\nbuild: ./build\nentry_points: {train: ./train, predict: ./predict}\n"

# the share of the signal is the team's; what looks like chance follows from the id alone
PREDICT = """#!/bin/sh
awk -F, -v share=%s -v team=%d 'FNR == 1 { print "id,prediction"; next }
    { noise = ($1 * 7919 + team * 104729) %% 1000 / 1000; printf "%%s,%%.4f\\n", $1, share * $2 + (1 - share) * noise }' \\
    /opt/ml/input/data/heldout/*.csv >/opt/ml/output/data/predictions.csv
"""

# answers what PREDICT writes, in the formats that a server is asked in
SERVE = """#!/usr/bin/env python3
import csv, io, json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHARE, TEAM = %s, %d


def score(row):
    noise = (int(row["id"]) * 7919 + TEAM * 104729) %% 1000 / 1000
    return round(SHARE * float(row["x"]) + (1 - SHARE) * noise, 4)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=""):
        self.send_response(status)
        self.send_header("Content-Type", self.headers.get("Content-Type") or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self):
        self.answer(200 if self.path == "/ping" else 404)

    def do_POST(self):
        kind, size = self.headers.get("Content-Type"), int(self.headers.get("Content-Length") or 0)
        if size > 6 << 20:
            self.close_connection = True
            return self.answer(413)
        try:
            body = self.rfile.read(size).decode()
            if kind == "text/csv":
                rows = [(row["id"], score(row)) for row in csv.DictReader(io.StringIO(body))]
                return self.answer(200, "id,prediction\\n" + "".join("%%s,%%.4f\\n" %% row for row in rows))
            rows = json.loads(body)["instances"] if kind == "application/json" else [json.loads(line) for line in body.splitlines()]
            records = [{"id": row["id"], "prediction": score(row)} for row in rows]
            lines = "".join(json.dumps(record) + "\\n" for record in records)
            self.answer(200, json.dumps({"predictions": records}) if kind == "application/json" else lines)
        except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
            self.answer(400)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
"""


def run(*command, **more):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def team_files(number, version=1):
    broken = BROKEN.get(number)
    share = 0.1 + 0.8 * ((number * 17 + version * 3) % 41) / 41
    predict = PREDICT % (f"{share:.4f}", number * 100 + version)
    if broken == "predict":
        predict = "#!/bin/sh\nexit 3\n"
    if broken == "answer":
        predict = "#!/bin/sh\necho id,prediction >/opt/ml/output/data/predictions.csv\n"
    train = "exit 4" if broken == "train" else f"echo {number} >/opt/ml/model/model; sleep 0.03"
    return {"submission.yaml": SUBMISSION, "build": "#!/bin/sh\nsleep 0.02\n", "train": f"#!/bin/sh\n{train}\n", "predict": predict}


def served(number):
    """The team's files with a server, for a deliverable that needs one."""
    files = team_files(number)
    share = files["predict"].split("share=")[1].split(" ")[0]
    files["submission.yaml"] = SUBMISSION.replace("final", "live").replace("predict: ./predict", "predict: ./predict, serve: ./serve")
    return dict(files, serve=SERVE % (share, number * 100 + 1))


def commit(repository, files, message):
    """One more commit on main of a bare repository, without a checkout; the same files give the same commit."""
    head = subprocess.run(["git", "-C", repository, "rev-parse", "-q", "--verify", "refs/heads/main"],
                          capture_output=True, text=True).stdout.strip()
    out = [f"commit refs/heads/main\ncommitter Ada <ada@example.org> {1770000000 + len(message)} +0000\n"
           f"data {len(message)}\n{message}\n"]
    if head:
        out.append(f"from {head}\n")
    for name, text in files.items():
        mode = "100644" if "." in name else "100755"
        out.append(f"M {mode} inline {name}\ndata {len(text.encode())}\n{text}\n")
    subprocess.run(["git", "-C", repository, "fast-import", "--quiet", "--force"], input="".join(out).encode(), check=True)
    return subprocess.run(["git", "-C", repository, "rev-parse", "refs/heads/main"], capture_output=True, text=True,
                          check=True).stdout.strip()


def repository(repos, number):
    path = f"{repos}/t{number:02d}.git"
    run("git", "init", "-q", "--bare", "--template=", "-b", "main", path)
    run("git", "-C", path, "config", "receive.denyDeletes", "true")
    commit(path, team_files(number), "one")


def data(course):
    chance = random.Random(5)
    rows = [(i, chance.random(), chance.random()) for i in chance.sample(range(1000, 9000), 700)]
    rows = [(i, x, int(x + 0.5 * y > 0.75)) for i, x, y in rows]
    write(course + "/data/coin/train.csv", "id,x,heads\n" + "".join(f"{i},{x:.4f},{h}\n" for i, x, h in rows[:300]))
    write(course + "/data/coin/sample.csv", "id,x\n" + "".join(f"{i},{x:.4f}\n" for i, x, _ in rows[300:330]))
    write(course + "/data/coin/sample_submission.csv", "id,prediction\n" + "".join(f"{i},0.5\n" for i, _, _ in rows[300:330]))
    held = rows[330:]
    write(course + "/private/coin/heldout.csv", "id,x\n" + "".join(f"{i},{x:.4f}\n" for i, x, _ in held))
    write(course + "/private/coin/solution.csv", "id,heads,Usage\n" + "".join(
        f"{i},{h},{'Public' if at % 5 < 2 else 'Private'}\n" for at, (i, _, h) in enumerate(held)))
    os.chmod(course + "/private", 0o700)


def teams_write(course, numbers):
    write(course + "/teams.csv", "team,name,repository,tasks\n" + "".join(
        f"t{n:02d},Team {n},file:t{n:02d}.git,coin\n" for n in numbers))


def make(root, teams=TEAMS):
    """root/course with its data and root/repos; only the rested team is in teams.csv."""
    course, repos = root + "/course", root + "/repos"
    write(course + "/course.yaml", COURSE)
    write(course + "/rubric.yaml", RUBRIC)
    data(course)
    teams_write(course, [0])
    os.makedirs(repos, exist_ok=True)
    for number in range(teams + 1):
        repository(repos, number)
    return course
