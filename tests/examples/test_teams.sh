# The demo teams: each has a valid folder and does, outside of any box, what it is there to show.
cd "$(dirname "$0")/../.." || exit 1
. tests/examples/tap.sh
BUILD=$(cd "${BUILD:-build}" && pwd) || exit 1
teams=$(cd examples/teams && echo *)
"$python" examples/split.py examples/data/credit_data.csv "$work/course" \
    --task credit --target bad --kind binary 2>/dev/null
"$python" examples/split.py examples/data/ames.csv "$work/course" \
    --task houses --target Sale_Price --kind regression 2>/dev/null

each() {
    for team in $teams; do
        folder=examples/teams/$team
        "$@" || { echo "$team"; return 1; }
    done
}
column() { # FILE NUMBER: of the line of $team
    awk -F, -v t="$team" -v n="$2" '$1 == t { print $n }' "$1"
}
listed() {
    task=$(column examples/course/teams.csv 4)
    [ -n "$task" ] && grep -q "^task: $task$" "$folder/submission.yaml" &&
        grep -qP "^$team\t$task\t(done|failed_team)\t[a-z]+$" examples/expected.tsv &&
        [ "$(column examples/course/teams.csv 3)" = "file:$team.git" ] &&
        [ "$(awk -F, -v t="$team" '$5 == t' examples/course/roster.csv | wc -l)" -eq 2 ]
}
same_number() {
    count=$(ls examples/teams | wc -l)
    [ "$(grep -c , examples/course/teams.csv)" -eq $((count + 1)) ] &&
        [ "$(grep -vc '^#' examples/expected.tsv)" -eq "$count" ]
}
described() {
    grep -q '^# ' "$folder/README.md" && [ "$(wc -l <"$folder/README.md")" -le 20 ]
}
runnable() { # what entry_points names is there and executable, or the Makefile builds it
    sed -n 's/^entry_points: {\(.*\)}$/\1/p' "$folder/submission.yaml" | tr ',' '\n' |
        while read -r name path; do
            path=$folder/${path#./}
            case $name in
            pipeline:) [ -f "$path" ] || exit 1 ;;
            *) [ -x "$path" ] || grep -q "^${path##*/}:" "$folder/Makefile" || exit 1 ;;
            esac
        done
}
small() {
    [ -z "$(find "$folder" -type l)" ] && [ "$(du -sk "$folder" | cut -f1)" -lt 100 ]
}
neutral() { # no text of a team names a directory of the machine that it was written on
    ! grep -rnE "(^|[^.[:alnum:]])/(home|root|work|tmp/[a-z])[/ ]" "$folder"
}

