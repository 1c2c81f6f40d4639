#!/bin/sh
# From a push to a rank: one team's way through the house, and what stays sealed.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
check "a fresh course passes holdout check" "$HOLDOUT" check "$course"
check "the service starts" service_start "$course"
check "both teams are graded" graded "$course" 90 2
check "the C team ended as done" sh -c "[ \"$(state_of "$course" cholesky)\" = 'done ok' ]"
check "the shell team ended as done" sh -c "[ \"$(state_of "$course" doorstep)\" = 'done ok' ]"

base=http://127.0.0.1:$port
api=$base/api/v1/courses/demo-2026
curl -fsS "$api/tasks/credit/leaderboard" >"$work/board.json"
check "the leaderboard has the promised keys" jq -e '.task == "credit" and .metric == "roc_auc" and
    (.rows | length == 1) and (.rows[0] | has("rank_low") and has("rank_high") and has("team") and has("score")
    and has("low") and has("high") and has("submitted_at") and has("commit") and has("baseline"))' "$work/board.json"
check "the score lies in its interval and is rounded to three digits" jq -e '.rows[0] |
    .low < .score and .score < .high and .score > 0.7 and (.score * 1000 == (.score * 1000 | round))' "$work/board.json"
run=$("$HOLDOUT" status "$course" --json | jq -r '.tasks[0].runs[0].id')
curl -fsS "$api/runs/$run" >"$work/run.json"
check "the run's document has steps, facts and points" jq -e '(.steps | length > 8) and (.facts | length > 5)
    and (.points | length > 5) and .state == "done"' "$work/run.json"
check "no exact or private value is in the run's document" jq -e '[.facts[] | select(.rows == "private")] == []' "$work/run.json"
check "held-out steps show no log" jq -e '[.steps[] | select(.heldout) | .tail // ""] | all(. == "")' "$work/run.json"
check "the submission page says how it went" sh -c "curl -fsS $base/courses/demo-2026/runs/$run | grep -q 'All steps went well'"
check "the home page names the course" sh -c "curl -fsS $base/ | grep -q 'Architecting for ML'"

# a new version: push, wait for its rank
git clone -q "$work/repos/cholesky.git" "$work/clone" 2>/dev/null
(cd "$work/clone" && git config user.email a@b.c && git config user.name A && echo >>README.md && git add -A && git commit -qm "another version" && git push -q) >/dev/null 2>&1
commit=$(git -C "$work/clone" rev-parse HEAD)
newest() {
    for _ in $(seq 300); do
        curl -fsS "$api/tasks/credit/leaderboard" | jq -e --arg c "$commit" '.rows[0].commit == $c' >/dev/null && return 0
        sleep 0.1
    done
    return 1
}
check "a push arrives on the board by itself" newest

check "a human mark reaches the page" sh -c "'$HOLDOUT' mark '$course' $run method.why --points 7 --reason 'well argued' &&
    for i in 1 2 3 4 5 6 7 8 9 10; do curl -fsS $base/courses/demo-2026/runs/$run | grep -q 'well argued' && exit 0; sleep 0.3; done; exit 1"
check "a mark beyond the question's points is refused" sh -c "! '$HOLDOUT' mark '$course' $run method.why --points 70"
check "an unknown question is refused with the nearest word" sh -c "'$HOLDOUT' mark '$course' $run method.whi --points 7 2>&1 | grep -q 'did you mean \"method.why\"'"
check "holdout grade asks the running service and waits" sh -c "'$HOLDOUT' grade '$course' --team doorstep | grep -q 'done ok'"
check "holdout grade of an unknown team names the nearest" sh -c "'$HOLDOUT' grade '$course' --team doorstop 2>&1 | grep -q 'did you mean \"doorstep\"'"
check "a second service for the same course is refused" sh -c "'$HOLDOUT' serve '$course' --listen 127.0.0.1:0 2>&1 | grep -q 'another grader'"
check "the service refuses to listen beyond loopback" sh -c "'$HOLDOUT' serve '$course' --listen 0.0.0.0:8099 2>&1 | grep -q loopback"

# nothing row-level of the held-out data outside sealed/
sealed_stays_sealed() {
    # an id stands alone: not as the decimals of a number, not within a digest, which has many runs of digits
    cut -d, -f1 "$course/private/credit/solution.csv" | tail -n +2 | head -n 200 |
        sed 's/.*/(^|[^0-9a-f.])&([^0-9a-f.]|$)/' >"$work/ids"
    sed -n '2,40p' "$course/private/credit/heldout.csv" | cut -d, -f2- >"$work/rows"
    find "$course/state" -type f -not -path '*/sealed/*' >"$work/files"
    while read -r file; do
        if grep -aqF -f "$work/rows" "$file" || grep -aqE -f "$work/ids" "$file"; then
            echo "held-out content in $file"
            grep -aoE -f "$work/ids" "$file" | head -n 3
            return 1
        fi
    done <"$work/files"
}
check "no id and no row of the held-out data lies outside sealed/" sealed_stays_sealed
check "run directories are gone once their runs have ended" sh -c "[ -z \"\$(ls '$course/state/runs')\" ]"
chain() {
    "$PYTHON" - "$course/state" <<'PY'
import hashlib, json, os, sys
state = sys.argv[1]
found = {}
for name in os.listdir(state + "/receipts"):
    data = open(state + "/receipts/" + name, "rb").read()
    found[hashlib.sha256(data).hexdigest()] = json.loads(data)["previous"]
heads = set(found) - set(found.values())
assert len(heads) == 1, heads
at, length = heads.pop(), 0
while at:
    at, length = found[at], length + 1
assert length == len(found), (length, len(found))
PY
}
check "the receipts are one chain of hashes" chain
service_stop
finish
