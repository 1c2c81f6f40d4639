#!/bin/sh
# Rescores some of whose runs cannot be computed: said, refused, tried again, and applied with --leave.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky nocode
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
rescore() { "$HOLDOUT" rescore "$course" "$@"; }
check "--leave is no option of start" sh -c "'$HOLDOUT' rescore '$course' start --task credit --leave 2>'$work/said'; [ \$? -eq 64 ] && grep -q -- '--leave goes with apply' '$work/said'"
check "nor --rerun one of apply" sh -c "'$HOLDOUT' rescore '$course' apply --rerun 2>/dev/null; [ \$? -eq 64 ]"
check "the service starts" service_start "$course"
check "both teams are graded" graded "$course" 60 2
task() { "$HOLDOUT" status "$course" --json | jq -c '.tasks[] | select(.id == "credit")'; }
run_of() { task | jq -r --arg t "$1" '.runs[] | select(.team == $t).id'; }
newest() { rescore status --json | jq -c '.[0]'; }
until_newest() { # the jq test $1 holds of the newest rescore within 30 s
    end=$(($(date +%s) + 30))
    until newest | jq -e "$1" >/dev/null; do
        [ "$(date +%s)" -lt "$end" ] || { newest; return 1; }
        sleep 0.1
    done
}
trouble() { # the run that is done again for nocode is ended by hand, while its task is paused
    again=$(rescore show --json | jq -r '.results[] | select(.team == "nocode").again')
    "$HOLDOUT" cancel "$course" "$again"
}
# the other metric, all trained again: what nocode's gives never comes
sed -i '0,/{key: roc_auc, primary: true}/s//{key: roc_auc}/; 0,/{key: brier}/s//{key: brier, primary: true}/' "$course/course.yaml"
"$HOLDOUT" pause "$course" --task credit --reason test >/dev/null 2>&1
rescore start --task credit --rerun >"$work/start.log" 2>&1 &
starter=$!
check "both runs wait to be done again" until_newest '.queued == 2'
check "one of them is ended by hand" trouble
check "that is trouble" until_newest '.trouble == 1 and .queued == 1'
"$HOLDOUT" resume "$course" --task credit >/dev/null 2>&1
check "the rescore is ready with the rest" until_newest '.state == "ready" and .done == 1 and .trouble == 1'
wait "$starter"
check "it says how many are in trouble" sh -c "'$HOLDOUT' rescore '$course' status | grep -q '1 run could not be computed'"
check "it is not applied just so" sh -c "! '$HOLDOUT' rescore '$course' apply 2>'$work/said' && grep -q -- '--leave' '$work/said'"

check "resumed, it is tried again and comes out" rescore resume
check "nothing is in trouble any more" until_newest '.state == "ready" and .done == 2 and .trouble == 0'
rescore discard >/dev/null 2>&1

"$HOLDOUT" pause "$course" --task credit --reason test >/dev/null 2>&1
rescore start --task credit --rerun >>"$work/start.log" 2>&1 &
starter=$!
check "another one waits" until_newest '.queued == 2'
check "one of its runs is ended by hand again" trouble
"$HOLDOUT" resume "$course" --task credit >/dev/null 2>&1
check "it is ready" until_newest '.state == "ready" and .trouble == 1'
wait "$starter"
left=$(run_of nocode)
check "applied with --leave it says what that means" sh -c "'$HOLDOUT' rescore '$course' apply --leave 2>'$work/said' && grep -q '1 run keeps the old result' '$work/said'"
check "the run that was left keeps its facts and points" sh -c "'$HOLDOUT' log '$course' $left --json | jq -e '.state == \"done\" and ([.facts[] | select(.name == \"metric.roc_auc\")] | length == 1)'"
rule() { task | jq -e '.metric == "brier" and .rescore_due == false and .outdated == 1 and ([.board[].team] == ["cholesky"])'; }
check "and stands on no board, where the other is by the new metric" rule
check "status says that a run is behind" sh -c "'$HOLDOUT' status '$course' | grep -q '1 run was scored with an earlier version'"
check "graded anew the team is back" sh -c "'$HOLDOUT' grade '$course' --team nocode >/dev/null 2>&1 && '$HOLDOUT' status '$course' --json | jq -e '.tasks[0].board | length == 2 and all(.score < 0.3)'"
check "a rescore of what was left is computed" rescore start --task credit
check "with that run alone" until_newest '.runs == 1 and .trouble == 0'
check "applied, nothing is behind" sh -c "'$HOLDOUT' rescore '$course' apply && '$HOLDOUT' status '$course' --json | jq -e '.tasks[0].outdated == 0'"
check "the receipts are one chain" "$HOLDOUT" receipts "$course" --verify
finish
