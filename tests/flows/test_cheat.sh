#!/bin/sh
# The cheat finds nothing in the box, and does find the truth where the protection is switched off.
. tests/flows/lib.sh

course=$work/course
course_make "$course" magpie cholesky
check "the service starts" service_start "$course"
check "the cheat is graded" graded "$course" 120 2
run=$("$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[] | select(.team == "magpie")][0].id')
"$HOLDOUT" log "$course" "$run" --json >"$work/magpie.json"
check "it hunted in every step that shows a log, and found no truth" jq -e '[.steps[] | .log_tail // "" | select(test("truth found"))] |
    length >= 4 and all(test("truth found: no"))' "$work/magpie.json"
check "its score is that of a guess" sh -c "'$HOLDOUT' status '$course' --json | jq -e '[.tasks[].board[] | select(.team == \"magpie\")][0].score | . > 0.42 and . < 0.58'"
service_stop

# the same program as an ordinary process, with the course's files readable: nothing else is changed
unprotected() {
    ml=$work/ml
    mkdir -p "$ml/model" "$ml/output/data" "$ml/input/data/train" "$ml/input/data/heldout" "$ml/input/config"
    cp "$course/data/credit/train.csv" "$ml/input/data/train/"
    cp "$course/private/credit/heldout.csv" "$ml/input/data/heldout/"
    echo '{"hunt_seconds":"20"}' >"$ml/input/config/hyperparameters.json"
    cp -R examples/teams/magpie "$work/magpie"
    (cd "$work/magpie" && HUNT_ROOTS=$course/private HUNT_PLACES=files HUNT_SECONDS=20 SAGEMAKER_BASE_DIR=$ml SM_MODEL_DIR=$ml/model \
        SM_OUTPUT_DATA_DIR=$ml/output/data SM_CHANNEL_TRAIN=$ml/input/data/train SM_CHANNEL_HELDOUT=$ml/input/data/heldout \
        SM_INPUT_CONFIG_DIR=$ml/input/config sh -c './train; ./predict') >"$work/unprotected.log" 2>&1
    cat "$work/unprotected.log"
    grep -q 'truth found: yes' "$work/unprotected.log"
}
check "the same cheat finds the truth when nothing protects it" unprotected
perfect() {
    "$PYTHON" - "$course/private/credit/solution.csv" "$work/ml/output/data/predictions.csv" <<'PY'
import csv, sys
truth = {r["id"]: r["bad"] for r in csv.DictReader(open(sys.argv[1]))}
said = {r["id"]: float(r["prediction"]) for r in csv.DictReader(open(sys.argv[2]))}
right = sum((said.get(i, 0.5) > 0.5) == (t == "1") for i, t in truth.items())
print(right, len(truth))
sys.exit(right < 0.99 * len(truth))
PY
}
check "and then predicts nearly every row right" perfect
finish
