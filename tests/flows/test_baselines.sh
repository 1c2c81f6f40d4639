#!/bin/sh
# Baselines: run in the box as teams of the staff, stand on the board without a rank, once a version of the task.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky
sed -i '0,/^    seeds: 2/s//    seeds: 2\n    baselines: [majority, logistic]/' "$course/course.yaml"

check "the course is fine with baselines" "$HOLDOUT" check "$course"
check "the service starts" service_start "$course"
check "the team and both baselines are graded" graded "$course" 120 3
check "they ran to their end" sh -c "[ '$(state_of "$course" baseline-logistic)' = 'done ok' ] && [ '$(state_of "$course" baseline-majority)' = 'done ok' ]"
check "the board is there" curl -fsS -o "$work/board.json" "http://127.0.0.1:$port/api/v1/courses/demo-2026/tasks/credit/leaderboard"
check "the board has them beside the team, without a rank" jq -e '[.rows[] | select(.baseline)] | length == 2 and all(.rank_low == null)' "$work/board.json"
check "the team is first of one" jq -e '[.rows[] | select(.baseline | not)] | length == 1 and .[0].rank_low == 1 and .[0].rank_high == 1' "$work/board.json"
check "majority is worth a guess, logistic more" jq -e '(.rows | map({key: .team, value: .score}) | from_entries) | .["baseline-majority"] == 0.5 and .["baseline-logistic"] > 0.75' "$work/board.json"
check "the page names them" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/tasks/credit | grep -q 'class=\"tag\">baseline<'"
service_stop
check "started again" service_start "$course"
sleep 1
check "they are not run again" graded "$course" 30 3
check "there are still three runs" sh -c "[ \"\$('$HOLDOUT' status '$course' --json | jq '[.tasks[].runs[]] | length')\" = 3 ]"
finish
