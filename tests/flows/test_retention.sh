#!/bin/sh
# Old runs lose their logs, then their files; what counts stays whole, pages and commands say so.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
state=$course/state
git clone -q "$work/repos/cholesky.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
sed -i "1i \$(info zqxlog \$(shell cat notes.txt))" "$work/clone/Makefile"
push() { (cd "$work/clone" && echo "$1" >notes.txt && git add -A && git commit -qm "$1" && git push -q origin HEAD:main) >/dev/null 2>&1; }
refuses() { want=$1; shift; timeout 150 "$@" >"$work/out" 2>&1; [ $? -eq "$want" ] || { cat "$work/out"; return 1; }; }
says() { grep -qF "$1" "$work/out" || { cat "$work/out"; return 1; }; }
sql() { "$PYTHON" -c "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); print(*[r[0] for r in db.execute(sys.argv[2]).fetchall()]); db.commit()" "$state/store.db" "$1"; }
until_true() { for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; "$@"; }

push first-words
check "the service starts" service_start "$course"
check "two teams are graded" graded "$course" 120 2
done_count() { [ "$(sql "SELECT count(*) FROM run WHERE team = 'cholesky' AND state = 'done'")" = "$1" ]; }
push second-words
check "a second version is graded" until_true done_count 2
push third-words
check "a third version is graded" until_true done_count 3
runs=$(sql "SELECT id FROM run WHERE team = 'cholesky' ORDER BY created_ms")
set -- $runs
first=$1 second=$2 third=$3
question=$("$HOLDOUT" log "$course" "$second" --json | jq -r '[.points[] | select(.state == "human_needed")][0].question')
check "a human marks the second" "$HOLDOUT" mark "$course" "$second" "$question" --points 1 --reason "good"
marked() { [ "$(sql "SELECT count(*) FROM point WHERE run = '$second' AND marked_by <> ''")" = 1 ]; }
check "the mark is taken over" until_true marked
best() { sql "SELECT e.run FROM release e JOIN task k ON k.id = e.task WHERE e.team = 'cholesky' ORDER BY CASE k.higher_is_better WHEN 1 THEN -e.score ELSE e.score END, e.submitted_ms LIMIT 1"; }
service_stop
sleep 0.3
# the score of the first must not be the best, nor may what it left be young
sql "UPDATE release SET score = score - 0.1 WHERE run = '$first'" >/dev/null
sql "UPDATE run SET ended_ms = ended_ms - 100 * 86400000" >/dev/null
find "$state/artifacts" "$state/sealed" -type f -exec touch -d '100 days ago' {} +
has_log() { [ -n "$(grep -rla "zqxlog $1" "$state/artifacts")" ]; }
has_file() { [ -n "$(grep -rlx "$1" "$state/artifacts")" ]; }
check "logs and files of all three are there" sh -c "grep -rqa 'zqxlog first-words' '$state/artifacts' && grep -rqx first-words '$state/artifacts' && grep -rqx third-words '$state/artifacts'"
printf 'keep: {logs_days: 90, runs_days: 30}\n' >>"$course/course.yaml"
check "logs cannot be kept longer than runs" refuses 1 "$HOLDOUT" check "$course"
check "and the line is named" says "keep.logs_days was 90, allowed is at most runs_days, 30"
sed -i '$d' "$course/course.yaml"
printf 'keep: {logs_days: 30}\n' >>"$course/course.yaml"
check "with logs_days the service starts" service_start "$course"
dropped() { [ "$(sql "SELECT count(*) FROM dropped WHERE run = '$first' AND files = $1")" = 1 ]; }
check "the first run is said to have no logs any more" until_true dropped 0
no_log() { ! has_log first-words; }
check "its logs go" until_true no_log
check "its files stay" has_file first-words
check "logs of the marked and of the newest stay" sh -c "grep -rqa 'zqxlog second-words' '$state/artifacts' && grep -rqa 'zqxlog third-words' '$state/artifacts'"
check "holdout log says so" sh -c "'$HOLDOUT' log '$course' '$first' | grep -q 'Its logs are no longer kept'"
check "so does its page" sh -c "curl -fs 'http://127.0.0.1:$port/courses/demo-2026/runs/$first' | grep -q 'logs are no longer kept'"
check "it can be replayed" refuses 0 "$HOLDOUT" replay "$course" "$first"
sql "UPDATE run SET ended_ms = ended_ms - 100 * 86400000 WHERE purpose = 'replay'" >/dev/null
sed -i 's/^keep:.*/keep: {runs_days: 30, logs_days: 30}/' "$course/course.yaml"
check "with runs_days its files are said to go" until_true dropped 1
find "$state/artifacts" "$state/sealed" -type f -exec touch -d '100 days ago' {} +
service_stop
find "$state/artifacts" "$state/sealed" -type f -exec touch -d '100 days ago' {} +
check "the service starts again" service_start "$course"
no_file() { ! has_file first-words; }
check "its files go" until_true no_file
check "files of the marked and of the newest stay" sh -c "grep -rqx second-words '$state/artifacts' && grep -rqx third-words '$state/artifacts'"
check "replay says that they are no longer kept" refuses 1 "$HOLDOUT" replay "$course" "$first"
check "in words" says "are no longer kept (keep in course.yaml)"
check "compare says it too" refuses 69 "$HOLDOUT" compare "$course" "$third" "$first"
check "in words as well" says "no longer kept"
check "the newest is replayed bit by bit" refuses 0 "$HOLDOUT" replay "$course" "$third"
check "status tells what is kept" sh -c "'$HOLDOUT' status '$course' | grep -q 'no longer kept: the files of'"
sed -i 's/key: brier/key: brier_skill/; s/^      - {key: accuracy}$/      - {key: accuracy}\n      - {key: f1}/' "$course/course.yaml"
sed -i 's/key: brier_skill/key: brier/' "$course/course.yaml"
check "a rescore leaves it out" refuses 0 "$HOLDOUT" rescore "$course" start --task credit
check "and is applied" refuses 0 "$HOLDOUT" rescore "$course" apply
"$HOLDOUT" rescore "$course" status >"$work/out" 2>&1
service_stop
sleep 0.3
check "receipts hold" refuses 0 "$HOLDOUT" receipts "$course" --verify
"$HOLDOUT" rebuild "$course" >"$work/out" 2>&1
check "a rebuilt store knows what is no longer kept" dropped 1
mkdir "$work/backups"
check "a backup is made without it" refuses 0 "$HOLDOUT" backup "$course" "$work/backups"

# an unpacked environment that nothing names
old=$(printf x | sha256sum | cut -d' ' -f1)
new=$(printf y | sha256sum | cut -d' ' -f1)
mkdir -p "$state/cache/env/$old/usr" "$state/cache/env/$new/usr"
chown -R --reference="$state/cache" "$state/cache/env"
touch -d '100 days ago' "$state/cache/env/$old"
check "the service starts at last" service_start "$course"
env_gone() { [ ! -e "$state/cache/env/$old" ]; }
check "an environment that nobody used for long goes" until_true env_gone
check "one that was used lately stays" [ -d "$state/cache/env/$new/usr" ]
finish
