#!/bin/sh
# A full disk and a locked database: runs wait and are tried again; nothing is half written.
. tests/flows/lib.sh

if [ "$(id -u)" -ne 0 ]; then
    skip "a small disk can be mounted by root only" "not root"
    finish
fi
course=$work/course
course_make "$course" doorstep
echo "disk_guard_mb: 0" >>"$course/course.yaml" # a disk that is full, not one that is nearly so
mkdir -p "$course/state"
check "a disk of 24 MB holds the state" mount -t tmpfs -o size=24m,mode=755 tmpfs "$course/state"
unmount() { umount -l "$course/state" 2>/dev/null; }
trap 'service_stop KILL; unmount; rm -rf "$work"' INT TERM

check "the service starts" service_start "$course"
check "a first version is graded" graded "$course" 60 1
first=$("$HOLDOUT" status "$course" --json | jq -c '.tasks[].board')

fill() { dd if=/dev/zero of="$course/state/ballast" bs=64k 2>/dev/null; dd if=/dev/zero of="$course/state/ballast2" bs=512 2>/dev/null; true; }
fill
git clone -q "$work/repos/doorstep.git" "$work/clone" 2>/dev/null
(cd "$work/clone" && git config user.email a@b.c && git config user.name A && head -c 300000 /dev/urandom | base64 >notes.txt && git add -A && git commit -qm "more" && git push -q) >/dev/null 2>&1
commit=$(git -C "$work/clone" rev-parse HEAD)
sleep 4
check "with a full disk the service still answers" sh -c "curl -fsS http://127.0.0.1:$port/healthz"
check "the earlier result is still on the board" sh -c "[ \"\$('$HOLDOUT' status '$course' --json | jq -c '.tasks[].board')\" = '$first' ]"
check "no run was blamed on anybody" sh -c "! '$HOLDOUT' status '$course' --json | grep -q failed"
rm -f "$course/state/ballast" "$course/state/ballast2"
arrives() {
    for _ in $(seq 600); do
        "$HOLDOUT" status "$course" --json | jq -e --arg c "$commit" '[.tasks[].board[] | select(.commit == $c)] | length == 1' >/dev/null && return 0
        sleep 0.1
    done
    "$HOLDOUT" status "$course"
    tail -n 5 "$work/serve.log"
    return 1
}
check "once there is room the new version is graded" arrives

# a database that somebody holds for longer than any patience
locked() {
    "$PYTHON" - "$course/state/store.db" <<'PY' &
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
db.execute("BEGIN EXCLUSIVE")
time.sleep(13)
db.execute("ROLLBACK")
PY
    holder=$!
    sleep 0.5
    timeout 90 "$HOLDOUT" grade "$course" --team doorstep | grep -q 'done ok'
    code=$?
    wait $holder
    return $code
}
check "a database locked for 13 s delays a run and loses nothing" locked
integrity() {
    for db in store inbox sealed/sealed; do
        "$PYTHON" -c "import sqlite3; print(sqlite3.connect('$course/state/$db.db').execute('PRAGMA integrity_check').fetchone()[0])" | grep -qx ok || return 1
    done
}
check "all databases are whole" integrity
service_stop
unmount
finish
