#!/usr/bin/env python3
"""Waits until all submissions of the demo have ended, prints the boards, checks expected.tsv.

Asks `holdout status DIR --json`. Exit code: 0 all as expected, 1 some not, 69 the service ended or
took too long.
"""
import argparse
import json
import os
import subprocess
import sys
import time

LONGEST_S = 600
ENDED = {"done", "failed_team", "failed_ours", "cancelled", "superseded"}


def say(text=""):
    print(text, file=sys.stderr, flush=True)


def read_expected(path):
    expected = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                team, task, state, verdict = line.rstrip("\n").split("\t")
                expected[team, task] = (state, verdict)
    return expected


def ask(args):
    """The status document, or None while there is none yet."""
    command = [args.holdout, "status", args.course, "--json"]
    answer = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(answer.stdout) if answer.returncode == 0 else None
    except ValueError:
        return None


def runs_of(document):
    return [(run["team"], task["id"], run) for task in document["tasks"] for run in task["runs"]]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Progress:
    """One line that changes on a terminal; elsewhere a line for each state that is new."""

    def __init__(self):
        self.live = sys.stderr.isatty()
        self.shown = {}

    def show(self, runs, total):
        states = {(team, task): run["state"] for team, task, run in runs}
        ended = sum(state in ENDED for state in states.values())
        if self.live:
            busy = [f"{team} {state}" for (team, _), state in states.items()
                    if state not in ENDED and state not in ("received", "queued")]
            line = f"{ended} of {total} graded  " + ", ".join(busy)
            self.rewrite(line[:os.get_terminal_size(2).columns - 1])
        else:
            for (team, task), state in states.items():
                if state in ENDED and self.shown.get((team, task)) != state:
                    say(f"{task:<8} {team:<12} {state}")
        self.shown = states

    def rewrite(self, line):
        print("\r\033[K" + line, end="", file=sys.stderr, flush=True)

    def end(self):
        if self.live:
            self.rewrite("")


def wait(args, expected):
    """The document in which every expected submission has ended; None when that does not come."""
    progress, until = Progress(), time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        running = alive(args.server)
        document = ask(args)
        if document:
            runs = runs_of(document)
            progress.show(runs, len(expected))
            there = {(team, task) for team, task, run in runs}
            if document["pending"] == 0 and expected.keys() <= there:
                progress.end()
                return document
        if not running:
            break
        time.sleep(0.1)
    progress.end()
    what = "took too long" if alive(args.server) else "ended by itself"
    say(f"demo: the service {what}; the end of {args.log}:")
    with open(args.log, encoding="utf-8", errors="replace") as file:
        say("".join(file.readlines()[-8:]).rstrip())
    return None


def shown(value):
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def print_board(task, out):
    print(f"\n{task['id']}", file=out)
    print(f"  {'rank':<6}{'team':<26}{'score':>10}   95 % interval", file=out)
    for row in task["board"]:
        low, high = row["rank_low"], row["rank_high"]
        rank = "" if low is None else str(low) if low == high else f"{low}-{high}"
        interval = "" if row["low"] is None else f"{shown(row['low'])} to {shown(row['high'])}"
        print(f"  {rank:<6}{row['team']:<26}{shown(row['score']):>10}   {interval}", file=out)
    failed = [run for run in task["runs"] if run["state"] != "done"]
    if failed:
        print("  without a rank:", file=out)
    for run in failed:
        print(f"        {run['team']:<26}{run['state']}: {run['verdict']}", file=out)


def differences(document, expected):
    for team, task, run in runs_of(document):
        wanted = expected.get((team, task))
        if wanted is None:
            continue  # a team that somebody added to the demo
        got = (run["state"], run["verdict"])
        if got != wanted:
            yield f"{team} ({task}): expected {wanted[0]} {wanted[1]}, got {got[0]} {got[1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--course", "--holdout", "--expected", "--log"):
        parser.add_argument(name, required=True)
    parser.add_argument("--server", type=int, required=True, help="process id of holdout serve")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()

    expected = read_expected(args.expected)
    document = wait(args, expected)
    if document is None:
        return 69
    for task in document["tasks"]:
        print_board(task, sys.stderr if args.json else sys.stdout)
    if args.json:
        print(json.dumps({"course": document["course"], "tasks": document["tasks"]}))
    wrong = list(differences(document, expected))
    for line in wrong:
        say(f"demo: {line}")
    if not wrong:
        say(f"\nall {len(expected)} submissions ended as expected")
    sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
