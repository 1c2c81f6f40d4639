#!/bin/sh
# The pages alone, without a grader: they go on while the store is made anew beside them, and show the new one.
. tests/flows/lib.sh

course=$work/course
course_make "$course" doorstep
check "the service starts" service_start "$course"
check "the team is graded" graded "$course" 60 1
run=$("$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[]][0].id')
question=$("$HOLDOUT" log "$course" "$run" --json | jq -r '[.points[] | select(.state == "human_needed")][0].question')
service_stop

# as a unit of its own: the user of the pages, who may read the store and not write beside it
pages=$BUILD/bin/holdout-web
if [ "$(id -u)" = 0 ]; then
    owner=$(stat -c %u "$course/state/store.db")
    group=$(stat -c %g "$course/state/store.db")
    set -- setpriv --reuid=$((owner + 1000)) --regid="$group" --clear-groups
else
    set --
fi
"$@" "$pages" "$course" --listen 127.0.0.1:0 >"$work/port" 2>"$work/web.log" &
service=$!
for _ in $(seq 50); do grep -q 127 "$work/port" && break; sleep 0.1; done
base=$(sed -n 's/^holdout-web: //p' "$work/port")
api=$base/api/v1/courses/demo-2026/runs/$run
check "they show the run" curl -fsS "$base/courses/demo-2026/runs/$run" -o /dev/null
marked() { # what the API says of the question is $1
    [ "$(curl -fsS "$api" | tee "$work/run.json" | jq -r --arg q "$question" '.points[] | select(.question == $q) | .state')" = "$1" ]
}
check "without a mark" marked human_needed

# nobody grades: the mark is in the inbox alone until the store is made anew
check "a human marks" "$HOLDOUT" mark "$course" "$run" "$question" --points 1 --reason "as agreed"
(
    while [ ! -e "$work/enough" ]; do
        curl -s -o /dev/null -w '%{http_code}\n' "$base/courses/demo-2026"
        sleep 0.02
    done
) >"$work/codes" &
asking=$!
check "the store is made anew" "$HOLDOUT" rebuild "$course"
new_one() { for _ in $(seq 100); do marked marked && return 0; sleep 0.1; done; cat "$work/run.json"; return 1; }
check "the pages show the new one, with the mark" new_one
sleep 0.5
touch "$work/enough"
wait "$asking"
last_of() { [ "$(tail -n 20 "$work/codes" | sort -u)" = 200 ]; }
check "and go on" last_of
# while a worker takes the place of the other a request may wait, and none is refused for good
refused() { [ "$(grep -vc '^200$' "$work/codes")" -le 5 ] || { sort "$work/codes" | uniq -c; return 1; }; }
check "with no more than a moment's pause" refused
check "made anew once more, without the one before" "$HOLDOUT" rebuild "$course" --without-store
check "three rebuilds in a row, within a second or so, each put the store before aside" sh -c "for i in 1 2 3; do '$HOLDOUT' rebuild '$course' --without-store || exit 1; done"
check "they show that one as well" new_one
check "no worker died of it" sh -c "! grep -q 'worker_died' '$work/web.log'"
service_stop
check "the service starts with it" service_start "$course"
check "and has the mark" sh -c "'$HOLDOUT' log '$course' '$run' --json | jq -e '[.points[] | select(.state == \"marked\")] | length == 1'"
finish
