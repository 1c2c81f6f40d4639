# holdout-ml: what is said of mistakes that people make, and numbers that stand in sentences.
. tests/core/cli/lib.sh

train() { "$ml" train --learner ridge --target y --model "$work/m" "$@"; }
untrained() { code=$1 words=$2; shift 2; refused "$code" "$words" train --model "$work/m" "$@"; }

printf 'x,y,g,t,w\n1,2,a,2024-01-01,1\n\n"3\n4",,b,2024-01-02,1\n' >"$work/target.csv"
printf 'x,y,g,t,w\n1,2,a,2024-01-01,1\n3,4,b,2024-01-02,-1\n' >"$work/weight.csv"
printf 'x,y,g,t,w\n1,2,a,2024-01-01,1\n3,4,,2024-01-02,1\n' >"$work/group.csv"
printf 'x,y,g,t,w\n1,2,a,2024-01-01,1\n3,4,b,,1\n' >"$work/time.csv"
printf '{"x":1,"y":2}\n\n{"x":2}\n' >"$work/target.jsonl"
mkdir "$work/parts" && printf 'x,y\n1,2\n' >"$work/parts/a.csv" && printf 'x,y\n1,2\n2,\n' >"$work/parts/b.csv"
cells_are_where_they_stand() {
    untrained 65 "$work/target.csv:4: the target \"y\" was empty" --learner ridge --target y --data "$work/target.csv" &&
        untrained 65 "$work/weight.csv:3: the weight \"w\" was below 0" --learner ridge --target y --weight w --data "$work/weight.csv" &&
        untrained 65 "$work/group.csv:3: the group \"g\" was empty" --learner ridge --target y --group g --data "$work/group.csv" &&
        untrained 65 "$work/time.csv:3: the time \"t\" was empty" --learner ridge --target y --time t --data "$work/time.csv" &&
        untrained 65 "$work/target.jsonl:3: the target \"y\" was empty" --learner ridge --target y --data "$work/target.jsonl" &&
        untrained 65 "$work/parts/b.csv:3: the target \"y\" was empty" --learner ridge --target y --data "$work/parts"
}
packed_files_have_lines_too() {
    gzip -k "$work/target.csv" &&
        untrained 65 "$work/target.csv.gz:4: the target \"y\" was empty" --learner ridge --target y --data "$work/target.csv.gz"
}
rows_after_transforms() {
    printf 'x,y\n1,2\n\n,3\n4,6\n' >"$work/gap.csv" &&
        untrained 65 "$work/gap.csv:4: column \"x\" was empty and no transform \"impute\" fills it" --learner ridge --target y --data "$work/gap.csv" --transform one_hot &&
        untrained 65 "$work/weight.csv:3: column \"w\" was -1, the method box-cox needs numbers over 0" --learner ridge --target y --data "$work/weight.csv" --transform power:method=box-cox,columns=w
}
ids_doubled() {
    printf 'id,x,y\n1,2,3\n2,4,7\n3,1,2\n' >"$work/ids.csv" &&
        "$ml" train --learner ridge --target y --id id --data "$work/ids.csv" --model "$work/m" &&
        printf 'id,x\na,2\n"b",4\n\na,5\n' >"$work/doubled.csv" &&
        refused 65 "$work/doubled.csv:5: id \"a\" was there before, in line 2" predict --model "$work/m" --data "$work/doubled.csv" --out "$work/p" &&
        [ ! -e "$work/p" ] &&
        mkdir -p "$work/ml/model" "$work/ml/input/data/heldout" "$work/ml/output/data" && cp "$work/m" "$work/ml/model/model.holdout" &&
        printf 'id,x\na,2\nc,3\n' >"$work/ml/input/data/heldout/a.csv" && cp "$work/doubled.csv" "$work/ml/input/data/heldout/b.csv" &&
        sed -i 5d "$work/ml/input/data/heldout/b.csv" &&
        refused 65 "b.csv:2: id \"a\" was there before, in $work/ml/input/data/heldout/a.csv:2" pipeline predict --base "$work/ml"
}
no_trials() {
    for count in trials folds repeats; do
        refused 64 "--$count was 0, one at least is needed" search --learner ridge --target y --data "$work/ids.csv" --try alpha=1,2 --$count 0 || return 1
    done
    refused 64 "--metric: unknown metric \"rmsee\", did you mean \"rmse\"" search --learner ridge --target y --data "$work/ids.csv" --try alpha=1,2 --metric rmsee &&
        refused 64 "--metric: unknown metric \"rmsee\", did you mean \"rmse\"" search --learner ridge --target y --data "$work/ids.csv" --metric rmsee
}
a_time_to_split_by() {
    refused 65 "$work/time.csv:3: the time \"t\" was empty" split "$work/time.csv" --time t --train "$work/a" --test "$work/b"
}

