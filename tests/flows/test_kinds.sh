#!/bin/sh
# A task of each kind through a real course: scored as holdout-ml evaluate scores it, or refused with what is wrong.
. tests/flows/lib.sh
export BUILD

course=$work/course
cp -R examples/kinds "$course" && rm -r "$course/teams"
sed -i 's/release: rounded/release: ladder/' "$course/course.yaml"
check "the data is made" "$PYTHON" examples/kinds/make_data.py "$course"
check "and the repositories" "$PYTHON" tests/flows/kinds.py make "$course" "$work/repos"
check "the course is ready" "$HOLDOUT" check "$course"
check "the service starts" service_start "$course"
check "all teams and two baselines are graded" graded "$course" 120 18

api=http://127.0.0.1:$port/api/v1/courses/kinds-2026/tasks
message() { # of a team's newest run
    run=$("$HOLDOUT" status "$course" --json | jq -r --arg t "$1" '[.tasks[].runs[] | select(.team == $t)][0].id')
    "$HOLDOUT" log "$course" "$run" --json | jq -r .message
}
for pair in demand:weekly films:usher blobs:centre parcels:framer tags:labels; do
    task=${pair%:*} team=${pair#*:}
    check "$task: $team is done" [ "$(state_of "$course" "$team")" = "done ok" ]
    curl -fsS -o "$work/$task.json" "$api/$task/leaderboard"
    check "$task: the board has both teams with interval and rank" jq -e \
        '[.rows[] | select(.baseline | not)] | length == 2 and all(.low <= .score and .score <= .high and .rank_low >= 1)' \
        "$work/$task.json"
    check "$task: the better one stands first" jq -e --arg t "$team" '.rows[0].team == $t' "$work/$task.json"
    check "$task: there is a page" curl -fsS -o "$work/$task.html" "http://127.0.0.1:$port/courses/kinds-2026/tasks/$task"
done
check "baselines forecast too" jq -e '(.rows | map({key: .team, value: .score}) | from_entries) |
    .["baseline-seasonal_naive"] < .["baseline-mean"]' "$work/demand.json"
check "sealed values are those of the sealed predictions" "$PYTHON" tests/flows/kinds.py compare "$course" "$work/p.csv"
check "and those of the teams' programs on the course's rows" "$PYTHON" tests/flows/kinds.py again "$course" "$work/again"
check "points follow from a metric with a k" sh -c "'$HOLDOUT' log '$course' $("$HOLDOUT" status "$course" --json |
    jq -r '[.tasks[].runs[] | select(.team == "usher")][0].id') --json | jq -e '.points[] | select(.question == \"films\") | .points > 5'"

wrong() { # team, what its page has to say
    check "$1 is the team's own fault" [ "$(state_of "$course" "$1")" = "failed_team predictions" ]
    message "$1" >"$work/message"
    check "$1 reads what is wrong" grep -q -e "$2" "$work/message"
}
wrong wrong-demand 'predictions.csv: for crps columns of predicted quantiles are needed'
wrong wrong-films 'predictions.csv: 1 id missing (id "v50,film.*1 id there again (in line 3, id "v50,film'
wrong wrong-blobs 'predictions.csv: 1 value not a number or class (in line 5, id "b163")'
wrong wrong-parcels 'predictions.csv: 1 box whose corners are not x1 <= x2 and y1 <= y2 (in line 2, id "p2'
wrong wrong-tags 'predictions.csv: the header must be id and a column for each of the 3 labels'
wrong wrong-sly 'held-out rows cannot be scored: predictions.csv: 1 id missing; 1 id there again. Write'

for team in usher framer; do
    "$HOLDOUT" grade "$course" --team $team >/dev/null 2>&1
    message $team >"$work/message"
    check "$team: the same version again does not climb the ladder" grep -q 'Not significantly better than your best so far: ' "$work/message"
done
service_stop
finish
