#!/bin/sh
# Rescores under `release: ladder`: of one team, since a time, with all trained again, paused, resumed and killed in the middle; a board left half made.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky nocode
sed -i 's/release: rounded/release: ladder/' "$course/course.yaml"
check "the service starts" service_start "$course"
check "both teams are graded" graded "$course" 60 2
board() { "$HOLDOUT" status "$course" --json | jq -c '[.tasks[] | select(.id == "credit") | .board[] | [.team, .score, .rank_low]]'; }
scores() { board | jq -c 'map([.[0], .[1]]) | sort'; }
state() { "$HOLDOUT" rescore "$course" status --json | jq -r '.[0].state'; }
until_state() { # the newest rescore is in state $1 within 60 s
    end=$(($(date +%s) + 60))
    until [ "$(state)" = "$1" ]; do
        [ "$(date +%s)" -lt "$end" ] || { "$HOLDOUT" rescore "$course" status; return 1; }
        sleep 0.1
    done
}
sed -i '0,/{key: roc_auc, primary: true}/s//{key: roc_auc}/; 0,/{key: brier}/s//{key: brier, primary: true}/' "$course/course.yaml"
before=$(scores)
check "--team takes that team alone" sh -c "'$HOLDOUT' rescore '$course' start --task credit --team nocode --json | jq -e '.state == \"ready\" and
    .runs == 1 and ([.results[].team] == [\"nocode\"])'"
"$HOLDOUT" rescore "$course" discard >/dev/null 2>&1
check "--since leaves out what came before" sh -c "'$HOLDOUT' rescore '$course' start --task credit --since 2200-01-01T00:00:00Z --json | jq -e '.runs == 0'"
"$HOLDOUT" rescore "$course" discard >/dev/null 2>&1

"$HOLDOUT" pause "$course" --task credit --reason "so that its runs wait" >/dev/null 2>&1
"$HOLDOUT" rescore "$course" start --task credit --rerun >/dev/null 2>&1 &
starter=$!
check "one that trains all again is computing" until_state computing
check "it is paused" sh -c "'$HOLDOUT' rescore '$course' pause"
service_stop KILL
kill "$starter" 2>/dev/null
wait "$starter" 2>/dev/null
check "the service that was killed starts again" service_start "$course"
check "the rescore is paused still" until_state paused
check "and no score has changed" [ "$(scores)" = "$before" ]
"$HOLDOUT" rescore "$course" resume >/dev/null 2>&1 &
starter=$!
check "it is resumed" until_state computing
"$HOLDOUT" resume "$course" --task credit >/dev/null 2>&1
sleep 0.3
service_stop KILL
kill "$starter" 2>/dev/null
wait "$starter" 2>/dev/null
check "killed in the middle the service starts again" service_start "$course"
check "the rescore goes on to its end" until_state ready
check "each run was done again, once" sh -c "'$HOLDOUT' rescore '$course' show --json | tee '$work/shown.json' | jq -e '.runs == 2 and .done == 2 and
    ([.results[].again | select(. != \"\")] | unique | length == 2)'"
check "it is applied" "$HOLDOUT" rescore "$course" apply
after=$(board)
check "the ladder has the new metric's scores" sh -c "[ '$(scores)' != '$before' ] && echo '$after' | jq -e 'length == 2 and all(.[1] < 0.3)'"

# killed between the transaction that applies and the making of the board: the board is the old one
service_stop KILL
"$PYTHON" - "$course" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/state/store.db")
db.execute("UPDATE board SET score = 0.9, rank_low = 1, rank_high = 2 WHERE task = 'credit'")
db.execute("DELETE FROM board_made") # it says from what a board was made
db.commit()
PY
check "after a kill right behind the apply the service starts" service_start "$course"
check "and the board is made anew" [ "$(board)" = "$after" ]
check "the receipts are one chain" "$HOLDOUT" receipts "$course" --verify
finish
