#!/bin/sh
# release: ladder through a real course: a version that is significantly better moves the score, any other one shows
# the old one, also after a restart.
. tests/flows/lib.sh

course=$work/course
course_make "$course" nocode
sed -i 's/release: rounded/release: ladder/' "$course/course.yaml"
git clone -q "$work/repos/nocode.git" "$work/clone" 2>/dev/null
push() { # a version whose learner is $1
    (cd "$work/clone" && git config user.email a@b.c && git config user.name A &&
        sed -i "s/^learner:.*/learner: $1/" pipeline.yaml && git commit -qam "$1" && git push -q) >/dev/null 2>&1
}
check "a course with a ladder is ready, and no note speaks of it" sh -c "'$HOLDOUT' check '$course' 2>&1 | tee '$work/said' |
    grep -q 'the course is ready' && ! grep -q ladder '$work/said'"
push '{name: majority}'
check "the service starts" service_start "$course"
check "a first version that knows nothing is graded" graded "$course" 90 1

board() { curl -fsS "http://127.0.0.1:$port/api/v1/courses/demo-2026/tasks/credit/leaderboard" | jq -c '.rows[0] | [.score, .low, .high]'; }
newest() { "$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[]] | max_by(.id) | .id'; }
message() { "$HOLDOUT" log "$course" "$(newest)" --json | jq -r .message; }
public() { "$HOLDOUT" log "$course" "$(newest)" --json | jq -c '[.facts[] | select(.rows == "public") | [.name, .value, .low, .high]]'; }
grade() {
    push "$1"
    "$HOLDOUT" grade "$course" --team nocode >/dev/null 2>&1
}
check "its score is that of a guess" sh -c "echo '$(board)' | jq -e '.[0] == 0.5'"
grade '{name: logistic, params: {C: 0.5}}'
first=$(board)
facts=$(public)
leader=$(newest)
check "a better version moves the score" sh -c "echo '$first' | jq -e '.[0] > 0.7'"
check "and its page says that all went well" sh -c "echo '$(message)' | grep -q 'the board has the score'"

same() { # after what: nothing public has moved, and the page says why
    check "$1 shows what was released before" [ "$(public) $(board)" = "$facts $first" ]
    check "and its page says why" sh -c "echo '$(message)' | grep -q 'Not significantly better than your best so far: roc_auc'"
}
grade '{name: logistic, params: {C: 0.45}}'
same "a version that is about as good"
grade '{name: majority}'
same "a version that is worse"
service_stop
check "the service starts again" service_start "$course"
grade '{name: logistic, params: {C: 0.55}}'
same "a version after a restart"
leads() {
    "$PYTHON" - "$course/state" "$leader" <<'PY'
import sqlite3, sys
state, leader = sys.argv[1:]
rows = sqlite3.connect(state + "/store.db").execute("SELECT metric, run FROM ladder").fetchall()
assert len(rows) >= 2 and {run for _, run in rows} == {leader}, rows
exact = sqlite3.connect(state + "/sealed/sealed.db").execute(
    "SELECT count(DISTINCT value) FROM value WHERE rows = 'public' AND metric = 'roc_auc'").fetchone()[0]
assert exact >= 3, exact
PY
}
check "one run leads in all metrics, and the exact values of the others are sealed" leads
check "the board's page explains the ladder" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/tasks/credit | grep -q '<b>Ladder.</b>'"
service_stop
finish
