#!/bin/sh
# The course's files change while the service runs: taken over without a restart, or told what is wrong.
. tests/flows/lib.sh

course=$work/course
course_make "$course" doorstep
mkdir "$work/away"
check "the service starts" service_start "$course"
check "the team is graded" graded "$course" 60 1
base=http://127.0.0.1:$port

status() { "$HOLDOUT" status "$course" --json | jq -e "$1" >/dev/null; }
until_status() { # within 15 s
    for _ in $(seq 150); do
        status "$1" && return 0
        sleep 0.1
    done
    "$HOLDOUT" status "$course" --json
    return 1
}

grep '^cholesky,' examples/course/teams.csv >>"$course/teams.csv"
check "a new team is graded without a restart" until_status '[.tasks[].runs[] | select(.team | test("cholesky|Cholesky"; "i")) | select(.state == "done")] | length > 0'
check "nothing is wrong so far" status '.course_fault == ""'

cp "$course/course.yaml" "$work/good.yaml"
sed -i 's/^tasks:/taskz:/' "$course/course.yaml"
check "a broken course file is told with the nearest key" until_status '.course_fault | test("taskz.*tasks")'
check "the page says that something is not right" sh -c "curl -fsS $base/courses/demo-2026 | grep -q 'not right yet'"
check "it does not tell everybody what" sh -c "! curl -fsS $base/courses/demo-2026 | grep -q taskz"
check "grading goes on with the version before" sh -c "'$HOLDOUT' grade '$course' --team doorstep | grep -q 'done ok'"

# a change that could not be taken over for a fault of ours is not forgotten
mv "$course/state/inbox.db" "$work/away/"
sed 's/title: .*, timezone/title: A third name, timezone/' "$work/good.yaml" >"$course/course.yaml"
faulted() {
    for _ in $(seq 100); do
        grep -q 'event=course fault=' "$work/serve.log" && return 0
        sleep 0.1
    done
    return 1
}
check "a fault of ours while taking a change over is logged" faulted
mv "$work/away/inbox.db" "$course/state/"
check "and the change is taken over once it has passed" sh -c "for i in \$(seq 40); do curl -fsS $base/courses/demo-2026 | grep -q 'A third name' && exit 0; sleep 0.3; done; exit 1"

# the grader dies meanwhile: the version in force is the newest good one, not the first
killed=$(pgrep -P "$service" | head -n 1)
kill -KILL "$killed"
check "after a crash the team that came later is still known" sh -c "'$HOLDOUT' grade '$course' --team cholesky | grep -q 'done ok'"

sed 's/digits: 3/digits: 2/; s/title: .*, timezone/title: Another name, timezone/' "$work/good.yaml" >"$course/course.yaml"
check "the mended file is taken over" until_status '.course_fault == ""'
check "its title is on the page" sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do curl -fsS $base/courses/demo-2026 | grep -q 'Another name' && exit 0; sleep 0.3; done; exit 1"
service_stop
check "the service starts again with it" service_start "$course"
check "and has the two teams" until_status '[.tasks[].runs[].team] | unique | length == 2'
check "the log holds no fault of ours" sh -c "! grep -E 'level=error' '$work/serve.log' | grep -v 'event=course\|event=ended child=grader signal=9'"
finish
