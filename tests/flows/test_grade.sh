#!/bin/sh
# holdout grade beside polling: a commit that is on its way is joined, one that was graded is graded again; a rebuild agrees.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
state=$course/state
git clone -q "$work/repos/cholesky.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
push() { # number [lines for the Makefile]
    (cd "$work/clone" && echo "version $1" >>README.md && git add -A && git commit -qm "version $1" && git push -q origin HEAD:main) >/dev/null 2>&1
}
grade() { "$HOLDOUT" grade "$course" --team cholesky "$@" >"$work/out" 2>"$work/err"; }
says() { grep -q "$1" "$work/$2" || { cat "$work/out" "$work/err"; return 1; }; }
sql() { "$PYTHON" -c "import sqlite3, sys; print(*[r[0] for r in sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute(sys.argv[2]).fetchall()])" "$state/store.db" "$1"; }
head_of() { git -C "$work/clone" rev-parse HEAD; }
runs_of() { sql "SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission WHERE s.commit_id = '$1'"; }
state_is() { [ "$(sql "SELECT r.state FROM run r JOIN submission s ON s.id = r.submission WHERE s.commit_id = '$1'")" = "$2" ]; }
until_true() { for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; "$@"; }

check "the service starts" service_start "$course"
check "the first version is graded" graded "$course" 60 1
sed -i '1i \$(shell sleep 2)' "$work/clone/Makefile"
push 2
second=$(head_of)
running() { state_is "$second" building; }
check "a push is seen by polling and its run begins" until_true running
check "grade of it meanwhile ends well" grade
check "it says that it waits for the run that is on its way" says "is being graded already: waiting for run" err
check "and shows its result" says "done ok" out
check "one run of it was made" [ "$(runs_of "$second")" = 1 ]
check "asked for once more it is graded again" grade
check "without a word of waiting" sh -c "! grep -q 'being graded already' '$work/err'"
check "that is the second run of it" [ "$(runs_of "$second")" = 2 ]

"$HOLDOUT" pause "$course" --reason "so that it waits" >/dev/null 2>&1
push 3
third=$(head_of)
queued() { state_is "$third" queued; }
check "a push waits" until_true queued
"$HOLDOUT" grade "$course" --team cholesky >"$work/out" 2>"$work/err" &
asking=$!
joined() { says "is being graded already" err; }
check "grade joins it" until_true joined
push 4
fourth=$(head_of)
fourth_queued() { state_is "$fourth" queued; }
check "a newer push waits too" until_true fourth_queued
check "and does not take the place of what was asked for by hand" state_is "$third" queued
"$HOLDOUT" resume "$course" >/dev/null 2>&1
wait "$asking"
check "the one that was asked for is done" [ $? -eq 0 ]
fourth_done() { state_is "$fourth" done; }
check "so is the newer one" until_true fourth_done

# right behind each other: whichever comes first, polling or the hand, there is one run
sed -i 1d "$work/clone/Makefile"
commits=
for number in 5 6 7 8 9 10 11 12; do
    push $number
    commits="$commits $(head_of)"
    sleep "0.$((number * 7 % 10))"
    grade || cat "$work/out" "$work/err"
done
sleep 2
graded "$course" 60 1 >/dev/null
once() {
    for commit in $commits; do
        live=$(sql "SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission WHERE s.commit_id = '$commit' AND s.source = 'poll'")
        hand=$(sql "SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission WHERE s.commit_id = '$commit' AND s.source = 'hand'")
        # a poll that had ended before the request came is graded again, since a hand asked
        [ "$hand" = 1 ] && [ "$live" -le 1 ] || { echo "$commit: $live by polling, $hand by hand"; return 1; }
        both=$(sql "SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission JOIN submission h ON h.commit_id = s.commit_id AND h.source = 'hand' WHERE s.commit_id = '$commit' AND s.source = 'poll' AND (r.ended_ms > h.received_ms)")
        [ "$both" = 0 ] || { echo "$commit was graded twice at once"; return 1; }
    done
}
check "right behind a push nothing is graded twice at once" once
service_stop
sleep 0.3
compare() { "$PYTHON" tests/flows/stores.py "$@"; }
"$PYTHON" -c "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))" "$state/store.db" "$work/old.db"
check "a rebuild makes the same store" "$HOLDOUT" rebuild "$course"
check "table by table" compare "$work/old.db" "$state/store.db"
rm -f "$state"/store.db*
check "without the store before it is made too" "$HOLDOUT" rebuild "$course"
check "and differs in looks at repositories alone" compare "$work/old.db" "$state/store.db" --looks
finish
