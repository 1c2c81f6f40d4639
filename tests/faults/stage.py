"""A copy of the course for one row of the table: its service, its marks, what was done to it and what came out."""
import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time

import course as courses
from service import HOLDOUT, Lost, Service, differences, graded, query, results, until

MARKED = ("t02", "t03", "t05", "t08", "t11")


class Stage:
    def __init__(self, root, template, teams, chance, keep):
        self.root, self.template, self.teams, self.chance, self.keep = root, template, teams, chance, keep
        self.expected = self.last = None
        self.number = 0
        self.service = None
        self.cleanups = []

    def open(self, preload=None, environment=None, wait=True, config=None):
        """A fresh copy of the course with all teams, its service started."""
        self.number += 1
        self.times, self.complaints, self.marks, self.ignored, self.note = 0, [], {}, set(), ""
        self.wanted = self.teams + 1
        self.commands = threading.Lock()
        self.place = f"{self.root}/{self.number}"
        self.course, self.repos = self.place + "/course", self.place + "/repos"
        shutil.copytree(os.path.dirname(self.template), self.place, symlinks=True)
        subprocess.run(["cp", "-a", self.template, self.place], check=True)  # owners, too
        courses.teams_write(self.course, range(self.teams + 1))
        if config:
            config(self.course)
        self.service = Service(self.course, preload, environment)
        self.service.start(wait)
        self.marking = threading.Event()
        self.marker = threading.Thread(target=self.mark_all, daemon=True)
        self.marker.start()

    def mark_all(self):
        """Marks by command while the runs go on; one that was acknowledged must be there in the end."""
        while not self.marking.is_set() and len(self.marks) < len(MARKED):
            with contextlib.suppress(Exception), self.commands:
                for run, team in query(self.course, "SELECT r.id, s.team FROM run r JOIN submission s ON s.id = r.submission"
                                                    " WHERE r.state = 'done' ORDER BY r.id"):
                    if team in MARKED and team not in self.marks:
                        self.mark(run, team)
            self.marking.wait(0.2)

    def mark(self, run, team):
        done = subprocess.run([HOLDOUT, "mark", self.course, run, "why", "--points", str(int(team[1:]) % 10), "--reason", "seen"],
                              env=self.service.environment, capture_output=True, timeout=60)
        if done.returncode == 0:
            self.marks[team] = run

    def wait_graded(self, seconds=60):
        graded(self.course, self.wanted, seconds)

    def progress(self, share):
        """Until this share of the runs has ended."""
        def look():
            with contextlib.suppress(Exception):
                return query(self.course, "SELECT count(*) FROM run WHERE ended_ms > 0")[0][0] >= share * self.teams
        until(look, 120, f"not even {share:.0%} of the runs ended")

    def strike(self, kind, number=signal.SIGKILL):
        """The signal to one process of that kind; True when there was one."""
        found = [pid for name, pid in self.service.processes() if name == kind]
        if not found:
            return False
        pid = self.chance.choice(found)
        if kind == "warden":
            with self.commands:
                self.service.kill()
                self.times += 1
                self.service.start()
            return True
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            self.times += 1
            return True
        return False

    def end(self):
        self.wait_graded()
        wanted = [team for team in MARKED if int(team[1:]) <= self.teams]
        try:
            until(lambda: len(self.marks) >= len(wanted), 20, "marks were refused")
            until(lambda: query(self.course, "SELECT count(*) FROM audit WHERE action = 'mark'")[0][0] >= len(wanted), 20, "")
        except Lost as lost:
            self.complaints += [str(lost)] * bool(str(lost))
        self.marking.set()
        self.marker.join()
        if not self.expected:
            time.sleep(1)  # the board follows the last run
        with contextlib.suppress(Lost):  # what stays different is told
            until(self.is_as_expected, 10, "")

    def is_as_expected(self):
        self.last = results(self.course)
        return not self.differences()

    def differences(self):
        return differences(self.comparable(self.expected), self.comparable(self.last)) if self.expected else []

    def comparable(self, found):
        """Without the teams that the fault is about; ranks are relative to them, too."""
        out = {part: [row for row in rows if not any(str(cell)[:3] in self.ignored for cell in row)] for part, rows in found.items()}
        if self.ignored:
            out["board"] = [row[:2] + row[4:] for row in out["board"]]
        return out

    def expected_take(self):
        self.expected = self.last
        return self.expected

    def marks_lost(self):
        have = {row[0] for row in query(self.course, "SELECT object FROM audit WHERE action = 'mark'")}
        return sum(not any(run in name for name in have) for run in self.marks.values())

    def run_count(self):
        return query(self.course, "SELECT count(*) FROM run")[0][0] - 1

    def clear(self, keep):
        if hasattr(self, "marking"):
            self.marking.set()
        if self.service:
            with contextlib.suppress(Lost, OSError):
                self.service.stop()
        while self.cleanups:
            self.cleanups.pop()()
        if not (self.keep and keep):
            shutil.rmtree(self.place, ignore_errors=True)
