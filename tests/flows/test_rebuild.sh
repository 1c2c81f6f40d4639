#!/bin/sh
# The store made anew from inbox, receipts and artifacts is the same store, queue included.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
state=$course/state
check "the service starts" service_start "$course"
check "two teams are graded" graded "$course" 90 2
first=$("$HOLDOUT" status "$course" --json | jq -r '.tasks[].runs[] | select(.team == "cholesky") | .id')
question=$("$HOLDOUT" log "$course" "$first" --json | jq -r '[.points[] | select(.state == "human_needed")][0].question')
check "a human marks" "$HOLDOUT" mark "$course" "$first" "$question" --points 1 --reason "as agreed"
check "a version is graded by hand" sh -c "'$HOLDOUT' grade '$course' --team doorstep --no-cache | grep -q 'done ok'"
sed -i 's/title: "Architecting for ML: the demo course"/title: "Another title"/' "$course/course.yaml"
git clone -q "$work/repos/cholesky.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
# the forge tells of it before it can be seen
told() {
    "$PYTHON" - "$state/inbox.db" "$(git -C "$work/clone" rev-parse HEAD)" <<'PY'
import json, random, sqlite3, sys, time
now = int(time.time() * 1000)
body = json.dumps({"team": "cholesky", "forge": "github", "ref": "refs/heads/main", "commit": sys.argv[2], "pushed_ms": now, "delivery": "d"})
name = "01" + "".join(random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=24))
db = sqlite3.connect(sys.argv[1], timeout=20)
db.execute("INSERT INTO event (id, at_ms, kind, actor, once, body) VALUES (?, ?, 'webhook', 'github', ?, ?)", (name, now, "webhook github " + sys.argv[2], body))
db.commit()
PY
}
push() { (cd "$work/clone" && echo "$1" >>notes.txt && git add -A && git commit -qm "$1" && told && git push -q origin HEAD:main) >/dev/null 2>&1; }
push second
arrived() { # commit state
    for _ in $(seq 400); do
        "$HOLDOUT" status "$course" --json | jq -e --arg c "$1" '[.tasks[].board[] | select(.commit == $c)] | length == 1' >/dev/null && return 0
        sleep 0.1
    done
    "$HOLDOUT" status "$course"
    return 1
}
check "a second version is graded" arrived "$(git -C "$work/clone" rev-parse HEAD)"
"$HOLDOUT" replay "$course" "$first" >/dev/null 2>&1
sed -i 's/Another title/A third title/' "$course/course.yaml" # a third version of the course
digits() {
    for _ in $(seq 100); do
        [ "$("$PYTHON" -c "import sqlite3; print(sqlite3.connect('$state/inbox.db').execute(\"SELECT count(*) FROM event WHERE kind = 'course'\").fetchone()[0])")" -ge 3 ] && return 0
        sleep 0.1
    done
    return 1
}
check "the course changes twice" digits
# some that wait: the service ends before their turn
push third
"$PYTHON" - "$state/inbox.db" <<'PY'
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
for _ in range(100):
    if db.execute("SELECT count(*) FROM event WHERE kind = 'push'").fetchone()[0] >= 4:
        break
    time.sleep(0.05)
PY
service_stop KILL
sleep 0.5
"$HOLDOUT" status "$course" --json | jq -S '[.tasks[].board]' >"$work/boards"

compare() { "$PYTHON" tests/flows/stores.py "$@"; }
copy() { # of the store as it is, its -wal taken in
    rm -f "$1"
    "$PYTHON" -c "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))" "$state/store.db" "$1"
}
boards_same() { "$HOLDOUT" status "$course" --json | jq -S '[.tasks[].board]' | cmp - "$work/boards"; }
copy "$work/old.db"
"$HOLDOUT" status "$course" --json | jq -S '[.tasks[].board]' >"$work/boards"
check "rebuild makes it anew" "$HOLDOUT" rebuild "$course"
check "table by table it is what it was" compare "$work/old.db" "$state/store.db"
check "the boards are the same to the bit" boards_same
check "the store before is kept" sh -c "ls '$state' | grep -q '^store.db.before-'"

rm -f "$state"/store.db*
check "without any store it is made too" "$HOLDOUT" rebuild "$course"
check "it differs in looks at repositories alone" compare "$work/old.db" "$state/store.db" --looks
check "the boards are the same again" boards_same

# one receipt damaged, with the store before and without
receipt=$state/receipts/$first.json
cp "$receipt" "$work/receipt"
printf X | dd of="$receipt" conv=notrunc bs=1 seek=100 2>/dev/null
"$HOLDOUT" rebuild "$course" >"$work/damaged.out" 2>&1
check "a damaged receipt is an answer of no" [ $? -eq 1 ]
check "it is named" grep -q "$first.json" "$work/damaged.out"
check "its run alone waits again" sh -c "[ \"\$('$PYTHON' -c \"import sqlite3; print(sqlite3.connect('$state/store.db').execute(\\\"SELECT state FROM run WHERE id = '$first'\\\").fetchone()[0])\")\" = queued ]"
others() {
    for db in "$work/old.db" "$state/store.db"; do
        "$PYTHON" -c "import sqlite3; print(sqlite3.connect('$db').execute('SELECT id, state, receipt FROM run WHERE id <> ? AND ended_ms > 0 ORDER BY id', ('$first',)).fetchall())" >"$work/others.${db##*/}"
    done
    cmp "$work/others.old.db" "$work/others.store.db"
}
check "nothing else is lost" others
rm -f "$state"/store.db*
"$HOLDOUT" rebuild "$course" >"$work/damaged.out" 2>&1
check "without the store before it is named as well" grep -q "$first.json" "$work/damaged.out"
check "and nothing else is lost" others
check "the service starts with it" service_start "$course"
check "what waited is graded" graded "$course" 60 2
marked() { "$HOLDOUT" log "$course" "$first" --json | jq -e --arg q "$question" '.state == "done" and ([.points[] | select(.question == $q)][0] | .points == 1 and .state == "marked")'; }
check "the run is graded again and keeps its mark" marked
check "rebuild refuses while the service runs" sh -c "'$HOLDOUT' rebuild '$course'; [ \$? -eq 69 ]"
finish
