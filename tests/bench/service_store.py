"""A course with 200 teams and a store with 100,000 runs, for service.py.

A few runs are really graded; what the grader wrote of them is the form of all others: the same rows in every table,
sealed predictions, inbox events and, when they are wanted (1.5 GB), a chain of receipts. Only numbers, ids and times
differ.
"""
import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time

from service_run import Service

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HOLDOUT = BUILD + "/bin/holdout"
TEAMS, RUNS = 200, 100_000
VARIANTS = 24  # sealed predictions that differ
# who is really graded, and how often its form is taken among 20 runs of a team
FORMS = {"cholesky": 15, "ridgeway": 4, "gaps": 1}
TASKS = {"credit": ("roc_auc", "binary"), "houses": ("mae", "regression")}
WORDS = ["Amber", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Garnet", "Harbour", "Iris", "Juniper"]
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def team_id(i):
    return f"team-{i:03}"


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def teams_write(course, count):
    with open(course + "/teams.csv", "w") as out:
        out.write("team,name,repository,tasks\n")
        for i in range(count):
            name = f"{WORDS[i % 10]} {WORDS[i // 10 % 10]} {i}"
            out.write(f"{team_id(i)},{name},file:{team_id(i)}.git,credit;houses\n")


def lay_out(work):
    """The demo's course, and a repository a team."""
    course, repos = work + "/course", work + "/repos"
    run("cp", "-R", "examples/course", course)
    for task, data, target, kind in (("credit", "credit_data", "bad", "binary"),
                                     ("houses", "ames", "Sale_Price", "regression")):
        run(sys.executable, "examples/split.py", f"examples/data/{data}.csv", course, "--task", task, "--target", target,
            "--kind", kind)
    os.chmod(course + "/private", 0o700)
    run("examples/make-repos.sh", work + "/forms", *FORMS)
    os.makedirs(repos)
    for i in range(TEAMS):
        form = list(FORMS)[i] if i < len(FORMS) else "cholesky"
        run("cp", "-R", f"{work}/forms/{form}.git", f"{repos}/{team_id(i)}.git")
    os.remove(course + "/roster.csv")
    config = open(course + "/course.yaml").read()
    config = re.sub(r"poll_s: \d+", "poll_s: 60", config)
    config = re.sub(r"runs_per_day: \d+, runs_total: \d+", "runs_per_day: 50, runs_total: 1000", config)
    open(course + "/course.yaml", "w").write(config)
    teams_write(course, len(FORMS))
    return course


def grade_forms(course):
    with Service(course) as service:
        service.wait(lambda: service.status()["pending"] == 0
                     and sum(len(task["runs"]) for task in service.status()["tasks"]) >= len(FORMS) + 6)


def look_at_all(course):
    """All repositories are looked at once; what they hold waits, and is then graded like the rest."""
    teams_write(course, TEAMS)
    run(HOLDOUT, "pause", course)
    with Service(course) as service:
        service.wait(lambda: service.status()["pending"] >= TEAMS - len(FORMS))


def hands(course):
    """What people do beside pushing."""
    day = "2099-03-01T18:00:00+01:00"
    for i in range(0, TEAMS, 20):
        run(HOLDOUT, "extend", course, "--team", team_id(i), "--deliverable", "final", "--until", day)
        run(HOLDOUT, "quota", course, "--team", team_id(i), "--task", "credit", "--give", "3")


def ulid(ms, draw):
    number, out = ms << 80 | draw.getrandbits(80), []
    for _ in range(26):
        out.append(DIGITS[number & 31])
        number >>= 5
    return "".join(reversed(out))


def rows_of(db, sql, *values):
    return [dict(row) for row in db.execute(sql, values)]


class Form:
    """One graded run and what differs from run to run."""

    def __init__(self, course, store, sealed, index):
        self.run = rows_of(store, "SELECT r.*, s.task AS task FROM run r JOIN submission s ON s.id = r.submission"
                                  " WHERE s.team = ? AND r.ended_ms > 0", team_id(index))[0]
        self.id, self.task = self.run["id"], self.run["task"]
        self.done = self.run["state"] == "done"
        self.receipt = json.load(open(f"{course}/state/receipts/{self.id}.json"))
        digests = [row["sha256"] for row in rows_of(sealed, "SELECT sha256 FROM prediction WHERE run = ?"
                                                            " AND seed_at = 1", self.id)]
        self.variants = variants(course, self.task, digests[0]) if self.done else [(None, None, None, None)]


def variants(course, task, digest):
    """The form's predictions with more and more noise, sealed: digest, score, low and high of each."""
    root = f"{course}/state/sealed"
    metric, kind = TASKS[task]
    owner = os.stat(root)
    first, head, *body = open(f"{root}/{digest[:2]}/{digest}").read().splitlines()
    assert head.count(",") == 1, head
    values = [(key, float(value)) for key, value in (line.rsplit(",", 1) for line in body)]
    draw, out, scratch = random.Random(7), [], f"{course}/../scratch.csv"
    for i in range(VARIANTS):
        share = 0.04 * (i % 12) + 0.002 * i
        if kind == "binary":
            noisy = [(key, min(1, max(0, value + draw.gauss(0, share)))) for key, value in values]
        else:
            noisy = [(key, value * (1 + draw.gauss(0, share))) for key, value in values]
        csv = head + "\n" + "".join(f"{key},{value:.17g}\n" for key, value in noisy)
        open(scratch, "w").write(csv)
        answer = subprocess.run([BUILD + "/bin/holdout-ml", "evaluate", "--truth", f"{course}/private/{task}/solution.csv",
                                 "--pred", scratch, "--usage", "public", "--metric", metric, "--kind", kind, "--json"],
                                check=True, capture_output=True).stdout
        measured = json.loads(answer)["metrics"][metric]
        sealed = (first + "\n" + csv).encode()
        sha = hashlib.sha256(sealed).hexdigest()
        os.makedirs(f"{root}/{sha[:2]}", mode=0o700, exist_ok=True)
        open(f"{root}/{sha[:2]}/{sha}", "wb").write(sealed)
        os.chmod(f"{root}/{sha[:2]}/{sha}", 0o400)
        for path in (f"{root}/{sha[:2]}", f"{root}/{sha[:2]}/{sha}"):
            os.chown(path, owner.st_uid, owner.st_gid)
        digits = (lambda x: round(x, 3)) if kind == "binary" else (lambda x: float(f"{x:.2e}"))
        out.append((sha, *(digits(measured[key]) for key in ("value", "low", "high"))))
    os.remove(scratch)
    return out


def plan_make(forms, waiting, seq, now_ms):
    """What each run is: those that the repositories brought, and before them a term's worth."""
    draw = random.Random(1)
    wheel = [name for name, times in FORMS.items() for _ in range(times)]
    bulk = RUNS - len(waiting) - len(forms)
    span_ms = 90 * 86400000
    rows = []
    for k in range(bulk):
        received = now_ms - 3600000 - span_ms + k * span_ms // bulk + draw.randrange(1000)
        turn = k // TEAMS
        form = forms[wheel[(turn * 7 + k) % len(wheel)]]
        rows.append(dict(team=team_id(k % TEAMS), form=form, received=received, submission=ulid(received, draw),
                         run=ulid(received + 5, draw), commit=f"{draw.getrandbits(160):040x}", seq=seq + k + 1, wait=0))
    for old in waiting:
        rows.append(dict(team=old["team"], form=forms["cholesky"], received=old["received_ms"], wait=1,
                         submission=old["submission"], run=old["run"], commit=old["commit_id"], seq=old["event_seq"]))
    rows.sort(key=lambda row: row["run"])
    for k, row in enumerate(rows):
        row["variant"] = row["form"].variants[(k * 5 + int(row["team"][5:]) // 8) % len(row["form"].variants)]
    return rows


def plan_write(db, plan):
    db.execute("CREATE TEMP TABLE plan (run TEXT, submission TEXT, team TEXT, form TEXT, form_submission TEXT, commit_id"
               " TEXT, received INTEGER, seq INTEGER, wait INTEGER, receipt TEXT, sha256 TEXT, score REAL, low REAL,"
               " high REAL, later INTEGER)")
    db.executemany("INSERT INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (
        (row["run"], row["submission"], row["team"], row["form"].id, row["form"].run["submission"], row["commit"],
         row["received"], row["seq"], row["wait"], row.get("receipt", ""), *row["variant"],
         row["received"] - row["form"].receipt["received_ms"]) for row in plan))


def copy_rows(db, table, joined, where="1", **changed):
    """One row of the table for each run of the plan and each row of its form."""
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if changed.get(row[1]) != ""]
    values = [changed.get(column, f"t.{column}") for column in columns]
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM plan p CROSS JOIN"
               f" {table} t ON {joined} WHERE {where}")


