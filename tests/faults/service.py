"""The service under test: started, its processes named, its store read and compared with an undisturbed one's."""
import collections
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HOLDOUT = BUILD + "/bin/holdout"
ENDED = ("done", "failed_team", "failed_ours", "cancelled", "superseded")
PATIENCE_S = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Service:
    def __init__(self, course, preload=None, environment=None, boot_id=None):
        self.course, self.port = course, free_port()
        self.log_path = os.path.dirname(course) + "/log"
        self.environment = dict(os.environ, **(environment or {}))
        if preload:
            self.environment["LD_PRELOAD"] = preload
        self.before = ["unshare", "-m", "sh", "-c", f'mount --bind {boot_id} /proc/sys/kernel/random/boot_id && exec "$@"', "sh"] if boot_id else []
        self.process = None

    def start(self, wait=True):
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(self.before + [HOLDOUT, "serve", self.course, "--listen", f"127.0.0.1:{self.port}"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        if wait:
            until(self.answers, 20, "the service did not start")

    def answers(self):
        if self.process.poll() is not None:
            raise Lost(f"the service ended with {self.process.returncode}: {self.tail()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self):
        """SIGKILL of the warden: all others go along."""
        family = [pid for _, pid in self.processes()]
        self.process.kill()
        self.process.wait()
        until(lambda: not any(alive(pid) for pid in family), 10, "processes outlived the killed service")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def processes(self):
        """(kind, pid) of all processes of the service."""
        table = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError, IndexError):
                with open(f"/proc/{pid}/stat") as file:
                    stat = file.read()
                with open(f"/proc/{pid}/cmdline") as file:
                    words = file.read().split("\0")
                table[int(pid)] = (int(stat[stat.rindex(")") + 2:].split()[1]), words, stat[stat.index("(") + 1:stat.rindex(")")])
        found, top = [], self.process.pid
        for pid in table:
            above = pid
            while above in table and above != top:
                above = table[above][0]
            if above == top:
                found.append((kind_of(pid, top, table), pid))
        return found

    def tail(self):
        with open(self.log_path) as log:
            return "".join(log.readlines()[-5:])


class Lost(Exception):
    pass


def alive(pid):
    """One of its threads is: the first one may be dead while others still hold what is open."""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                    return True
    return False


def until(look, seconds, what):
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise Lost(what)
        time.sleep(0.01)


def query(course, text, database="store"):
    path = f"{course}/state/{database}.db"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as db:
        return db.execute(text).fetchall()


def pending(course):
    marks = ",".join(f"'{s}'" for s in ENDED)
    return query(course, f"SELECT count(*) FROM run WHERE state NOT IN ({marks})")[0][0]


def graded(course, runs, seconds=PATIENCE_S):
    def look():
        try:
            return pending(course) == 0 and query(course, "SELECT count(*) FROM run")[0][0] >= runs
        except sqlite3.OperationalError:
            return False
    try:
        until(look, seconds, "")
    except Lost:
        left = query(course, f"SELECT r.id, s.team, r.state, r.attempt, r.detail FROM run r JOIN submission s ON s.id = r.submission WHERE r.ended_ms = 0 LIMIT 3")
        raise Lost(f"still to grade after {seconds} s: {left}") from None


def results(course):
    """All that must be the same with and without a fault: no times, no ids."""
    board = query(course, "SELECT b.task, b.team, b.rank_low, b.rank_high, b.score, b.low, b.high, b.commit_id, b.entries"
                          " FROM board b ORDER BY b.task, b.team")
    # among equal scores the order is that of arrival, which a fault may change: such rows share their range here
    ties = collections.defaultdict(list)
    for row in board:
        ties[row[0], row[4]].append(row[2:4])
    board = [row[:2] + (min(low for low, _ in ties[row[0], row[4]]), max(high for _, high in ties[row[0], row[4]])) + row[4:]
             for row in board]
    runs = query(course, "SELECT s.team, s.commit_id, r.state, r.verdict, r.step, r.message FROM run r"
                         " JOIN submission s ON s.id = r.submission ORDER BY 1, 2, 3")
    points = query(course, "SELECT s.team, s.commit_id, p.question, p.state, p.points, p.reason, p.marked_by FROM point p"
                           " JOIN run r ON r.id = p.run JOIN submission s ON s.id = r.submission ORDER BY 1, 2, 3")
    facts = query(course, "SELECT s.team, s.commit_id, f.name, f.rows, f.value, f.low, f.high FROM fact f"
                          " JOIN run r ON r.id = f.run JOIN submission s ON s.id = r.submission"
                          " WHERE f.name LIKE 'metric.%' ORDER BY 1, 2, 3, 4")
    values = query(course, "SELECT run, metric, rows, value, low, high FROM value", "sealed/sealed")
    who = dict(query(course, "SELECT r.id, s.team || s.commit_id FROM run r JOIN submission s ON s.id = r.submission"))
    sealed = sorted((who.get(run, "?"), *rest) for run, *rest in values)
    return {"board": board, "runs": runs, "points": points, "facts": facts, "sealed": sealed}


def ends(course):
    """(runs lost, runs that ended more than once, marks taken twice)"""
    lost = query(course, "SELECT count(*) FROM run WHERE ended_ms = 0")[0][0]
    lost += query(course, "SELECT count(*) FROM run WHERE state = 'failed_ours'")[0][0]
    doubled = query(course, "SELECT count(*) FROM (SELECT object FROM audit WHERE action IN"
                            " ('done','failed_team','failed_ours','cancelled','superseded') GROUP BY object HAVING count(*) > 1)")[0][0]
    doubled += query(course, "SELECT count(*) FROM (SELECT team, commit_id, ref, source FROM submission WHERE source = 'poll'"
                             " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1)")[0][0]
    marks = query(course, "SELECT count(*) FROM event WHERE kind = 'mark'", "inbox")[0][0]
    taken = query(course, "SELECT count(*) FROM audit WHERE action = 'mark'")[0][0]
    return lost, doubled, taken - marks


def differences(was, now):
    out = []
    for part in was:
        a, b = was[part], now[part]
        if a != b:
            odd = [row for row in b if row not in a][:2] + [row for row in a if row not in b][:2]
            out.append(f"{part}: {len(a)} and {len(b)} rows, such as {odd}")
    return out


def kind_of(pid, top, table):
    parent, words, name = table[pid]
    if pid == top:
        return "warden"
    if words[0] == "holdout-launcher":
        # deeper ones may be the team's program about to begin, whose end by a signal is the team's
        return "launcher" if parent == top else "box" if table[parent][0] == top else "inside"
    if words[0].endswith("holdout-web"):
        return "web"
    if words[1:2] == ["serve"]:
        return "grader" if parent == top and "holdout" in name else "other"
    return words[1] if len(words) > 1 else name
