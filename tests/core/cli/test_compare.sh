#!/bin/sh
# holdout-ml compare: pairs and their tests, ranks, data sets and folds, files that do not fit.
. tests/core/cli/lib.sh

/usr/bin/python3 - "$work" <<'PY'
import json, os, sys
work = sys.argv[1]
d = json.load(open("tests/core/eval/vectors/delong.json"))
asah = d["asah"]
def write(path, header, rows):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as f:
        f.write(header + "\n" + "".join("%s,%s\n" % row for row in rows))
write(work + "/truth.csv", "id,outcome", enumerate(asah["y"]))
for name, scores in asah["scores"].items():
    write(work + "/" + name + ".csv", "id,prediction", enumerate(scores))
c = d["breast_cancer"]
write(work + "/cancer.csv", "id,y", enumerate(c["y"]))
for name in "ab":
    write(work + "/p" + name + ".csv", "id,prediction", enumerate(c[name]))
r = json.load(open("tests/core/eval/vectors/ranks.json"))
write(work + "/right.csv", "id,y", ((i, 1) for i in range(1000)))
with open(work + "/right.csv", "a") as f: # a second class, which all get right
    f.write("".join("%d,0\n" % i for i in range(1000, 1100)))
for k, bits in enumerate(r["teams"]):
    write(work + "/team%d.csv" % k, "id,prediction", enumerate(list(bits) + ["0"] * 100))
f = json.load(open("tests/core/eval/vectors/friedman.json"))["hollander_wolfe"]["data"]
for i, row in enumerate(f): # the mean absolute error of a row is the value itself
    write(work + "/truths/%d.csv" % i, "id,y", [("a", 0), ("b", 0.0)])
    for j, v in enumerate(row):
        write(work + "/way%d/%d.csv" % (j, i), "id,prediction", [("a", v), ("b", -v)])
PY