prepare() { # TEAM TASK: a folder as the box lays it out
    rm -rf "$work/ml" && mkdir -p "$work/ml/train" "$work/ml/heldout" "$work/ml/model" \
        "$work/ml/output" && cp -R "examples/teams/$1" "$work/ml/code" &&
        cp "$work/course/data/$2/train.csv" "$work/ml/train/" &&
        cp "$work/course/private/$2/heldout.csv" "$work/ml/heldout/" || return 1
    export SM_CHANNEL_TRAIN="$work/ml/train" SM_CHANNEL_HELDOUT="$work/ml/heldout"
    export SM_MODEL_DIR="$work/ml/model" SM_OUTPUT_DATA_DIR="$work/ml/output"
    solution=$work/course/private/$2/solution.csv
}
measure() { # METRIC LEAST MOST: of the last predictions
    "$python" tests/examples/measure.py "$solution" "$work/ml/output/predictions.csv" "$@"
}
runs() { # TEAM TASK METRIC LEAST MOST: trains and predicts within 10 s and 512 MB
    prepare "$1" "$2" &&
        (cd "$work/ml/code" && ulimit -t 10 && ulimit -v 524288 && ./train && ./predict) &&
        measure "$3" "$4" "$5"
}
twice() { # TEAM TASK: trains and predicts the same again
    prepare "$1" "$2" && (cd "$work/ml/code" && ./train && ./predict) &&
        cp "$work/ml/output/predictions.csv" "$work/first.csv" &&
        (cd "$work/ml/code" && ./train && ./predict) &&
        cmp "$work/first.csv" "$work/ml/output/predictions.csv"
}
seeded() { # stumps draw rows by the hidden seed
    prepare stumps credit && mkdir "$work/ml/config" || return 1
    for seed in 1 2; do
        printf '{"seed": "%s", "rounds": "20"}' "$seed" >"$work/ml/config/hyperparameters.json"
        (cd "$work/ml/code" && SM_INPUT_CONFIG_DIR=$work/ml/config ./train && ./predict) || return 1
        cp "$work/ml/output/predictions.csv" "$work/seed$seed.csv"
    done
    ! cmp -s "$work/seed1.csv" "$work/seed2.csv" && measure auc 0.75 0.9
}
linked() { # the C team, with the library as it is installed in a box
    mkdir -p "$work/opt/include" "$work/opt/lib/pkgconfig" &&
        cp core/holdout.h "$work/opt/include/" &&
        cp -P "$BUILD"/lib/libholdout.so* "$work/opt/lib/" &&
        cp "$BUILD/lib/pkgconfig/holdout.pc" "$work/opt/lib/pkgconfig/" &&
        prepare cholesky credit &&
        (
            cd "$work/ml/code" && PKG_CONFIG_PATH=$work/opt/lib/pkgconfig make CC="${CC:-gcc}" &&
                ./train && ./predict
        ) && measure auc 0.80 0.9
}
without_code() { # TEAM TASK METRIC LEAST MOST: with the directories of a container
    prepare "$1" "$2" && base=$work/base && rm -rf "$base" &&
        mkdir -p "$base/input/data" "$base/output" &&
        mv "$work/ml/code" "$work/ml/model" "$base/" &&
        cp -R "$work/ml/train" "$work/ml/heldout" "$base/input/data/" &&
        mv "$work/ml/output" "$base/output/data" &&
        "$BUILD/bin/holdout-ml" pipeline train --base "$base" &&
        "$BUILD/bin/holdout-ml" pipeline predict --base "$base" &&
        mkdir "$work/ml/output" && mv "$base/output/data/predictions.csv" "$work/ml/output/" &&
        measure "$3" "$4" "$5"
}
checked() { # by the course's own checker, with the data of the demo
    cp -R examples/course/. "$work/course/" && examples/make-repos.sh "$work/repos" &&
        "$BUILD/bin/holdout" check "$work/course"
}
checked_team() {
    "$BUILD/bin/holdout" check "$folder" --course "$work/course"
}
does_not_compile() {
    prepare semicolon credit && ! make -C "$work/ml/code" 2>"$work/err" >&2 &&
        grep -q "error: expected .;." "$work/err" && [ ! -e "$work/ml/code/train" ]
}
burns() { # still at it when 3 s of processor time are gone
    prepare forever credit
    (cd "$work/ml/code" && ulimit -t 3 && ./train)
    [ $? -gt 128 ] && [ ! -e "$work/ml/model/weights.json" ]
}
hoards() { # has not enough with 576 MB, which are memory_mb and disk_mb together
    prepare hoarder houses
    (cd "$work/ml/code" && ulimit -v 589824 && ulimit -t 10 && ./train) 2>"$work/err"
    [ $? -eq 1 ] && grep -q MemoryError "$work/err" && [ ! -e "$work/ml/model/lines.json" ]
}
leaves_out() {
    prepare gaps credit && (cd "$work/ml/code" && ./train && ./predict) &&
        [ "$(grep -c , "$work/ml/output/predictions.csv")" -lt 1700 ] &&
        grep -qi ',nan$' "$work/ml/output/predictions.csv"
}
leaves_out_in_sample() { # so the fault shows where the team can see it
    prepare gaps credit && (cd "$work/ml/code" && ./train) &&
        cp "$work/course/data/credit/sample.csv" "$work/ml/heldout/heldout.csv" &&
        (cd "$work/ml/code" && ./predict) &&
        [ "$(grep -c '^[0-9]*,' "$work/ml/output/predictions.csv")" -lt 60 ]
}

check "teams.csv, roster.csv, expected.tsv and submission.yaml agree on each team" each listed
check "there is no team without a folder and no folder without a team" same_number
check "each team says in a short README what it does" each described
check "each entry point is there and executable, or built" each runnable
check "each team's folder is small and has no links" each small
check "no team names a directory of this machine" each neutral
check "stumps: boosted stumps are good" runs stumps credit auc 0.80 0.90
check "stumps: the hidden seed changes the predictions a little" seeded
check "ridgeway: ridge regression is good" runs ridgeway houses mae 10000 18000
check "ridgeway: training again gives the same predictions" twice ridgeway houses
check "doorstep: the baseline is fair" runs doorstep houses mae 20000 30000
check "cholesky: the C program builds against libholdout and is good" linked
check "nocode: the pipeline is good" without_code nocode credit auc 0.78 0.90
check "blueprint: the pipeline is good" without_code blueprint houses mae 10000 20000
check "holdout check finds no mistake in the course" checked
check "holdout check finds no mistake in any team's folder" each checked_team
check "semicolon: the build fails with an error that names the place" does_not_compile
check "forever: training burns processor time without end" burns
check "hoarder: training takes more memory than the course allows" hoards
check "gaps: rows are missing and some predictions are not numbers" leaves_out
check "gaps: rows are missing on the public sample too" leaves_out_in_sample
finish
