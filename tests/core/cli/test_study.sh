#!/bin/sh
# holdout-ml search, explain, plot: from a table to numbers and drawings; mistakes are said in one line.
. tests/core/cli/lib.sh

awk -F, 'BEGIN { OFS = "," } NR == 1 { print "id", $0 } NR > 1 { print NR, $0 }' examples/data/credit_data.csv >"$work/all.csv"
head -n 1201 "$work/all.csv" >"$work/train.csv"
{ head -n 1 "$work/all.csv"; tail -n 1000 "$work/all.csv"; } >"$work/valid.csv"
cut -d, -f1,2 "$work/valid.csv" >"$work/truth.csv"
how="--target bad --learner logistic"

cross_validation_is_a_line() {
    "$ml" search --data "$work/train.csv" $how | grep -q '^roc_auc by cross-validation, 5 folds: 0\.8'
}
a_search_names_its_best() {
    "$ml" search --data "$work/train.csv" $how --try C=0.001..100:log --trials 12 --json --model "$work/best" >"$work/search.json" &&
        jq -e '(.trials | length) == 12 and .metric == "roc_auc" and (.trials[.best].pruned | not)
            and (.trials[.best].value as $best | [.trials[] | select(.pruned | not) | .value] | max == $best)' "$work/search.json" &&
        "$ml" describe "$work/best" --json 2>/dev/null | jq -e --slurpfile s "$work/search.json" \
            '(.params.C - ($s[0].trials[$s[0].best].params.C | tonumber)) | fabs < 1e-12'
}
a_search_is_the_same_again() {
    for n in 1 2; do
        "$ml" search --data "$work/train.csv" $how --try C=0.001..100:log --trials 12 --threads $n >"$work/s$n" || return 1
    done
    cmp "$work/s1" "$work/s2"
}
a_pipeline_with_a_search_trains_its_best() {
    mkdir -p "$work/ml/code" "$work/ml/input/data/train" "$work/ml/model"
    cp "$work/train.csv" "$work/ml/input/data/train/"
    printf 'schema: 1\ntarget: bad\nlearner: logistic\nsearch:\n  method: grid\n  folds: 3\n  params: {C: [1e-9, 0.1]}\n' >"$work/ml/code/pipeline.yaml"
    "$ml" pipeline train --base "$work/ml" --json | jq -e '.params.C == 0.1'
}
importance_finds_what_matters() {
    "$ml" train --data "$work/train.csv" $how --model "$work/m" &&
        "$ml" explain importance --model "$work/m" --data "$work/valid.csv" --json --svg "$work/i.svg" >"$work/i.json" &&
        jq -e '.value > 0.75 and (.columns[0].worse > .columns[-1].worse) and ([.columns[].column] | index("bad") == null)' "$work/i.json" &&
        grep -q 'Records' "$work/i.svg"
}
dependence_has_points() {
    "$ml" explain dependence --model "$work/m" --data "$work/valid.csv" --column Home --json | jq -e '.points | length > 3' &&
        "$ml" explain dependence --model "$work/m" --data "$work/valid.csv" --column Income --svg "$work/d.svg" | awk 'END { exit NR < 10 }' &&
        [ -s "$work/d.svg" ]
}
shapley_values_add_up() {
    "$ml" explain shapley --model "$work/m" --data "$work/valid.csv" --out "$work/shap.csv" --json | jq -e '.features | length > 10' &&
        "$ml" predict --model "$work/m" --data "$work/valid.csv" --out "$work/p.csv" &&
        python3 - "$work/shap.csv" "$work/p.csv" <<'PY'
import csv, math, sys
shap = list(csv.reader(open(sys.argv[1])))[1:]
rows = list(csv.DictReader(open(sys.argv[2])))
assert len(shap) == len(rows) == 1000
for values, row in zip(shap, rows):
    p = float(row["prediction"])
    assert abs(sum(map(float, values)) - math.log(p / (1 - p))) < 1e-6
PY
}
a_learning_curve_grows() {
    "$ml" explain learning-curve --data "$work/train.csv" $how --json --svg "$work/l.svg" |
        jq -e '.points | length >= 4 and .[-1].rows > .[0].rows and .[-1].validation > .[0].validation' && [ -s "$work/l.svg" ]
}
calibrated_predictions_are_probabilities() {
    "$ml" train --data "$work/train.csv" $how --calibrate isotonic --model "$work/c" &&
        "$ml" predict --model "$work/c" --data "$work/valid.csv" --out "$work/cp.csv" &&
        "$ml" evaluate --truth "$work/truth.csv" --pred "$work/cp.csv" --metric brier,roc_auc --json | jq -e '.metrics.brier.value < 0.17'
}
plots_are_svg() {
    for kind in roc pr calibration confusion; do
        "$ml" plot $kind --truth "$work/truth.csv" --pred "$work/p.csv" --out "$work/$kind.svg" || return 1
        python3 -c "import sys, xml.dom.minidom as m; assert m.parse(sys.argv[1]).documentElement.tagName == 'svg'" "$work/$kind.svg" || return 1
    done
    grep -q 'ROC curve, area 0\.' "$work/roc.svg"
}
residuals_and_forecasts_too() {
    printf 'id,t,y\n1,2024-01-01,3\n2,2024-01-02,4\n3,2024-01-03,6\n' >"$work/y.csv"
    printf 'id,prediction\n1,3.5\n2,4\n3,5\n' >"$work/yp.csv"
    "$ml" plot residuals --truth "$work/y.csv" --target y --pred "$work/yp.csv" | grep -q '<circle' &&
        "$ml" plot forecast --truth "$work/y.csv" --target y --time t --pred "$work/yp.csv" | grep -q '01-02 00:00'
}
check "without anything to try a recipe is cross-validated" cross_validation_is_a_line
check "a search tries, keeps its best and trains it on all rows" a_search_names_its_best
check "a search gives the same again, with any number of threads" a_search_is_the_same_again
check "a pipeline with a search trains the best parameters" a_pipeline_with_a_search_trains_its_best
check "importance finds what matters, as JSON and as SVG" importance_finds_what_matters
check "dependence has points for numbers and for categories" dependence_has_points
check "Shapley values add up to the raw score" shapley_values_add_up
check "a learning curve grows" a_learning_curve_grows
check "calibrated predictions are probabilities" calibrated_predictions_are_probabilities
check "plots of classes are well-formed SVG" plots_are_svg
check "residuals and forecasts are drawn too" residuals_and_forecasts_too
check "a parameter that the learner lacks is refused" refused 64 'no parameter "D"' search --data "$work/train.csv" $how --try D=1,2
check "a range beyond what is allowed is refused" refused 64 'allowed is' search --data "$work/train.csv" $how --try max_iter=0..10
check "a metric of another kind is refused" refused 65 'does not measure' search --data "$work/train.csv" $how --metric rmse
check "a search needs a learner" refused 64 '--learner NAME is missing' search --data "$work/train.csv" --target bad
check "explain needs a word" refused 64 'importance|dependence' explain --data "$work/train.csv"
check "dependence needs a column" refused 64 '--column NAME' explain dependence --model "$work/m" --data "$work/valid.csv"
check "a column that is not there is named" refused 65 'did you mean "Income"' explain dependence --model "$work/m" --data "$work/valid.csv" --column Incom
check "a plot of another kind of target is refused" refused 65 'not a number or class' plot confusion --truth "$work/y.csv" --target y --pred "$work/yp.csv"
check "a file that is not there is said" refused 66 'No such file' plot roc --truth "$work/none" --pred "$work/p.csv"
echo "1..$number"
exit $((failed > 0))
