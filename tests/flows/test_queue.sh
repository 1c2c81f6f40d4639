#!/bin/sh
# Pause and resume, tries of a day, extensions and pins: by command, as the page, the API and status tell them.
. tests/flows/lib.sh

course=$work/course
api=
course_make "$course" cholesky
sed -i 's/runs_per_day: 50/runs_per_day: 2/; s/^    seeds: 2/    seeds: 1/' "$course/course.yaml"
sed -i 's/{id: first, tasks: \[credit, houses\], due: 2099-02-11T18:00:00+01:00, needs: \[model\]}/{id: first, tasks: [credit, houses], due: 2020-02-11T18:00:00+01:00, needs: [model], late: {rule: percent, percent: 10, floor: 40}}/' "$course/course.yaml"

push() { # number: one more commit
    (cd "$work/clone" && echo "version $1" >>README.md && git -c user.email=a@b.c -c user.name=A commit -qam "version $1" && git push -q origin HEAD:main)
}
team_state() { "$HOLDOUT" status "$course" --team cholesky --json; }
until_true() { # seconds, command...
    end=$(($(date +%s) + $1))
    shift
    while [ "$(date +%s)" -lt "$end" ]; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.2
    done
    "$@"
}
newest_is() { [ "$("$HOLDOUT" runs "$course" --json | jq -r 'last.state')" = "$1" ]; }
version_done() { [ "$("$HOLDOUT" runs "$course" --state done --json | jq length)" = "$1" ]; }
says() { team_state | jq -e "$1"; }

check "the course is fine" "$HOLDOUT" check "$course"
check "the service starts" service_start "$course"
api=http://127.0.0.1:$port/api/v1/courses/demo-2026
check "the first version is graded" graded "$course" 60 1
git clone -q "$work/repos/cholesky.git" "$work/clone"

check "a pause is noted" "$HOLDOUT" pause "$course" --task credit --reason "new data at noon"
check "the API tells it" until_true 5 sh -c "curl -fsS $api | jq -e '.paused[0].task == \"credit\"'"
check "a push while paused" push 2
check "it waits" until_true 10 newest_is queued
check "status says so" sh -c "'$HOLDOUT' status '$course' | grep -q 'paused: task credit: new data at noon'"
check "every page says so" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026 | grep -q 'Grading is paused'"
sleep 1
check "it still waits" newest_is queued
check "an unknown task is refused" sh -c "! '$HOLDOUT' pause '$course' --task credti"
check "resumed" "$HOLDOUT" resume "$course"
check "the second version is graded" until_true 30 version_done 2

check "both tries of the day are used" says '.tries[0] | .used_today == 2 and .per_day == 2 and .next_at != null'
check "a third push" push 3
check "it is held for the next day and says when" until_true 15 sh -c "curl -fsS $api/runs/\$('$HOLDOUT' runs '$course' --json | jq -r 'last.run') | jq -e '.state == \"queued\" and (.message | test(\"tries of this day are used\"))'"
check "staff give a try" "$HOLDOUT" quota "$course" --team cholesky --give 1
check "the held version is graded" until_true 30 version_done 3
check "three tries were used of three" says '.tries[0] | .used_today == 3 and .per_day == 3'

check "the latest version counts, with its lateness" says '[.due[] | select(.deliverable == "final" and .version == null)] | length == 1'
check "the run page links the team" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/teams/cholesky | grep -q 'What counts'"
counted=$("$HOLDOUT" status "$course" --team cholesky --json | jq -r '[.due[] | select(.version != null)][0].deliverable')
check "something counts" test -n "$counted"
first=$("$HOLDOUT" runs "$course" --json | jq -r '.[0].run')
[ "$counted" = writeup ] && counted=final
check "the first version is pinned" "$HOLDOUT" pin "$course" --team cholesky --deliverable "$counted" "$first"
check "it counts then" until_true 5 sh -c "'$HOLDOUT' status '$course' --team cholesky --json | jq -e --arg d '$counted' '.due[] | select(.deliverable == \$d and .task == \"credit\") | .version == 1 and .why == \"pinned\"'"
check "runs marks it" sh -c "'$HOLDOUT' runs '$course' --team cholesky | head -n 1 | grep -q pinned"
check "a tag final/ pins the newest commit without grading it again" sh -c "cd '$work/clone' && git tag final/writeup && git push -q origin final/writeup"
check "it counts for the writeup" until_true 10 sh -c "'$HOLDOUT' status '$course' --team cholesky --json | jq -e '.due[] | select(.deliverable == \"writeup\" and .task == \"credit\") | .version == 3 and .why == \"pinned\"'"
check "there are still three versions" sh -c "[ \"\$('$HOLDOUT' runs '$course' --json | jq length)\" = 3 ]"
check "an extension is noted" "$HOLDOUT" extend "$course" --team cholesky --deliverable final --by 2d --reason ill
check "it moves the due time" until_true 5 sh -c "'$HOLDOUT' status '$course' --team cholesky --json | jq -e '.due[] | select(.deliverable == \"final\" and .task == \"credit\") | .due == \"2099-02-14T17:00:00Z\" and .extension_reason == \"ill\"'"
check "a span that is none is refused" sh -c "! '$HOLDOUT' extend '$course' --team cholesky --deliverable final --by soon"
finish
