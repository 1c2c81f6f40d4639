#!/bin/sh
# Steps that nothing changed for are taken over from an earlier run, and said to be.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky
check "the service starts" service_start "$course"
check "the first version is graded" graded "$course" 60 1
api=http://127.0.0.1:$port/api/v1/courses/demo-2026

git clone -q "$work/repos/cholesky.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
newest() { "$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[]][0].id'; }
document() { "$HOLDOUT" log "$course" "$(newest)" --json >"$work/$1.json"; }
push() { (cd "$work/clone" && git add -A && git commit -qm "$1" && git push -q origin HEAD:main) >/dev/null 2>&1; }
# until the newest commit has ended, at most $1 seconds
arrived() {
    end=$(($(date +%s) + $1))
    while [ "$(date +%s)" -lt "$end" ]; do
        "$HOLDOUT" log "$course" "$(newest)" --json 2>/dev/null |
            jq -e --arg c "$(git -C "$work/clone" rev-parse HEAD)" '.commit == $c and .state == "done"' >/dev/null && return 0
        sleep 0.1
    done
    return 1
}
boxes='[.steps[] | select(.name | IN("build", "train", "sample", "predict"))]'
document first
check "the first version was run" jq -e "$boxes | length == 8 and all(.cached | not)" "$work/first.json"

# the report is named in submission.yaml; the claims stand there
report=$(sed -n 's/.*report: *\([^,}]*\).*/\1/p' "$work/clone/submission.yaml")
echo "One more sentence." >>"$work/clone/$report"
sed -i 's/value: 0\.[0-9]*/value: 0.5/' "$work/clone/submission.yaml"
push "only words"
check "a version with other words is graded" arrived 30
document words
check "none of its steps was run again" jq -e "$boxes | length == 8 and all(.cached)" "$work/words.json"
check "it ended well" jq -e '.state == "done"' "$work/words.json"
same() { [ "$(jq -c "$1" "$work/first.json")" = "$(jq -c "$1" "$work/$2.json")" ]; }
check "its metrics are those of the first" same '[.facts[] | select(.name | startswith("metric."))]' words
check "its measured times are those of the steps that were run" same '[.facts[] | select(.name | test("^(build|train|predict)[.]"))]' words
check "whether the same seed gives the same is as it was measured" same '[.facts[] | select(.name == "reproducible.same_seed")]' words
check "logs of reused steps are shown" sh -c "jq -e '.steps[] | select(.name == \"train\" and .seed == 1) | .log_tail | length > 0' '$work/words.json'"
check "holdout log says that they were reused" sh -c "[ \"\$('$HOLDOUT' log '$course' $(newest) | grep -c reused)\" = 10 ]"
check "the page says so" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/runs/$(newest) | grep -q reused"

check "--no-cache runs them" sh -c "'$HOLDOUT' grade '$course' --team cholesky --no-cache | grep -q 'done ok'"
document fresh
check "all of them" jq -e "$boxes | length == 8 and all(.cached | not)" "$work/fresh.json"
check "without it they are taken over again" sh -c "'$HOLDOUT' grade '$course' --team cholesky | grep -q 'done ok'"
document again
check "all of these too" jq -e "$boxes | all(.cached)" "$work/again.json"

echo "/* another program */" >>"$work/clone/train.c"
push "another program"
check "a version with another program is graded" arrived 60
document program
check "its steps were run" jq -e "$boxes | all(.cached | not)" "$work/program.json"

# another limit of predict: built code and models come out of the cache, one of them damaged
service_stop
sed -i 's/predict_s: *[0-9]*/predict_s: 77/' "$course/course.yaml"
for model in "$course"/state/cache/steps/*/artifacts/*; do
    if grep -q weights "$model" 2>/dev/null || [ "$(wc -c <"$model")" -lt 4000 ]; then
        chmod 600 "$model" && printf X | dd of="$model" conv=notrunc bs=1 2>/dev/null && chmod 444 "$model"
    fi
done
rm -rf "$course"/state/sealed/cache/*
check "the service starts with another limit" service_start "$course"
check "damaged entries are no failure" sh -c "'$HOLDOUT' grade '$course' --team cholesky | grep -q 'done ok'"
document mended
check "predict was run" jq -e "$boxes | map(select(.name == \"predict\")) | all(.cached | not)" "$work/mended.json"
check "the metrics are still the same" same '[.facts[] | select(.name | startswith("metric."))]' mended

# a small cache
service_stop
printf 'cache: {max_mb: 0}\n' >>"$course/course.yaml"
check "the service starts without a cache" service_start "$course"
check "nothing is taken over then" sh -c "'$HOLDOUT' grade '$course' --team cholesky | grep -q 'done ok'"
document none
check "all steps were run" jq -e "$boxes | all(.cached | not)" "$work/none.json"
finish
