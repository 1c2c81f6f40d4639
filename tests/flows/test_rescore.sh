#!/bin/sh
# Repeating: a replay, a rescore with another metric under a running service, applied as a whole; data changed, runs done again.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
check "the service starts" service_start "$course"
check "both teams are graded" graded "$course" 60 2
score_of() { "$HOLDOUT" status "$course" --json | jq -r --arg t "$1" '.tasks[] | select(.id == $t) | .board[0].score'; }
run=$("$HOLDOUT" status "$course" --json | jq -r '.tasks[0].runs[0].id')
before=$(score_of credit)

check "a replay is the same, bit by bit" sh -c "'$HOLDOUT' replay '$course' $run | grep -q 'all .* are the same, bit by bit'"
check "its document has no difference" sh -c "'$HOLDOUT' replay '$course' $run --json | jq -e '.differences == 0 and
    ([.rows[] | select(.step == \"predictions\")] | length == 2)'"
check "it leaves no run on the page and the board as it was" sh -c "[ \"$(score_of credit)\" = \"$before\" ] &&
    '$HOLDOUT' status '$course' --json | jq -e '.tasks[0].runs[0].id == \"$run\"'"
check "the receipts are one chain" "$HOLDOUT" receipts "$course" --verify
check "nothing is outdated" sh -c "'$HOLDOUT' status '$course' --json | jq -e '[.tasks[].outdated] == [0, 0]'"

# another primary metric: kept predictions suffice
other_metric() {
    sed -i '0,/{key: roc_auc, primary: true}/s//{key: roc_auc}/; 0,/{key: brier}/s//{key: brier, primary: true}/' "$course/course.yaml"
    "$HOLDOUT" check "$course"
}
check "the primary metric is changed" other_metric
check "a rescore is computed beside the old results" sh -c "'$HOLDOUT' rescore '$course' start --task credit --json >'$work/shown.json'"
check "it shows what would change" jq -e --argjson b "$before" '.state == "ready" and .changed == 1 and .runs == 1 and
    .board[0].old_score == $b and .board[0].score < 0.3 and .results[0].again == ""' "$work/shown.json"
check "the board is still the old one" sh -c "[ \"$(score_of credit)\" = \"$before\" ]"
check "status says that a run was scored with an earlier version" sh -c "'$HOLDOUT' status '$course' | grep -q '1 run was scored with an earlier version: holdout rescore'"
check "a second one for the task is refused" sh -c "! '$HOLDOUT' rescore '$course' start --task credit 2>&1 | grep -q computed"
"$HOLDOUT" rescore "$course" discard >/dev/null 2>&1
check "discarded, it leaves all as it was" sh -c "[ \"$(score_of credit)\" = \"$before\" ] && '$HOLDOUT' rescore '$course' status | grep -q discarded"
check "another is computed" "$HOLDOUT" rescore "$course" start --task credit
check "and applied" "$HOLDOUT" rescore "$course" apply
after=$(score_of credit)
check "the board has the new scores" sh -c "[ \"$after\" = \"$(jq .board[0].score "$work/shown.json")\" ]"
check "nothing is outdated any more" sh -c "'$HOLDOUT' status '$course' --json | jq -e '.tasks[0].outdated == 0'"
check "the old result stays findable" sh -c "'$HOLDOUT' rescore '$course' show \"\$('$HOLDOUT' rescore '$course' status --json | jq -r '.[0].batch')\" --json | jq -e '.state == \"applied\" and .results[0].old_score == $before'"
check "the receipt of the rescore is in the chain" sh -c "'$HOLDOUT' receipts '$course' --verify && '$HOLDOUT' receipts '$course' | grep -q ' batch '"
check "a grading of the same commit gives the same score" sh -c "'$HOLDOUT' grade '$course' --team cholesky && [ \"\$('$HOLDOUT' status '$course' --json | jq '.tasks[0].board[0].score')\" = '$after' ]"
check "a run graded before replays as it was then" sh -c "'$HOLDOUT' replay '$course' $run | grep -q 'all .* are the same, bit by bit'"

newer=$("$HOLDOUT" status "$course" --json | jq -r '.tasks[0].runs[0].id')
check "two versions of the same model do not differ beyond noise" sh -c "'$HOLDOUT' compare '$course' $run $newer --json | jq -e '.metric == \"brier\" and
    .public[1].difference == 0 and .public[1].p == 1 and (.private | not) and (.public[0].value * 1000 | (. - round) | fabs) < 1e-6'"
check "the private rows are for who asks for them" sh -c "'$HOLDOUT' compare '$course' $run $newer --private --json | jq -e '.private[0].value != .public[0].value'"

# a training row less: what trains the model has changed
check "the training data change" sh -c "sed -i '\$d' '$course/data/credit/train.csv' && '$HOLDOUT' check '$course'"
check "the runs are done again before they are compared" sh -c "'$HOLDOUT' rescore '$course' start --task credit --json >'$work/again.json' &&
    jq -e '.state == \"ready\" and .runs == 2 and .done == 2 and ([.results[] | select(.again != \"\")] | length == 2)' '$work/again.json'"
check "they are on no page" sh -c "'$HOLDOUT' status '$course' --json | jq -e --arg a \"\$(jq -r '.results[0].again' '$work/again.json')\" '[.. | strings | select(. == \$a)] == []'"
check "a team that knows the id is told nothing" sh -c "! curl -fsS http://127.0.0.1:$port/api/v1/courses/demo-2026/runs/\$(jq -r '.results[0].again' '$work/again.json')"
check "they are applied" "$HOLDOUT" rescore "$course" apply
check "the board has the score of the new data" sh -c "[ \"\$('$HOLDOUT' status '$course' --json | jq '.tasks[0].board[0].score')\" = \"\$(jq '.board[0].score' '$work/again.json')\" ]"
check "versions scored with different data are not compared" sh -c "'$HOLDOUT' rescore '$course' status >/dev/null; '$HOLDOUT' compare '$course' $run \$('$HOLDOUT' status '$course' --json | jq -r '.tasks[1].runs[0].id') 2>&1 | grep -q 'another version'"
service_stop

# without a service, and a changed receipt
check "a rescore works without a service" sh -c "sed -i 's/digits: 3/digits: 2/' '$course/course.yaml' && '$HOLDOUT' rescore '$course' start --task credit --json | jq -e '.state == \"ready\" and .done == 2' &&
    '$HOLDOUT' rescore '$course' apply"
check "so does a replay" sh -c "'$HOLDOUT' replay '$course' $run | grep -q 'all .* are the same, bit by bit'"
chmod u+w "$course/state/receipts/$run.json"
sed -i 's/"state":"done"/"state":"gone"/' "$course/state/receipts/$run.json"
check "a changed receipt is the first broken link" sh -c "'$HOLDOUT' receipts '$course' --verify | grep -q 'first broken link: receipts/$run.json'"
finish
