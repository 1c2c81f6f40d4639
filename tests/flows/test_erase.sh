#!/bin/sh
# A team that is erased leaves no byte in state/; boards, receipts and a rebuild hold without it.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
state=$course/state
mark=zqxmarker
cp "$course/teams.csv" "$work/teams.csv"
cat >"$work/roster.csv" <<'CSV'
identifier,github_username,github_id,name,team,late_days
s1,plain-login,1,Plain Name,cholesky,3
CSV

# a repository of team $1: cholesky's, with a marker in content, message, author, and in what it prints
victim_make() {
    git clone -q "$work/repos/cholesky.git" "$work/$1" 2>/dev/null
    (
        cd "$work/$1" && git config user.email "$mark@example.edu" && git config user.name "$mark person" || exit 1
        echo "$mark in a file" >notes.txt
        sed -i "1i \$(info $mark in a log)" Makefile
        git add -A && git commit -qm "$mark in a message" && git clone -q --bare . "$work/repos/$1.git"
    ) >/dev/null 2>&1
}
victim_join() {
    { cat "$work/teams.csv"; echo "$1,$mark team,file:$1.git,credit"; } >"$course/teams.csv"
    { cat "$work/roster.csv"; echo "s9,$mark-login,9,$mark person,$1,2"; } >"$course/roster.csv"
}
victim_leave() {
    cp "$work/teams.csv" "$course/teams.csv"
    cp "$work/roster.csv" "$course/roster.csv"
}
traces() { grep -rlaE "$mark|victim" "$state"; }
no_traces() { ! traces; }
run_of() { "$HOLDOUT" status "$course" --json | jq -r --arg t "$1" '[.tasks[].runs[] | select(.team == $t)][0].id'; }
boards() { "$HOLDOUT" status "$course" --json | jq -S --arg t "$1" '[.tasks[].board[] | select(.team != $t) | del(.rank_low, .rank_high)]'; }
refuses() { want=$1; shift; timeout 150 "$@" >"$work/out" 2>&1; [ $? -eq "$want" ] || { cat "$work/out"; return 1; }; }
says() { grep -qF "$1" "$work/out" || { cat "$work/out"; return 1; }; }

victim_make victim
victim_join victim
check "the service starts" service_start "$course"
check "three teams are graded" graded "$course" 120 3
run=$(run_of victim)
other=$(run_of cholesky)
question=$("$HOLDOUT" log "$course" "$run" --json | jq -r '[.points[] | select(.state == "human_needed")][0].question')
check "a human marks" "$HOLDOUT" mark "$course" "$run" "$question" --points 1 --reason "$mark as agreed"
"$HOLDOUT" replay "$course" "$run" >/dev/null 2>&1
"$HOLDOUT" extend "$course" --team victim --deliverable first --by 2d --reason "$mark was ill" >/dev/null 2>&1
"$HOLDOUT" quota "$course" --team victim --give 2 >/dev/null 2>&1
(cd "$work/victim" && echo more >>notes.txt && git add -A && git commit -qm "$mark again" && git push -q "$work/repos/victim.git" HEAD:main) >/dev/null 2>&1
check "a second version is graded" sh -c "for i in \$(seq 300); do [ \"\$('$HOLDOUT' runs '$course' --team victim --json | jq '[.. | objects | select(.state? == \"done\")] | length')\" -ge 2 ] && exit 0; sleep 0.1; done; exit 1"
check "a rescore that it is in is applied" sh -c "'$HOLDOUT' rescore '$course' start --task credit --rerun --json | jq -e '[.results[].team] | index(\"victim\") != null' && '$HOLDOUT' rescore '$course' apply"
sql() { "$PYTHON" -c "import sqlite3, sys; print(*[r[0] for r in sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute(sys.argv[2]).fetchall()])" "$state/$1" "$2"; }
again=$(sql store.db "SELECT again FROM batch_run WHERE team = 'victim' AND again <> '' LIMIT 1")
check "what the rescore made of the team stands in rows and in its sealed record" sh -c "[ -n '$again' ] && grep -rlaq '$again' '$state/sealed' && grep -rlaq '$again' '$state/receipts'"
boards victim >"$work/boards"

check "while teams.csv names it nothing can be erased" refuses 1 "$HOLDOUT" erase "$course" --team victim --yes
check "and the line is named" says "teams.csv:4 still names team victim"
victim_leave
check "without --yes it is an answer of no" refuses 1 "$HOLDOUT" erase "$course" --team victim
check "that tells what would go" says "marks of humans"
check "nothing has gone: files, inbox, store and lists name it" sh -c "
    grep -rqa '$mark in a log' '$state/artifacts' && grep -rqa '$mark in a file' '$state/artifacts' &&
    grep -qa '$mark as agreed' '$state'/inbox.db* && grep -qa 'victim' '$state'/store.db* &&
    grep -rqa '$mark-login' '$state/sealed' && [ -d '$state/repos/victim' ]"
