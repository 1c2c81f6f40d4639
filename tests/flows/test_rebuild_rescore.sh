#!/bin/sh
# The store made anew after rescores: an applied one, a discarded one, one that is ready and one that is paused, table by table.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky nocode doorstep
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
[ "${RELEASE:-rounded}" = ladder ] && sed -i 's/release: rounded/release: ladder/' "$course/course.yaml"
state=$course/state
rescore() { "$HOLDOUT" rescore "$course" "$@"; }
check "the service starts" service_start "$course"
check "the teams are graded" graded "$course" 90 3
first=$("$HOLDOUT" status "$course" --json | jq -r '.tasks[0].runs[] | select(.team == "cholesky") | .id')
questions=$("$HOLDOUT" log "$course" "$first" --json | jq -r '[.points[] | select(.state == "human_needed")][0:2][].question')
set -- $questions
check "a human marks" "$HOLDOUT" mark "$course" "$first" "$1" --points 1 --reason "as agreed"

sed -i '0,/{key: roc_auc, primary: true}/s//{key: roc_auc}/; 0,/{key: brier}/s//{key: brier, primary: true}/' "$course/course.yaml"
check "a rescore is computed" rescore start --task credit
check "a mark comes meanwhile" "$HOLDOUT" mark "$course" "$first" "$2" --points 0 --reason "between"
check "it is applied" rescore apply
check "a version is graded behind it" sh -c "'$HOLDOUT' grade '$course' --team nocode --no-cache | grep -q 'done ok'"
sed -i '$d' "$course/data/credit/train.csv"
check "the runs are done again for another one" rescore start --task credit
check "it is discarded" rescore discard
check "a third one is ready" rescore start --task credit --team cholesky --rerun
"$HOLDOUT" pause "$course" --task houses --reason "so that its runs wait" >/dev/null 2>&1
rescore start --task houses --rerun >/dev/null 2>&1 &
starter=$!
paused() {
    for _ in $(seq 600); do
        rescore status --json | jq -e '.[0] | .task == "houses" and .queued > 0' >/dev/null && break
        sleep 0.05
    done
    rescore pause "$(rescore status --json | jq -r '.[0].batch')" && rescore status --json | jq -e '.[0].state == "paused"'
}
check "a fourth one is paused with runs on their way" paused
service_stop KILL
kill "$starter" 2>/dev/null
wait "$starter" 2>/dev/null
rescore status --json | jq -S . >"$work/status"

compare() { "$PYTHON" tests/flows/stores.py "$@"; }
copy() {
    rm -f "$1"
    "$PYTHON" -c "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))" "$state/store.db" "$1"
}
boards() { "$HOLDOUT" status "$course" --json | jq -S '[.tasks[] | .board, .metric, .rescore_due]'; }
boards >"$work/boards"
boards_same() { boards | cmp - "$work/boards"; }
rescores_same() { rescore status --json | jq -S . | diff - "$work/status"; }
all_states() { jq -e '[.[].state] | sort == ["applied", "discarded", "paused", "ready"]' "$work/status"; }
check "one is applied, one discarded, one ready, one paused" all_states
copy "$work/old.db"
cp -R "$state" "$work/state"
check "rebuild makes the store anew" "$HOLDOUT" rebuild "$course"
check "table by table it is what it was" compare "$work/old.db" "$state/store.db"
check "the boards are the same to the bit" boards_same
check "so are the rescores" rescores_same
check "the receipts are one chain" "$HOLDOUT" receipts "$course" --verify
rm -f "$state"/store.db*
check "without any store it is made too" "$HOLDOUT" rebuild "$course"
check "it differs in looks at repositories alone" compare "$work/old.db" "$state/store.db" --looks
check "the boards are the same again" boards_same
check "so are the rescores again" rescores_same

check "the service starts with it" service_start "$course"
check "the ready one still shows what it would change" sh -c "'$HOLDOUT' rescore '$course' show \"\$('$HOLDOUT' rescore '$course' status --json | jq -r '[.[] | select(.state == \"ready\")][0].batch')\" --json | jq -e '.state == \"ready\" and .runs == 1'"
resumed() { rescore resume "$(rescore status --json | jq -r '[.[] | select(.task == "houses")][0].batch')"; }
"$HOLDOUT" resume "$course" --task houses >/dev/null 2>&1
check "the paused one is resumed, and gets ready" resumed
check "each of its runs was done again, once" sh -c "'$HOLDOUT' rescore '$course' status --json | jq -e '.[0] | .task == \"houses\" and .state == \"ready\" and .runs == .done and .trouble == 0'"
service_stop

# a record that is gone
rm -rf "$state"
cp -R "$work/state" "$state"
batch=$(jq -r '[.[] | select(.state == "applied")][0].batch' "$work/status")
record=$(jq -r .record "$state/receipts/$batch.json")
rm -f "$state/sealed/$(echo "$record" | cut -c1-2)/$record"
"$HOLDOUT" rebuild "$course" >"$work/lost.out" 2>&1
check "an applied rescore whose record is lost is an answer of no" [ $? -eq 1 ]
check "it is named, with what is to be done" grep -q "the rescore $batch cannot be put back.*start --task credit" "$work/lost.out"
check "the board is by the version before" sh -c "'$HOLDOUT' status '$course' | grep -q 'a rescore is due'"
finish
