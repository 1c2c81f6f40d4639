#!/bin/sh
# The same demo for an ordinary user and beneath a parent directory of mode 0700; each process's eyes on the truth.
. tests/flows/lib.sh

if [ "$(id -u)" -ne 0 ]; then
    skip "users are tried by root only" "not root"
    finish
fi

# ---- an ordinary user: one uid, degraded box where the course allows it ----
person=$(getent passwd nobody | cut -d: -f3)
as_person() { setpriv --reuid "$person" --regid "$person" --clear-groups env HOME="$work/home" BUILD="$work/person/build" "$@"; }
mkdir -p "$work/home" "$work/person/build"
cp -R "$BUILD/bin" "$BUILD/lib" "$BUILD/include" "$work/person/build/"
cp -R examples "$work/person/examples"
mkdir -p "$work/person/tests"
chown -R "$person:$person" "$work/person" "$work/home"
rootless() {
    port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (cd "$work/person" && as_person PORT="$port" ONCE=1 JSON=1 sh examples/demo.sh >"$work/rootless.json")
}
check "the whole demo ends as expected for an ordinary user" rootless
check "its board has six honest teams and the cheat last" jq -e '[.tasks[].board[] | select(.baseline | not)] | length == 7' "$work/rootless.json"
layers() {
    as_person "$work/person/build/bin/holdout" doctor
    [ $? -le 1 ]
}
check "holdout doctor runs for an ordinary user" layers

# ---- root, with the project beneath a parent of mode 0700 ----
closed=$work/closed
mkdir -m 700 "$closed"
mkdir "$closed/build"
cp -R "$BUILD/bin" "$BUILD/lib" "$BUILD/include" "$closed/build/"
HOLDOUT=$closed/build/bin/holdout
course=$closed/course
course_make "$course" cholesky doorstep
closed_graded() { service_start "$course" && graded "$course" 90 2; }
check "beneath a parent of mode 0700 both teams are graded" closed_graded
check "both ended as done there" sh -c "[ \"$(state_of "$course" cholesky) $(state_of "$course" doorstep)\" = 'done ok done ok' ]"

# ---- who may read the truth: each of the service's users tries, by every name that it has ----
base=${HOLDOUT_UID_BASE:-61000}
sealed=$(find "$course/state/sealed" -type f -name '????????????????????????????????????????????????????????????????' | head -n 1)
tries() { # uid
    setpriv --reuid "$1" --regid "$1" --clear-groups "$PYTHON" - "$course" "$sealed" "$service" <<'PY'
import os, sys
course, sealed, service = sys.argv[1:]
bad = []
paths = [sealed, course + "/state/sealed/sealed.db", course + "/private/credit/solution.csv"]
for pid in [service] + open(f"/proc/{service}/task/{service}/children").read().split():
    if os.stat(f"/proc/{pid}").st_uid == os.getuid():
        continue # its own process, which has what it has
    for path in ("/mnt/course/0/private/credit/solution.csv", "/mnt/course/0/state/sealed/sealed.db"):
        paths.append(f"/proc/{pid}/root{path}")
    try:
        paths += [f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd")]
        bad.append(f"/proc/{pid}/fd can be listed")
    except OSError:
        pass
for path in paths:
    try:
        os.close(os.open(path, os.O_RDONLY))
        bad.append(path)
    except OSError:
        pass
print(*bad, sep="\n")
sys.exit(bool(bad))
PY
}
# the parent is opened for this, so that its mode is not what protects the truth
chmod 755 "$closed"
chmod 755 "$course"
for role in runner:2 fetch:3 web:4 slot:16; do
    check "the user of ${role%:*} cannot open the truth" tries $((base + ${role#*:}))
done
readable() { setpriv --reuid $((base + 1)) --regid $((base + 1)) --clear-groups test -r "$sealed"; }
check "the grader's user can: the trial would notice" readable
stranger() { # what is printed, and the code
    said=$(as_person "$HOLDOUT" "$@" 2>&1)
    [ $? -eq 77 ] && case $said in *"is not yours to"*"run this as root"*) return 0 ;; esac
    echo "$said"
    return 1
}
check "a command of somebody else says who may read the course" stranger status "$course"
check "and who may write to it" stranger resume "$course"
unread() { as_person "$HOLDOUT" check "$course" 2>&1 | grep -q 'heldout.csv: the file may not be read by you'; }
check "what may not be read is not called missing" unread
service_stop
finish
