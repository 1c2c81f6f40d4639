#!/bin/sh
# A team's server is started with its model, asked about public and held-out rows, and ended; what it does wrong costs no score.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky stumps nocode
sed -i 's/{id: first, \(.*\) needs: \[model\]}/{id: first, \1 needs: [model, serve]}/' "$course/course.yaml"
cat >>"$course/rubric.yaml" <<'EOT'
  - {id: serve.latency, title: "How fast is an answer?", points: 5, from: resource, fact: serve.p95_ms,
     full_at: 0.001, zero_at: 10000, curve: log}
  - {id: serve.robust, title: "Does it survive?", points: 5, from: resource, fact: serve.survived,
     full_at: 1, zero_at: 0}
EOT
check "a course may ask about servers" "$HOLDOUT" check "$course"

# the Python team's server answers JSON lines wrongly and ends at the first bad request
git clone -q "$work/repos/stumps.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
sed -i 's/^    return "".join(json.dumps(record)/    records[0]["prediction"] += 0.5\n&/
    s/^            return self.answer(400.*/            __import__("os")._exit(3)/' "$work/clone/serve"
(cd "$work/clone" && git commit -qam "a worse server" && git push -q origin HEAD:main) >/dev/null 2>&1

check "the service starts" service_start "$course"
check "all are graded" graded "$course" 90 3
for team in cholesky stumps nocode; do
    check "$team has its score" [ "$(state_of "$course" $team)" = "done ok" ]
    run=$("$HOLDOUT" status "$course" --json | jq -r --arg t $team '[.tasks[].runs[] | select(.team == $t)][0].id')
    "$HOLDOUT" log "$course" "$run" --json >"$work/$team.json"
    eval "run_$team=$run"
done
all() { jq -e "$2" "$work/$1.json"; }
fact() { # team name rows: its value
    jq -r --arg n "$2" --arg r "$3" '.facts[] | select(.name == $n and .rows == $r).value' "$work/$1.json"
}

check "a right server is served twice" all cholesky \
    '[.steps[] | select(.name | startswith("serve")) | .name + " " + .verdict] == ["serve-sample ok", "serve ok"]'
check "the sample's log is shown in full" all cholesky \
    '.steps[] | select(.name == "serve-sample").log_tail | contains("holdout: a huge body: status 413") and contains("140 of 140")'
check "nothing that the held-out server saw is shown" all cholesky \
    '.steps[] | select(.name == "serve") | .log_tail == "" and .message == ""'
for rows in none sample; do
    for name in ready agreement stopped_cleanly; do
        check "its $name over $rows is 1" [ "$(fact cholesky serve.$name $rows)" = 1 ]
    done
    check "two content types over $rows" [ "$(fact cholesky serve.types $rows)" = 2 ]
    check "latencies over $rows" [ -n "$(fact cholesky serve.p50_ms $rows)$(fact cholesky serve.p99_ms $rows)" ]
done
check "held-out figures have two digits" all cholesky \
    'def two: . as $x | if $x == 0 then true else ($x | log10 | floor | 1 - . | exp10) as $s | ($x * $s | . - round | fabs) < 1e-6 end;
     [.facts[] | select(.rows == "none" and (.name | startswith("serve."))).value] | length > 5 and all(two)'
check "it survived" [ "$(fact cholesky serve.survived sample)" = 1 ]
check "that earns points" all cholesky '.points[] | select(.question == "serve.robust").points == 5'
check "its latency is judged" all cholesky '.points[] | select(.question == "serve.latency").points > 0'
check "the page shows the figures" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/runs/$run_cholesky | grep -q 'Malformed requests'"

check "a worse server is seen" all stumps \
    '.steps[] | select(.name == "serve-sample") | .state == "failed" and .verdict == "exit" and (.message | contains("predictions.csv has"))'
check "and told at the top" all stumps '.message | contains("serve step did not go well")'
check "it answered some rows otherwise" all stumps '[.facts[] | select(.name == "serve.agreement").value] | . == [0] or (.[0] < 1 and .[1] < 1)'
check "it did not survive" [ "$(fact stumps serve.survived sample)" = 0 ]
check "that earns nothing" all stumps '.points[] | select(.question == "serve.robust").points == 0'

check "a pipeline is served by holdout-ml" all nocode \
    '[.steps[] | select(.name | startswith("serve")) | .name + " " + .verdict] == ["serve-sample ok", "serve ok"]'
for rows in none sample; do
    for name in ready agreement stopped_cleanly; do
        check "its $name over $rows is 1" [ "$(fact nocode serve.$name $rows)" = 1 ]
    done
    check "three content types over $rows" [ "$(fact nocode serve.types $rows)" = 3 ]
done
check "it survived malformed requests" [ "$(fact nocode serve.survived sample)" = 1 ]
check "it refused them in words of HTTP" all nocode \
    '.steps[] | select(.name == "serve-sample").log_tail | contains("a huge body: status 413") and contains("unknown type: status 415") and contains("wrong method: status 405")'
check "and earns its points" all nocode '.points[] | select(.question == "serve.robust").points == 5'

service_stop
"$HOLDOUT" grade "$course" --team stumps >"$work/again" 2>&1
again=$("$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[] | select(.team == "stumps")][0].id')
"$HOLDOUT" log "$course" "$again" --json >"$work/again.json"
check "graded again, its predictions are reused and its server is asked again" all again \
    '[.steps[] | select(.name == "predict").cached] == [true, true, true] and
     [.steps[] | select(.name == "serve-sample") | .cached, .state] == [false, "failed"]'
check "with the same answers" [ "$(fact stumps serve.agreement sample)" = "$(fact again serve.agreement sample)" ]
finish
