#!/bin/sh
# A disk that is nearly full: no run begins, everybody is told, and it goes on by itself when there is room again.
. tests/flows/lib.sh

course=$work/course
page=
course_make "$course" cholesky
sed -i 's/^    seeds: 2/    seeds: 1/' "$course/course.yaml"

until_true() { # seconds, command...
    end=$(($(date +%s) + $1))
    shift
    while [ "$(date +%s)" -lt "$end" ]; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.2
    done
    "$@"
}
newest_is() { [ "$("$HOLDOUT" runs "$course" --json | jq -r 'last.state')" = "$1" ]; }
told() { "$HOLDOUT" status "$course" | grep -q 'The grader waits: its disk is nearly full'; }
shown() { curl -fsS "$page" | grep -q 'The grader waits: its disk is nearly full'; }
never() { ! "$@"; }

check "the service starts" service_start "$course"
page=http://127.0.0.1:$port/courses/demo-2026
check "a first version is graded" graded "$course" 60 1
check "status says nothing of the disk" never told
check "no page does" never shown

# no disk of today has so much room
echo "disk_guard_mb: 67108864" >>"$course/course.yaml"
check "with more room wanted than there is, status says that the grader waits" until_true 15 told
check "every page says so" shown
check "the API says so" sh -c "curl -fsS http://127.0.0.1:$port/api/v1/courses/demo-2026 | jq -e .disk_low"
git clone -q "$work/repos/cholesky.git" "$work/clone"
(cd "$work/clone" && echo "version 2" >>README.md && git -c user.email=a@b.c -c user.name=A commit -qam "version 2" && git push -q origin HEAD:main)
check "a push is received" until_true 10 newest_is queued
sleep 2
check "its run does not begin" newest_is queued
check "the log says it once" sh -c "[ \"\$(grep -c 'event=disk_low' '$work/serve.log')\" = 1 ]"

sed -i 's/^disk_guard_mb: .*/disk_guard_mb: 1/' "$course/course.yaml"
check "with room enough the run is graded" until_true 60 newest_is "done"
check "the log says that it goes on" sh -c "[ \"\$(grep -c 'event=disk_room' '$work/serve.log')\" = 1 ]"
check "status says nothing of the disk any more" never told
check "no page does any more" never shown
finish
