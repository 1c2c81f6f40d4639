# holdout-ml metrics and slices: lists, slices, groups, refusals.
. tests/core/cli/lib.sh

# 400 rows; those of Chur are wrong, the rest right; half are f, half m
made() {
    awk -v T="$work/truth.csv" -v P="$work/pred.csv" -v D="$work/data.csv" 'BEGIN {
        print "id,y" >T; print "id,prediction" >P; print "id,city,sex,age,y" >D
        for (i = 0; i < 400; i++) {
            y = i % 2; city = i % 4 == 3 ? "Chur" : "Bern"; p = city == "Chur" ? 0.5 - 0.4 * (2 * y - 1) : 0.5 + 0.4 * (2 * y - 1)
            print "r" i "," y >T
            printf "r%d,%g\n", i, p >P
            printf "r%d,%s,%s,%d,%d\n", i, city, int(i / 2) % 2 ? "f" : "m", 20 + i % 50, y >D
        }
    }'
}
made
slices() { "$ml" slices --truth "$work/truth.csv" --pred "$work/pred.csv" --data "$work/data.csv" "$@"; }
wrong() { refused "$1" "$2" slices --truth "$work/truth.csv" --pred "$work/pred.csv" --data "$work/${3:-data.csv}" --metric "${4:-log_loss}" ${5:+--attribute "$5"}; }

the_worst_is_named() {
    slices --metric log_loss | tee /dev/stderr | sed -n 2p | grep -q '^city = Chur  *100 rows'
}
json_has_all() {
    slices --metric accuracy --attribute sex --json >"$work/s.json" && [ -s "$work/s.json" ] &&
        jq -e '.rows == 400 and .loss == 0.25 and .rows_least == 30 and .slices[0].parts == ["city = Chur"]
        and .slices[0].loss == 1 and .slices[0].rest == 0 and .slices[0].adjusted_p < 1e-9
        and (.groups | keys == ["f", "m"]) and .groups.f.rows == 200
        and (.groups.f.accuracy | .low < .value and .value < .high)
        and .gaps.accuracy_difference.value == 0.5 and .gaps.accuracy_difference.high > 0.5' "$work/s.json"
}
the_target_is_no_column() {
    slices --metric accuracy --json >"$work/y.json" && ! grep -q '"y = ' "$work/y.json"
}
families_are_listed() {
    "$ml" metrics --family fairness | tee /dev/stderr | head -1 | grep -q '^# fairness$' &&
        "$ml" metrics roc_auc | grep -q 'DeLong' &&
        "$ml" metrics --json | jq -e '(.metrics | length > 120) and (.metrics | map(.name) | (unique | length) == length)
            and (.metrics | all(.family and .definition and (.kinds | length > 0))) and (.options.beta | length > 10)'
}
head -n 300 "$work/data.csv" >"$work/short.csv"
sed 's/^id,city/key,city/' "$work/data.csv" >"$work/key.csv"
{ cat "$work/data.csv"; sed -n 5p "$work/data.csv"; } >"$work/twice.csv"

check "slices name the worst part" the_worst_is_named
check "slices --json has slices, groups and gaps" json_has_all
check "slices are not made of the target" the_target_is_no_column
check "metrics are listed by family, by name and as JSON" families_are_listed
check "an unknown family is named with the nearest" refused 64 'did you mean "scores"' metrics --family score
check "an unknown metric is named with the nearest" refused 64 'did you mean "roc_auc"' metrics roc_acu
check "a metric without losses ends with 64" wrong 64 'roc_auc is no mean over rows' data.csv roc_auc
check "rows without data end with 65" wrong 65 'no row for 101 ids (the first is "r299")' short.csv
check "data without the id end with 65" wrong 65 'no column "id"' key.csv
check "doubled data end with 65" wrong 65 'id "r3" was there twice' twice.csv
check "a missing file ends with 66" wrong 66 'nothing.csv' nothing.csv
check "an attribute that is not there ends with 65" wrong 65 'no column "colour" of categories' data.csv log_loss colour
echo "1..$number"
[ "$failed" = 0 ]