printf '[1,2]\n' >"$work/list.jsonl"
mkdir "$work/empty"
lines_must_be_objects() {
    refused 65 "$work/list.jsonl:1: an object such as {\"age\": 7} was expected" describe "$work/list.jsonl"
}
a_directory_without_tables() {
    refused 65 "$work/empty: no *.csv, *.jsonl or *.ndjson file" describe "$work/empty"
}

printf 'x,y\n1,1\n2,2\n3,3\n4,5\n' >"$work/small.csv"
one_is_not_many() {
    train --data "$work/small.csv" 2>&1 | grep -q 'on 4 rows and 1 feature:' || return 1
    "$ml" describe "$work/m" | grep -q '^1 feature from 1 column:' || return 1
    refused 65 'folds were 1, allowed are 2' search --data "$work/small.csv" --target y --learner ridge --folds 1
    printf 'id,x\n1,2\n' >"$work/one.csv"
    "$ml" predict --model "$work/m" --data "$work/one.csv" --out "$work/p.csv" 2>&1 | grep -q 'predicted 1 row:'
}
values_alone() {
    printf 'id,y\n1,1\n2,2\n3,3\n' >"$work/truth.csv"
    printf 'id,prediction\n1,1\n2,2\n3,4\n' >"$work/pred.csv"
    "$ml" evaluate --truth "$work/truth.csv" --pred "$work/pred.csv" --metric rmse --no-interval >"$work/out" &&
        [ "$(cat "$work/out")" = "rmse               0.57735   
3 rows" ]
}
threads_0_are_all() {
    train --data "$work/small.csv" --threads 0 && cp "$work/m" "$work/m0" && train --data "$work/small.csv" --threads 1 &&
        cmp "$work/m" "$work/m0" && "$ml" train --help | grep -q '0: all processors'
}
learners_without_a_target() {
    untrained 64 'kmeans learns without a target' --data "$work/small.csv" --learner kmeans --target y || return 1
    printf 'schema: 1\ntarget: y\nlearner: kmeans\n' >"$work/p.yaml"
    refused 78 "p.yaml:2: kmeans learns without a target" search --config "$work/p.yaml" --data "$work/small.csv" || return 1
    "$ml" train --data "$work/small.csv" --learner kmeans --param k=2 --model "$work/k" --drop y &&
        "$ml" describe "$work/k" | grep -q '^kmeans, trained on 4 rows'
}
anomalies_without_weights() {
    for learner in isolation_forest random_cut_forest; do
        untrained 65 "$learner does not heed weights" --data "$work/small.csv" --learner $learner --weight y || return 1
    done
}
probabilities_are_wanted() {
    printf 'id,y\n1,0\n2,1\n3,1\n' >"$work/truth.csv"
    printf 'id,prediction\n1,-0.1\n2,0.9\n3,1.2\n' >"$work/pred.csv"
    refused 65 'log_loss needs probabilities, train a learner of classes such as logistic' evaluate --truth "$work/truth.csv" \
        --pred "$work/pred.csv" --metric roc_auc,log_loss &&
        refused 65 'roc_auc measures classes, but the target is learned as a number' search --data "$work/small.csv" --target y \
            --learner ridge --metric roc_auc
}
no_guess_at_one_letter() {
    printf 'a,b\n1,2\n' >"$work/ab.csv"
    untrained 65 'ab.csv: the target needs the column "z", which the data does not have' \
        --data "$work/ab.csv" --learner ridge --target z
    ! grep -q 'did you mean' "$work/err" || return 1
    printf 'a,b\n' >"$work/none.csv"
    untrained 65 'none.csv: the training data has no rows' --data "$work/none.csv" --learner ridge --target b
}
the_list_of_metrics() {
    refused 64 'holdout-ml metrics lists all' metrics zzz &&
        refused 64 'holdout-ml metrics lists all' search --data "$work/small.csv" --target y --learner ridge --metric zzz &&
        refused 64 'did you mean "rmse"' search --data "$work/small.csv" --target y --learner ridge --metric rmsee
}
titles() {
    "$ml" metrics log_loss | grep -q '^log_loss: log loss (' &&
        "$ml" metrics --json | jq -e '[.metrics[] | .title | length > 0] | all'
}
unknown_keys() {
    printf 'schema: 1\ntarget: y\nlearner: ridge\nsearch:\n  qwerty: 3\n  params: {alpha: [1]}\n' >"$work/p.yaml"
    refused 78 'p.yaml:5: unknown key "qwerty", allowed are: method' search --config "$work/p.yaml" --data "$work/small.csv"
}
choices_are_whole() {
    "$ml" learners | grep ' objective ' | grep -q 'multi:softprob' && "$ml" learners --json |
        jq -e '.learners[] | select(.name == "gbdt") | .params[] | select(.name == "objective") | .allowed | contains("multi:softprob")'
}

what_is_without_effect() {
    refused 64 '--train does not go with --folds' split "$work/small.csv" --folds 2 --out "$work/f.csv" --train "$work/a" &&
        refused 64 '--gap needs --time' split "$work/small.csv" --train "$work/a" --test "$work/b" --gap 3 &&
        refused 64 '--out is for --folds' split "$work/small.csv" --train "$work/a" --test "$work/b" --out "$work/f.csv"
}
columns_by_nearly_their_name() {
    printf 'price,sold\n1,2\n' >"$work/named.csv"
    refused 65 'did you mean "sold"' split "$work/named.csv" --stratify solt --train "$work/a" --test "$work/b" &&
        refused 65 'did you mean "sold"' audit "$work/named.csv" --target solt
}
places_are_looked_at_before_the_work() { # the data is not there either, but the place is looked at first
    refused 73 '/nowhere/m: No such file' train --data nowhere.csv --learner ridge --target y --model /nowhere/m
}
params_that_would_do_nothing() {
    printf 'a,b\n1,2.5\n2,3.5\n3,1.5\n4,7\n' >"$work/four.csv"
    set -- --data "$work/four.csv" --target b --model "$work/n" --learner
    refused 65 'class_weight is for classes' train "$@" gbdt --param class_weight=balanced &&
        refused 65 'scale_pos_weight is for two classes' train "$@" gbdt --param scale_pos_weight=2 &&
        refused 65 'class_weight is for classes' train "$@" decision_tree --param class_weight=balanced &&
        refused 65 'criterion gini is for classes' train "$@" random_forest --param criterion=gini &&
        refused 65 'max_samples is for bootstrap=true' train "$@" extra_trees --param max_samples=0.5 &&
        [ ! -e "$work/n" ]
}
kinds_are_listed() {
    refused 64 'unknown kind "bin", allowed are binary' evaluate --truth x --pred y --metric accuracy --kind bin &&
        refused 64 'unknown change "zzz", allowed are' perturb "$work/small.csv" --what zzz --out "$work/z.csv"
}
intervals_stay_in_range() {
    "$ml" search --data tests/core/learn/people.csv --target late --drop spent --learner logistic --folds 2 --json |
        jq -e '.low >= 0 and .high <= 1 and .high > .low'
}

outputs_are_files() {
    mkfifo "$work/pipe"
    for place in /dev/null "$work/pipe"; do
        refused 73 "$place: is no regular file" train --data "$work/small.csv" --learner ridge --target y --model $place &&
            refused 73 "$place: is no regular file" predict --model "$work/m" --data "$work/one.csv" --out $place &&
            refused 73 "$place: is no regular file" plot residuals --truth "$work/truth.csv" --pred "$work/pred.csv" --out $place &&
            refused 73 "$place: is no regular file" split "$work/small.csv" --folds 2 --out $place || return 1
    done
}
pipes_are_waited_for() {
    { sleep 0.2; cat "$work/small.csv"; } >"$work/pipe" &
    "$ml" describe "$work/pipe" | grep -q '^4 rows, 2 columns'
}
a_full_stdout_is_said() {
    [ -c /dev/full ] || return 0
    for command in learners metrics "describe $work/small.csv"; do
        "$ml" $command >/dev/full 2>"$work/err"
        [ $? = 74 ] && grep -q 'stdout could not be written' "$work/err" || { echo "$command"; return 1; }
    done
}
check "a fault about a cell names file and line" cells_are_where_they_stand
check "of packed files, too" packed_files_have_lines_too
check "rows that a transform refuses are named by their line" rows_after_transforms
check "an id that is there twice is refused with both lines" ids_doubled
check "a search of no trials, folds or repeats, or by no metric is refused" no_trials
check "a row without a time to split by is named by its line" a_time_to_split_by
check "a line of JSON that is no object is named" lines_must_be_objects
check "a directory without tables says which files count" a_directory_without_tables
check "1 is not many" one_is_not_many
check "without intervals none are printed" values_alone
check "0 threads are all processors" threads_0_are_all
check "a target for a learner without one is refused" learners_without_a_target
check "weights are refused by learners that do not heed them" anomalies_without_weights
check "a metric that needs probabilities is named" probabilities_are_wanted
check "one letter is no hint" no_guess_at_one_letter
check "an unknown metric is answered by the nearest or the list" the_list_of_metrics
check "metrics have titles" titles
check "an unknown key of the search lists what is known" unknown_keys
check "the choices of a parameter are all listed" choices_are_whole
check "options without effect are refused" what_is_without_effect
check "columns are guessed at" columns_by_nearly_their_name
check "where a model cannot be written is said before it is trained" places_are_looked_at_before_the_work
check "an unknown kind or change is answered by a list" kinds_are_listed
check "parameters without effect on the target are refused" params_that_would_do_nothing
check "an interval of cross-validation stays in the metric's range" intervals_stay_in_range
check "what is written is a regular file" outputs_are_files
check "a table may come through a pipe" pipes_are_waited_for
check "a full standard output is said" a_full_stdout_is_said
[ "$failed" = 0 ]
