#!/bin/sh
# A course that changes what scores depend on: the board stays by the version before until a rescore is applied, and says so.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky nocode
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
check "the service starts" service_start "$course"
check "both teams are graded" graded "$course" 60 2
task() { "$HOLDOUT" status "$course" --json | jq -c --arg t "${1:-credit}" '.tasks[] | select(.id == $t)'; }
board() { task | jq -c '[.board[] | [.team, .score, .low, .high, .rank_low, .rank_high, .commit]]'; }
page() { curl -fsS "http://127.0.0.1:$port/courses/demo-2026/tasks/credit"; }
until_task() { # the jq test $1 holds of the task within 30 s
    end=$(($(date +%s) + 30))
    until task credit | jq -e "$1" >/dev/null; do
        [ "$(date +%s)" -lt "$end" ] || { task credit; return 1; }
        sleep 0.1
    done
}
git clone -q "$work/repos/nocode.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
push() { (cd "$work/clone" && echo "$1" >>notes.txt && git add -A && git commit -qm "$1" && git push -q origin HEAD:main) >/dev/null 2>&1; }
before=$(board)
check "nothing is due" sh -c "'$HOLDOUT' check '$course' 2>&1 | grep -qv 'rescore' && ! '$HOLDOUT' status '$course' | grep -q 'rescore is due'"

# a new rubric changes points, and no score
sed -i 's/^title: .*/title: Another rubric/' "$course/rubric.yaml" 2>/dev/null
echo "# another" >>"$course/rubric.yaml"
check "another rubric leaves runs behind" until_task '.outdated == 2'
check "and the board is nobody's matter" until_task '.rescore_due == false'

sed -i '0,/{key: roc_auc, primary: true}/s//{key: roc_auc}/; 0,/{key: brier}/s//{key: brier, primary: true}/' "$course/course.yaml"
check "check says that a rescore will be due, and how" sh -c "'$HOLDOUT' check '$course' 2>&1 | grep -q 'rescore $course start --task credit'"
check "the new metric comes into force" until_task '.rescore_due and .metric_coming == "brier"'
check "the board is the old one, by the old metric" sh -c "[ '$(board)' = '$before' ]"
check "and called so" until_task '.metric == "roc_auc"'
check "status says what is due, and how" sh -c "'$HOLDOUT' status '$course' | grep -q 'a rescore is due: the course says brier now, the board stays by roc_auc' &&
    '$HOLDOUT' status '$course' | grep -q 'rescore $course start --task credit'"
check "so does the page" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/tasks/credit >'$work/page' && grep -q 'A rescore is due' '$work/page' && grep -q 'higher is better' '$work/page'"
check "and the API" sh -c "curl -fsS http://127.0.0.1:$port/api/v1/courses/demo-2026 | jq -e '[.tasks[].rescore_due] == [true, false] and .tasks[0].metric == \"roc_auc\"' &&
    curl -fsS http://127.0.0.1:$port/api/v1/courses/demo-2026/tasks/credit/leaderboard | jq -e '.metric == \"roc_auc\"'"
check "the other task is not touched" sh -c "[ \"$(task houses | jq .rescore_due)\" = false ]"

push second
check "a version pushed now is graded by the new metric" sh -c "'$HOLDOUT' grade '$course' --team nocode | grep -q 'done ok'"
run=$("$HOLDOUT" status "$course" --json | jq -r '.tasks[0].runs[] | select(.team == "nocode").id')
check "its page says why it is on no board" sh -c "'$HOLDOUT' log '$course' $run --json | jq -e '(.message | contains(\"applies a rescore\")) and ([.facts[].name] | contains([\"metric.brier\"]))'"
check "it is on no board" sh -c "[ '$(board)' = '$before' ]"
check "nor in the history of scores" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/teams/nocode | grep -q 'version 2' &&
    [ \"\$(curl -fsS http://127.0.0.1:$port/api/v1/courses/demo-2026/teams/nocode | jq '[.versions[] | select(.score != null)] | length')\" = 1 ]"
service_stop KILL
again() { # what was killed takes its children along in its own time
    for _ in $(seq 20); do
        service_start "$course" && return 0
        sleep 0.5
    done
    return 1
}
check "killed and started again" again
check "the board is the old one still" sh -c "[ '$(board)' = '$before' ]"

check "a rescore of one team alone is computed" "$HOLDOUT" rescore "$course" start --task credit --team nocode
check "and cannot be applied: the other would leave the board" sh -c "! '$HOLDOUT' rescore '$course' apply 2>'$work/said' && grep -q 'start one without --team' '$work/said'"
"$HOLDOUT" rescore "$course" discard >/dev/null 2>&1
check "one of all is computed" "$HOLDOUT" rescore "$course" start --task credit --json
check "and applied" "$HOLDOUT" rescore "$course" apply
check "nothing is due any more" until_task '.rescore_due == false and .metric == "brier" and .outdated == 0'
check "the board has the new version, by the new metric alone" until_task '[.board[].score] | length == 2 and all(. < 0.3)'
check "with the commit that was pushed meanwhile" until_task ".board | any(.commit == \"$(git -C "$work/clone" rev-parse HEAD)\")"
check "the page knows the new order" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/tasks/credit | grep -q 'lower is better'"

# back again: what stands is by another version once more
sed -i 's/release: rounded, digits: 3/release: rounded, digits: 2/' "$course/course.yaml"
check "other digits are a rule of their own" until_task '.rescore_due'
sed -i 's/release: rounded, digits: 2/release: rounded, digits: 3/' "$course/course.yaml"
check "taken back, nothing is due" until_task '.rescore_due == false'
finish