delong() {
    "$ml" compare "$work/wfns.csv" "$work/s100b.csv" --truth "$work/truth.csv" --metrics roc_auc --json >"$work/j" &&
        jq -e '.rows == 113 and (.metrics[0].pairs[0] | .test == "delong" and .better == "wfns"
            and ((.p - 0.0271757822291882) | fabs) < 1e-9 and ((.difference - 0.0923102981) | fabs) < 1e-6
            and .low > 0 and .verdict == "wfns is better than s100b")' "$work/j"
}
words() {
    "$ml" compare "$work/wfns.csv" "$work/s100b.csv" "$work/ndka.csv" --truth "$work/truth.csv" >"$work/w" &&
        grep -q '^roc_auc (higher is better), 113 rows$' "$work/w" &&
        grep -q '^  wfns  *0.82368  *\[0.7485, 0.8988\]  *1-2  *1  *a$' "$work/w" &&
        grep -q '^  s100b - ndka: .* delong p 0.164: no difference can be told$' "$work/w" &&
        grep -q '^  wfns - ndka: .* adjusted 0.0154: wfns is better than ndka$' "$work/w" && ! grep -q ' $' "$work/w"
}
eight_teams() {
    "$ml" compare "$work"/team?.csv --truth "$work/right.csv" --metrics accuracy --json >"$work/j" &&
        jq -e '[.metrics[0].contenders[] | [.rank_low, .rank_high]] == [[1,3],[1,3],[1,3],[4,6],[4,7],[4,6],[6,7],[8,8]]
            and [.metrics[0].contenders[].letters] == ["a","a","a","b","bc","b","c","d"]
            and [.metrics[0].contenders[].cluster] == [1,1,1,2,2,2,2,3] and (.metrics[0].pairs | length) == 28' "$work/j"
}
sets() { # three contenders and their truths, two data sets or more: arguments for compare
    for i in $(seq 0 21); do echo "$work/way0/$i.csv $work/way1/$i.csv $work/way2/$i.csv"; done
    for i in $(seq 0 21); do echo "--truth $work/truths/$i.csv"; done
}
friedman() {
    "$ml" compare $(sets) --kind regression --metrics mae --json >"$work/j" &&
        jq -e '.data_sets == 22 and (.metrics[0] | ((.friedman.p - 0.003805040775511341) | fabs) < 1e-9
            and ((.friedman.nemenyi_difference - 0.70665) | fabs) < 1e-4 and [.contenders[].name] == ["way0","way1","way2"]
            and .pairs[1].test == "nemenyi" and .pairs[1].better == "way2" and (.values | length) == 22)' "$work/j"
}
folds() {
    "$ml" compare $(sets) --kind regression --metrics mae --folds >"$work/w" && grep -q 'mae (lower is better), 22 folds' "$work/w" &&
        grep -q 'way0 - way2: .* corrected_t p ' "$work/w"
}
same_bytes() {
    for i in 1 2; do
        "$ml" compare "$work/wfns.csv" "$work/ndka.csv" --truth "$work/truth.csv" --metrics roc_auc,average_precision --seed 4 --json >"$work/$i" || return 1
    done
    cmp "$work/1" "$work/2"
}
groups() { # three rows a group: another test
    awk -F, 'NR == 1 { print $0 ",patient" } NR > 1 { print $0 "," int($1 / 3) }' "$work/truth.csv" >"$work/grouped.csv"
    "$ml" compare "$work/wfns.csv" "$work/s100b.csv" --truth "$work/grouped.csv" --group patient --metrics roc_auc --json >"$work/j" &&
        jq -e '.metrics[0].pairs[0].test == "paired_bootstrap"' "$work/j"
}
public_rows() {
    awk -F, 'NR == 1 { print $0 ",Usage" } NR > 1 { print $0 "," (NR % 2 ? "Public" : "Private") }' "$work/truth.csv" >"$work/usage.csv"
    "$ml" compare "$work/wfns.csv" "$work/s100b.csv" --truth "$work/usage.csv" --usage public --json | jq -e '.rows == 56'
}
recall() { "$ml" compare "$work/pa.csv" "$work/pb.csv" --truth "$work/cancer.csv" --metrics recall --json "$@" | jq '.metrics[0].contenders[0].value'; }
options() { # a higher threshold finds fewer
    echo "$(recall) $(recall --set threshold=0.999)" | tee /dev/stderr | awk '{ exit !($1 > 0.9 && $2 > 0.1 && $2 < $1 - 0.1) }'
}
forecasts() { # MASE needs what came before; neighbours in time are not independent
    awk 'BEGIN { print "time,y"; for (i = 1; i <= 60; i++) printf "%d,%.3f\n", i, 10 + 3 * sin(i / 2) }' >"$work/before.csv"
    awk 'BEGIN { print "id,y,time"; for (i = 61; i <= 160; i++) printf "%d,%.3f,%d\n", i, 10 + 3 * sin(i / 2), i }' >"$work/after.csv"
    for off in 1 2; do
        awk -v off=$off 'BEGIN { print "id,prediction"; for (i = 61; i <= 160; i++) printf "%d,%.3f\n", i, 10 + 3 * sin(i / 2) + off * cos(i) }' >"$work/off$off.csv"
    done
    "$ml" compare "$work/off1.csv" "$work/off2.csv" --truth "$work/after.csv" --kind forecast --metrics mase,mae --history "$work/before.csv" --json >"$work/j" &&
        jq -e '(.metrics[0].contenders | .[1].value / .[0].value - 2 | fabs < 1e-3) and .metrics[0].pairs[0].better == "off1"
            and .metrics[1].pairs[0].test == "block_normal"' "$work/j"
}
check "DeLong's test is that of R, with the difference's interval" delong
check "the words say values, intervals, ranks and verdicts" words
check "eight teams get the published ranges, letters and clusters" eight_teams
check "several truths are data sets: Friedman and Nemenyi" friedman
check "or folds: the corrected t test" folds
check "the same seed gives the same bytes" same_bytes
check "forecasts are compared with what came before them" forecasts
check "public rows alone" public_rows
check "options of metrics are set" options
check "a truth without Usage has no public rows" refused 65 "no such rows" compare "$work/wfns.csv" "$work/s100b.csv" --truth "$work/truth.csv" --usage public
check "rows of a group are drawn together" groups
check "one contender is none" refused 64 "1 prediction file for 1 truth" compare "$work/wfns.csv" --truth "$work/truth.csv"
check "truths need as many files each" refused 64 "as many for each truth" compare "$work/wfns.csv" "$work/ndka.csv" "$work/s100b.csv" --truth "$work/truth.csv" --truth "$work/truth.csv"
check "folds are more than one" refused 64 "--folds needs two truths" compare "$work/wfns.csv" "$work/ndka.csv" --truth "$work/truth.csv" --folds
check "an unknown metric names the nearest" refused 64 'did you mean "roc_auc"' compare "$work/wfns.csv" "$work/ndka.csv" --truth "$work/truth.csv" --metrics roc_auk
check "a metric of another kind is refused" refused 64 "different kinds" compare "$work/wfns.csv" "$work/ndka.csv" --truth "$work/truth.csv" --metrics rmse,f1
check "a file that is not there is named" refused 66 "none.csv" compare "$work/wfns.csv" "$work/none.csv" --truth "$work/truth.csv"
check "predictions of other rows are refused with their file" refused 65 "team0.csv" compare "$work/wfns.csv" "$work/team0.csv" --truth "$work/truth.csv"
check "scores are no probabilities" refused 65 "s100b" compare "$work/s100b.csv" "$work/ndka.csv" --truth "$work/truth.csv" --metrics log_loss
check "help has an example" sh -c "'$ml' compare --help | grep -q 'holdout-ml compare tree.csv'"
echo "1..$number"
exit $((failed > 0))
