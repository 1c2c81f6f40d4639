#!/bin/sh
# What an operator needs: health, readiness, metrics, a service manager's protocol, a stop that lets runs end.
. tests/flows/lib.sh

course=$work/course
course_make "$course" doorstep

# a service manager's socket, and what arrived there
cat >"$work/manager.py" <<'PY'
import os, socket, sys
path, log = sys.argv[1:]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(path)
os.chmod(path, 0o777)
with open(log, "a", buffering=1) as out:
    while True:
        out.write(manager.recv(4096).decode() + "\n")
PY
"$PYTHON" "$work/manager.py" "$work/manager" "$work/told" &
manager=$!
for _ in $(seq 50); do [ -S "$work/manager" ] && break; sleep 0.1; done
NOTIFY_SOCKET=$work/manager
WATCHDOG_USEC=400000
export NOTIFY_SOCKET WATCHDOG_USEC

check "the service starts" service_start "$course" --drain 60
unset NOTIFY_SOCKET WATCHDOG_USEC
check "the service manager hears that it is ready" sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do grep -q '^READY=1' '$work/told' && exit 0; sleep 0.3; done; exit 1"
check "and that it is alive" sh -c "sleep 1; [ \$(grep -c '^WATCHDOG=1' '$work/told') -ge 2 ]"
check "the team is graded" graded "$course" 60 1

base=http://127.0.0.1:$port
check "/healthz and /livez answer" sh -c "curl -fsS $base/healthz | grep -q ok && curl -fsS $base/livez | grep -q ok"
check "/readyz says that the course is ready" sh -c "curl -fsS $base/readyz | jq -e '.status == \"ok\" and .courses[0].ready'"
check "/version names it" sh -c "curl -fsS $base/version | jq -e '.version | length > 0'"
curl -fsS -D "$work/head" "$base/metrics" >"$work/metrics"
check "/metrics has the type that Prometheus wants" grep -qi 'content-type: text/plain; version=0.0.4' "$work/head"
cat >"$work/metrics.py" <<'PY'
import re, sys
types, samples = {}, {}
for line in open(sys.argv[1]):
    line = line.rstrip("\n")
    if line.startswith("# TYPE "):
        _, _, name, kind = line.split(" ")
        assert name not in types, "a metric stands twice: " + name
        types[name] = kind
    elif line.startswith("# HELP "):
        assert len(line.split(" ", 3)) == 4
    else:
        match = re.fullmatch(r'([a-z_]+)(\{([a-z_]+="[^"\\]*",?)*\})? (-?[0-9.]+)', line)
        assert match, line
        name = re.sub(r"_(bucket|sum|count)$", "", match[1]) if match[1] not in types else match[1]
        assert name in types, line
        assert "team" not in line.split("{")[-1].split("}")[0].replace("failed_team", ""), line
        samples[match[1] + (match[2] or "")] = float(match[4])
runs = [v for k, v in samples.items() if k.startswith("holdout_runs{")]
assert sum(runs) == 1, samples
assert samples['holdout_run_seconds_count{course="demo-2026"}'] == 1
assert samples['holdout_run_seconds_bucket{course="demo-2026",le="+Inf"}'] == 1
assert samples['holdout_repositories{course="demo-2026",state="ok"}'] == 1
assert samples['holdout_grader_beat_timestamp_seconds{course="demo-2026"}'] > 1e9
assert any(k.startswith("holdout_recent_step_seconds") for k in samples)
PY
check "every line of it is well formed and the numbers are right" "$PYTHON" "$work/metrics.py" "$work/metrics"

# told to end while a run is under way: the run ends first
git clone -q "$work/repos/doorstep.git" "$work/clone" 2>/dev/null
(cd "$work/clone" && git config user.email a@b.c && git config user.name A && echo >>README.md && git add -A && git commit -qm "another version" && git push -q) >/dev/null 2>&1
ended_first() {
    for _ in $(seq 200); do
        "$HOLDOUT" status "$course" --json | jq -e '[.tasks[].runs[] | select(.state == "training" or .state == "building" or .state == "predicting")] | length > 0' >/dev/null && break
        sleep 0.05
    done
    kill -TERM "$service"
    wait "$service"
    code=$?
    service=
    grep -q 'event=drain runs=1' "$work/serve.log" && [ $code = 0 ] && [ "$(state_of "$course" doorstep)" = 'done ok' ]
}
check "a run under way ends before a service with --drain does" ended_first
check "the service manager hears that it stops" grep -q '^STOPPING=1' "$work/told"
twice() {
    "$PYTHON" - "$course/state/store.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True)
assert db.execute("SELECT count(*), max(attempt) FROM run WHERE state = 'done'").fetchone() == (2, 1)
PY
}
check "two versions were graded, none of them twice" twice

# the pages alone: they tell that nobody grades
touch -d '2 minutes ago' "$course/state/beat"
"$BUILD/bin/holdout-web" "$course" --listen 127.0.0.1:0 --port-file "$work/port" >/dev/null 2>&1 &
service=$!
for _ in $(seq 50); do [ -s "$work/port" ] && break; sleep 0.1; done
base=http://127.0.0.1:$(cat "$work/port")
check "/readyz is 503 and says why when no grader is at work" sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS -o '$work/ready' -w '%{http_code}' $base/readyz | grep -q 503 && grep -q 'grader is not at work' '$work/ready' && exit 0; sleep 0.3; done; cat '$work/ready'; exit 1"

check "--drain takes seconds only" sh -c "'$HOLDOUT' serve '$course' --drain soon 2>&1 | grep -q '0 to 86400'"
kill "$manager"
finish
