"""A service under measurement: started, asked, weighed, ended."""
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
HOLDOUT = BUILD + "/bin/holdout"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def tree(root):
    """The process and all that come from it."""
    parents, found = {}, [root]
    for name in os.listdir("/proc"):
        try:
            parents[int(name)] = int(open(f"/proc/{name}/stat").read().rsplit(") ", 1)[1].split()[1])
        except (ValueError, OSError):
            continue
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


class Service:
    def __init__(self, course):
        self.course, self.port = course, free_port()

    def __enter__(self):
        self.log = open(os.path.dirname(self.course) + "/serve.log", "a")
        self.began_ms = int(time.time() * 1000)
        began = time.monotonic()
        self.process = subprocess.Popen([HOLDOUT, "serve", self.course, "--listen", f"127.0.0.1:{self.port}"],
                                        stdout=self.log, stderr=self.log)
        self.wait(self.ready, 60, 0.001)
        self.start_ms = (time.monotonic() - began) * 1000
        return self

    def __exit__(self, *ignored):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()

    def wait(self, look, seconds=120, pause=0.1):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if look():
                return
            if self.process.poll() is not None:
                raise SystemExit(f"the service ended: {open(self.log.name).read()[-2000:]}")
            time.sleep(pause)
        raise SystemExit(f"nothing came of it within {seconds} s: {open(self.log.name).read()[-2000:]}")

    def ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as s:
                s.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return s.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def status(self):
        answer = subprocess.run([HOLDOUT, "status", self.course, "--json"], capture_output=True)
        return json.loads(answer.stdout) if answer.returncode == 0 else {"pending": -1, "tasks": []}

    def count(self, sql, *values):
        db = sqlite3.connect(f"file:{self.course}/state/store.db?mode=ro", uri=True)
        try:
            return db.execute(sql, values).fetchone()[0]
        finally:
            db.close()

    def compared(self):
        return self.count("SELECT count(*) FROM compare_due") == 0

    def looked(self):
        """All repositories since the start."""
        return self.count("SELECT count(*) FROM team WHERE staff = 0 AND looked_ms < ?", self.began_ms) == 0

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def pss(self):
        """Bytes of each process of the tree, by pid and name."""
        out = {}
        for pid in tree(self.process.pid):
            try:
                name = open(f"/proc/{pid}/cmdline").read().split("\0")
                rollup = open(f"/proc/{pid}/smaps_rollup").read()
            except OSError:
                continue
            kib = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")]
            out[pid, os.path.basename(name[0]) or "?"] = kib[0] * 1024 if kib else 0
        return out
