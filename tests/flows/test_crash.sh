#!/bin/sh
# SIGKILL at any moment: after a restart every run still ends exactly once, and nothing of it is left over.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky ridgeway semicolon
killed_and_restarted() {
    for pause in 0.3 0.9 1.7 2.6; do
        service_start "$course" || return 1
        sleep $pause
        service_stop KILL
        sleep 0.3
    done
    service_start "$course" || return 1
    graded "$course" 120 3
}
check "the service is killed four times and then grades all" killed_and_restarted
once() {
    "$PYTHON" - "$course/state/store.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
rows = db.execute("SELECT object, count(*) FROM audit WHERE action IN ('done','failed_team','failed_ours') GROUP BY object").fetchall()
runs = db.execute("SELECT id, state FROM run").fetchall()
assert len(runs) == 3, runs
assert sorted(r[0] for r in rows) == sorted(r[0] for r in runs), (rows, runs)
assert all(n == 1 for _, n in rows), rows
assert sorted(s for _, s in runs) == ["done", "done", "failed_team"], runs
PY
}
check "each run ended exactly once" once
check "the honest teams stand on their boards" sh -c "[ \"\$('$HOLDOUT' status '$course' --json | jq '[.tasks[].board[]] | length')\" = 2 ]"

grade_one_killed() {
    before=$("$HOLDOUT" status "$course" --json | jq -r '.tasks[0].runs[0].id')
    "$HOLDOUT" grade "$course" --team cholesky >"$work/grade.log" 2>&1 &
    asked=$!
    for _ in $(seq 200); do
        pid=$(pgrep -f 'holdout grade-one' | head -n 1)
        if [ -n "$pid" ]; then
            sleep 0.1
            kill -KILL "$pid" 2>/dev/null
            break
        fi
        sleep 0.01
    done
    wait "$asked"
    grep -q 'done ok' "$work/grade.log"
}
check "a killed grade-one costs nothing: the run ends as done" grade_one_killed
service_stop
check "nothing of the service is left running" sh -c "sleep 0.5; ! pgrep -f '[h]oldout serve $course'"
check "no run directory is left" sh -c "[ -z \"\$(ls '$course/state/runs')\" ]"
finish
