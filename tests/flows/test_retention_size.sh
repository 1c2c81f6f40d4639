#!/bin/sh
# Too many bytes: the oldest runs that do not count lose their files, no more of them than it takes, and what counts stays.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
state=$course/state
git clone -q "$work/repos/cholesky.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
push() { # word: a version with 4 MB of its own
    (cd "$work/clone" && { echo "$1"; head -c 3000000 /dev/urandom | base64; } >notes.txt && git add -A && git commit -qm "$1" && git push -q origin HEAD:main) >/dev/null 2>&1
}
sql() { "$PYTHON" -c "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); print(*[r[0] for r in db.execute(sys.argv[2]).fetchall()]); db.commit()" "$state/store.db" "$1"; }
until_true() { for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; "$@"; }
has() { [ -n "$(grep -rlx "$1" "$state/artifacts")" ]; }
have() { for word; do has "$word" || { echo "$word is gone"; return 1; }; done; }
has_not() { ! has "$1"; }
megabytes() { find "$state/artifacts" "$state/sealed" -type f -regex '.*/[0-9a-f]*' -printf '%s\n' | awk '{n += $1} END {print int(n / 1048576)}'; }
dropped() { [ "$(sql "SELECT run FROM dropped WHERE files = 1 ORDER BY run")" = "$1" ]; }
age() { find "$state/artifacts" "$state/sealed" -type f -exec touch -d '1 hour ago' {} +; }
done_count() { [ "$(sql "SELECT count(*) FROM run WHERE state = 'done'")" = "$1" ]; }
keep() { # megabytes
    sed -i '/^keep:/d' "$course/course.yaml"
    echo "keep: {artifacts_mb: $1}" >>"$course/course.yaml"
}

push word-1
check "the service starts" service_start "$course"
check "a first version is graded" until_true done_count 1
for number in 2 3 4; do
    push word-$number
    check "version $number is graded" until_true done_count $number
done
set -- $(sql "SELECT id FROM run ORDER BY created_ms")
second=$2 third=$3
service_stop
sleep 0.3
# all are alike: of the same score the first is the best; it and the newest count
all=$(megabytes)
check "each version has its files" have word-1 word-2 word-3 word-4
check "no more than it takes: $all MB" [ "$all" -ge 16 ]
keep $((all - 2))
check "the course is fine" "$HOLDOUT" check "$course"
check "the service starts with two megabytes less" service_start "$course"
check "the oldest that does not count is said to lose its files" until_true dropped "$second"
sleep 2 # looks follow each other at once while there is something to do
check "no other one, although young files are still there" dropped "$second"
check "they are" has word-2
service_stop
age
check "the service starts an hour later" service_start "$course"
gone() { has_not word-2; }
check "then they go" until_true gone
check "those of the others stay" have word-1 word-3 word-4
fits() { [ "$(megabytes)" -le $((all - 2)) ]; }
check "what is left fits" fits
check "no other run has lost anything" dropped "$second"
check "status tells what is kept" sh -c "'$HOLDOUT' status '$course' | grep -q 'no longer kept: the files of 1 run'"
check "and its page" sh -c "curl -fs 'http://127.0.0.1:$port/courses/demo-2026/runs/$second' | grep -q 'no longer kept'"

keep 1
check "with too little room for all, what does not count goes" until_true dropped "$second $third"
service_stop
age
check "the service starts once more" service_start "$course"
gone() { has_not word-3; }
check "its files too" until_true gone
sleep 2
check "what counts stays, although it is too much" have word-1 word-4
check "nothing more is dropped" dropped "$second $third"
service_stop
sleep 0.3
check "the chain of receipts holds" "$HOLDOUT" receipts "$course" --verify
check "a rebuild knows what is no longer kept" "$HOLDOUT" rebuild "$course"
check "of the same runs" dropped "$second $third"
finish