check "with --yes it goes while the service runs" refuses 0 "$HOLDOUT" erase "$course" --team victim --reason "asked for it" --yes
check "backups are spoken of" says "Backups that were made before still hold it"
check "no byte of it is left" no_traces
check "nor of the runs that the rescore made" sh -c "! grep -rlaE '$again' '$state'/store.db* '$state/sealed'"
check "the rescore is still listed as applied" sh -c "'$HOLDOUT' rescore '$course' status --json | jq -e '[.[].state] == [\"applied\"]'"
check "its mirror is gone" [ ! -e "$state/repos/victim" ]
check "its run has no page" sh -c "[ \"\$(curl -s -o /dev/null -w '%{http_code}' 'http://127.0.0.1:$port/courses/demo-2026/runs/$run')\" = 404 ]"
boards victim >"$work/boards.after"
check "boards have all others, with the same scores" cmp "$work/boards" "$work/boards.after"
check "the chain of receipts holds" refuses 0 "$HOLDOUT" receipts "$course" --verify
check "and says that some are of an erased team" says "of erased teams"
check "a second time there is nothing to erase" refuses 1 "$HOLDOUT" erase "$course" --team victim --yes
check "what it shared with others is there: an old run is replayed" refuses 0 "$HOLDOUT" replay "$course" "$other"
check "others are graded as before" sh -c "'$HOLDOUT' grade '$course' --team doorstep --no-cache | grep -q 'done ok'"

service_stop
sleep 0.3
compare() { "$PYTHON" tests/flows/stores.py "$@"; }
"$PYTHON" -c "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))" "$state/store.db" "$work/old.db"
check "a rebuild makes the same store" refuses 0 "$HOLDOUT" rebuild "$course"
check "table by table" compare "$work/old.db" "$state/store.db"
rm -f "$state"/store.db*
check "without the store before it is made too" refuses 0 "$HOLDOUT" rebuild "$course" --without-store
check "and differs in looks at repositories alone" compare "$work/old.db" "$state/store.db" --looks

cat >"$work/refused.py" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
erased = db.execute("SELECT min(seq) FROM erased").fetchone()[0]
kept = db.execute("SELECT min(seq) FROM event WHERE seq NOT IN (SELECT seq FROM erased)").fetchone()[0]
words = """SET actor = '', once = NULL, body = '{"erased":true}'"""
for change in (
    f"UPDATE event {words} WHERE seq = {kept}",  # nobody erased it
    f"UPDATE event SET body = 'x' WHERE seq = {erased}",
    f"UPDATE event {words}, at_ms = 1 WHERE seq = {erased}",
    f"DELETE FROM event WHERE seq = {erased}",
    f"INSERT INTO erased (seq, by_seq) VALUES ({kept}, {kept})",
    "DELETE FROM erased",
):
    try:
        db.execute(change)
        sys.exit(f"was taken: {change}")
    except sqlite3.IntegrityError:
        pass
PY
check "the inbox refuses any other change" "$PYTHON" "$work/refused.py" "$state/inbox.db"

# a receipt that only says that it is erased is a broken link
receipt=$state/receipts/$other.json
cp "$receipt" "$work/receipt"
jq -c --arg d "$(sha256sum <"$receipt" | cut -d' ' -f1)" '{schema, previous, kind: "erased", run, sha256: $d, recorded_ms, state: "erased"}' <"$work/receipt" >"$work/forged"
chmod u+w "$receipt"
cp "$work/forged" "$receipt"
check "one that says it is erased, and no event does, is broken" refuses 1 "$HOLDOUT" receipts "$course" --verify
check "and named" says "$other.json"
cp "$work/receipt" "$receipt"

# killed in the middle: it goes on, and ends
victim_make victim2
victim_join victim2
check "a course with another one is served" service_start "$course"
check "it is graded" sh -c "for i in \$(seq 400); do [ \"\$('$HOLDOUT' status '$course' --json | jq -r '[.tasks[].runs[] | select(.team == \"victim2\")][0].state')\" = done ] && exit 0; sleep 0.1; done; exit 1"
victim_leave
"$HOLDOUT" erase "$course" --team victim2 --yes >"$work/out" 2>&1 &
asking=$!
"$PYTHON" - "$state" <<'PY'
import pathlib, sqlite3, sys, time
state = pathlib.Path(sys.argv[1])
db = sqlite3.connect(f"file:{state}/inbox.db?mode=ro", uri=True)
for _ in range(3000):  # as soon as the inbox says that it has been erased, rows and words are still there
    if db.execute("SELECT count(*) FROM event WHERE kind = 'erased'").fetchone()[0] >= 2:
        break
    time.sleep(0.005)
PY
service_stop KILL
kill "$asking" 2>/dev/null
wait "$asking" 2>/dev/null
check "killed in the middle it goes on at the next start" service_start "$course"
check "until no byte of it is left" sh -c "for i in \$(seq 100); do grep -rqaE '$mark|victim2' '$state' || exit 0; sleep 0.2; done; grep -rlaE '$mark|victim2' '$state'; exit 1"
check "it was erased once" sh -c "[ \"\$('$PYTHON' -c \"import sqlite3; print(sqlite3.connect('file:$state/inbox.db?mode=ro', uri=True).execute(\\\"SELECT count(*) FROM event WHERE kind = 'erased'\\\").fetchone()[0])\")\" = 2 ]"
service_stop
check "the chain holds" refuses 0 "$HOLDOUT" receipts "$course" --verify

# alone, without a service; the same name comes back as a new team
victim_join victim
check "a team of the same name is graded anew" sh -c "'$HOLDOUT' grade '$course' --team victim | grep -q 'done ok'"
victim_leave
check "and is erased without a service" refuses 0 "$HOLDOUT" erase "$course" --team victim --yes
check "no byte of it is left then" no_traces
check "the chain holds at last" refuses 0 "$HOLDOUT" receipts "$course" --verify
finish
