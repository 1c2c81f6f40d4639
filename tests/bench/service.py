#!/usr/bin/env python3
"""The service with 200 teams and 100,000 stored runs: from exec to /readyz, memory of all its processes, pages, commands.

Memory is the PSS of the whole process tree (warden, grader, launchers, web), cold and after 2,000 page requests.
service.py [--json] [--keep DIR] [--receipts]: the course is made in DIR, or found there, and stays; --receipts makes a
receipt of each run, too, for trials by hand.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from service_run import HOLDOUT, Service
from service_store import RUNS, TEAMS, make, team_id

STARTS, REQUESTS, LOOKS = 9, 2000, 9
START_MS, MEMORY_MIB, PAGE_MS, COMMAND_MS = 300, 64, 100, 100


def pages_of(service):
    base, api = "/courses/demo-2026", "/api/v1/courses/demo-2026"
    team = team_id(7)
    newest, failed = (service.count("SELECT max(r.id) FROM run r JOIN submission s ON s.id = r.submission WHERE s.team = ?"
                                    " AND r.state = ?", team, state) for state in ("done", "failed_team"))
    return ["/", base, f"{base}/tasks/credit", f"{base}/tasks/houses", f"{base}/teams/{team}", f"{base}/runs/{newest}",
            f"{base}/runs/{failed}", "/api/v1/courses", api, f"{api}/tasks/credit/leaderboard", f"{api}/teams/{team}",
            f"{api}/runs/{newest}", "/metrics", "/readyz", "/healthz"]


def ask(client, path):
    began = time.monotonic()
    client.request("GET", path)
    answer = client.getresponse()
    size = len(answer.read())
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return (time.monotonic() - began) * 1000, size


def ask_pages(service):
    """Median milliseconds and bytes of each page."""
    client, out = service.connect(), {}
    for path in pages_of(service):
        looks = [ask(client, path) for _ in range(LOOKS)]
        out[path] = statistics.median(ms for ms, _ in looks), looks[-1][1]
    return out


def ask_many(service, paths):
    """As visitors do: over a few connections, all pages in turn."""
    clients = [service.connect() for _ in range(8)]
    for i in range(REQUESTS):
        ask(clients[i % len(clients)], paths[i % len(paths)])


def memory(service, label):
    parts = service.pss()
    total = sum(parts.values()) / 2**20
    print(f"# PSS {label}: {total:.1f} MiB = " + " + ".join(f"{name} {size / 2**20:.1f}" for (_, name), size in
                                                           parts.items()), file=sys.stderr)
    return total


def measure_starts(course):
    starts = []
    for _ in range(STARTS):
        with Service(course) as service:
            starts.append(service.start_ms)
            service.wait(service.looked)
    print("# starts: " + " ".join(f"{ms:.0f}" for ms in starts), file=sys.stderr)
    return starts


def measure_service(course):
    with Service(course) as service:
        service.wait(lambda: service.looked() and service.compared())
        time.sleep(2)
        cold = memory(service, "cold")
        pages = ask_pages(service)
        ask_many(service, list(pages))
        warm = memory(service, f"after {REQUESTS} pages")
    return cold, warm, pages


def measure_commands(course):
    """Milliseconds of commands; those of all teams' runs list 100,000 lines and have no goal."""
    out = {}
    for words in (["status"], ["status", "--team", team_id(7)], ["runs", "--team", team_id(7)], ["outbox"], ["runs"]):
        began = time.monotonic()
        subprocess.run([HOLDOUT, words[0], course, *words[1:]], check=True, stdout=subprocess.DEVNULL)
        out["holdout " + " ".join(words)] = (time.monotonic() - began) * 1000
    return out


def row(name, ours, target):
    return {"name": "service." + name, "ours": round(ours, 1), "target": target, "met": ours <= target}


def measure(course):
    starts = measure_starts(course)
    cold, warm, pages = measure_service(course)
    commands = measure_commands(course)
    for path, (ms, size) in pages.items():
        print(f"# {ms:8.1f} ms {size:9d} bytes  {path}", file=sys.stderr)
    for name, ms in commands.items():
        print(f"# {ms:8.1f} ms  {name}", file=sys.stderr)
    del commands["holdout runs"]
    return [row("start_ms", statistics.median(starts), START_MS), row("memory_cold_mib", cold, MEMORY_MIB),
            row("memory_after_pages_mib", warm, MEMORY_MIB), row("slowest_page_ms", max(ms for ms, _ in pages.values()), PAGE_MS),
            row("slowest_command_ms", max(commands.values()), COMMAND_MS)]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--keep", metavar="DIR")
    options.add_argument("--receipts", action="store_true")
    options = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as scratch:
        work = os.path.abspath(options.keep or scratch)
        os.makedirs(work, exist_ok=True)
        os.chmod(work, 0o755)
        course = work + "/course"
        rows = measure(course if os.path.exists(course) else make(work, options.receipts))
    if options.json:
        print(json.dumps({"rows": rows}))
        return
    print(f"the service with {TEAMS} teams and {RUNS:,} stored runs")
    for one in rows:
        print(f"  {one['name']:<34} {one['ours']:8.1f}   goal <= {one['target']}: {'met' if one['met'] else 'MISSED'}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