def later(column):
    return f"CASE WHEN t.{column} > 0 THEN t.{column} + p.later ELSE 0 END"


def triggers_off(db):
    found = [row[0] for row in db.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")]
    for sql in found:
        db.execute("DROP TRIGGER " + re.search(r"TRIGGER (\w+)", sql).group(1))
    return found


def store_fill(db):
    by_run = "t.run = p.form"
    db.execute("DELETE FROM run WHERE id IN (SELECT run FROM plan WHERE wait)")
    db.execute("DELETE FROM submission WHERE id IN (SELECT submission FROM plan WHERE wait)")
    copy_rows(db, "submission", "t.id = p.form_submission", id="p.submission", team="p.team", commit_id="p.commit_id",
              received_ms="p.received", not_seen_ms="p.received - 60000", judged_ms="p.received - 60000",
              event_seq="p.seq")
    copy_rows(db, "run", "t.id = p.form", id="p.run", submission="p.submission", team="p.team", created_ms="p.received",
              started_ms=later("started_ms"), ended_ms=later("ended_ms"), receipt="p.receipt")
    copy_rows(db, "step", by_run, run="p.run", started_ms=later("started_ms"), ended_ms=later("ended_ms"))
    primary = "t.name IN ('metric.roc_auc', 'metric.mae') AND t.rows = 'public' AND p.score IS NOT NULL"
    copy_rows(db, "fact", by_run, run="p.run",
              **{c: f"CASE WHEN {primary} THEN p.{v} ELSE t.{c} END" for c, v in
                 (("value", "score"), ("low", "low"), ("high", "high"))})
    copy_rows(db, "point", by_run, run="p.run")
    copy_rows(db, "scored", by_run, run="p.run", team="p.team")
    copy_rows(db, "release", by_run, run="p.run", team="p.team", score="p.score", low="p.low", high="p.high",
              submitted_ms="p.received", released_ms=later("released_ms"))
    copy_rows(db, "audit", "t.object = p.form AND t.action <> 'load'", seq="", object="p.run",
              at_ms="t.at_ms + p.later")
    db.execute("INSERT INTO compare_due (team, task) SELECT DISTINCT e.team, e.task FROM release e JOIN team t ON t.id ="
               " e.team WHERE t.staff = 0")


def sealed_fill(db):
    by_run = "t.run = p.form"
    copy_rows(db, "prediction", by_run, run="p.run", sha256="ifnull(p.sha256, t.sha256)")
    copy_rows(db, "value", by_run, run="p.run")
    copy_rows(db, "measure", by_run, run="p.run")


def inbox_fill(db, plan):
    body = '{"team":"%s","ref":"refs/heads/main","commit":"%s","old":"","not_seen_ms":%d}'
    db.executemany("INSERT INTO event (seq, id, at_ms, kind, actor, once, body) VALUES (?, ?, ?, 'push', 'poll', ?, ?)", (
        (row["seq"], row["submission"], row["received"],
         f"{row['team']} refs/heads/main {row['commit']} {row['received'] - 60000}",
         body % (row["team"], row["commit"], row["received"] - 60000)) for row in plan if not row["wait"]))


def receipts_write(course, plan, head):
    """The chain goes on where the forms ended. Gives its new head."""
    root = f"{course}/state/receipts"
    owner = os.stat(root)
    for row in plan:
        form, shift = row["form"], row["received"] - row["form"].receipt["received_ms"]
        receipt = dict(form.receipt, previous=head, run=row["run"], submission=row["submission"], team=row["team"],
                       commit=row["commit"], received_ms=row["received"],
                       started_ms=form.receipt["started_ms"] + shift, recorded_ms=form.receipt["recorded_ms"] + shift)
        if form.done:
            receipt["released"] = dict(zip(("score", "low", "high"), row["variant"][1:]))
            receipt["predictions"] = [row["variant"][0]] * len(form.receipt["predictions"])
        text = (json.dumps(receipt, separators=(",", ":"), ensure_ascii=False) + "\n").encode()
        head = row["receipt"] = hashlib.sha256(text).hexdigest()
        fd = os.open(f"{root}/{row['run']}.json", os.O_WRONLY | os.O_CREAT, 0o400)
        os.write(fd, text)
        os.fchown(fd, owner.st_uid, owner.st_gid)
        os.close(fd)
    return head


def open_fast(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -200000")
    db.execute("PRAGMA temp_store = MEMORY")
    return db


def multiply(course, receipts):
    state = course + "/state"
    store, sealed = open_fast(state + "/store.db"), open_fast(state + "/sealed/sealed.db")
    inbox = open_fast(state + "/inbox.db")
    forms = {name: Form(course, store, sealed, i) for i, name in enumerate(FORMS)}
    waiting = rows_of(store, "SELECT r.id AS run, s.* FROM run r JOIN submission s ON s.id = r.submission WHERE"
                             " r.state = 'queued'")
    for row in waiting:
        row["submission"] = row["id"]
    seq = inbox.execute("SELECT max(seq) FROM event").fetchone()[0]
    plan = plan_make(forms, waiting, seq, int(time.time() * 1000))
    head = store.execute("SELECT value FROM meta WHERE name = 'receipt_head'").fetchone()[0]
    if receipts:
        head = receipts_write(course, plan, head)
    for db, fill in ((store, store_fill), (sealed, sealed_fill), (inbox, lambda db: inbox_fill(db, plan))):
        plan_write(db, plan)
        db.execute("BEGIN")
        triggers = triggers_off(db)
        fill(db)
        for sql in triggers:
            db.execute(sql)
        if db is store:
            last = inbox.execute("SELECT max(seq) FROM event").fetchone()[0] + RUNS - len(waiting) - len(forms)
            db.execute("UPDATE meta SET value = ? WHERE name = 'inbox_seq'", [str(last)])
            db.execute("UPDATE meta SET value = ? WHERE name = 'receipt_head'", [head])
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()


def settle(course):
    """The grader makes boards and comparisons of what is there now."""
    run(HOLDOUT, "resume", course)
    with Service(course) as service:
        service.wait(lambda: service.status()["pending"] == 0 and service.compared(), 300)


def make(work, receipts=False):
    started = time.monotonic()
    course = lay_out(work)
    for step in (grade_forms, look_at_all, hands, lambda course: multiply(course, receipts), settle):
        step(course)
    print(f"# made in {time.monotonic() - started:.0f} s", file=sys.stderr)
    shutil.rmtree(work + "/forms")
    return course
