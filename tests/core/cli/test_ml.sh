# holdout-ml: train, predict, describe, pipeline; files, exit codes, messages.
. tests/core/cli/lib.sh
data=tests/core/learn

train() { "$ml" train --data $data/people.csv --target late --drop spent --learner logistic "$@"; }

train_writes_a_model() {
    train --param C=0.7 --model "$work/m" && [ -s "$work/m" ]
}
predict_follows_the_rows() {
    "$ml" predict --model "$work/m" --data $data/people_new.csv --out "$work/p.csv" || return 1
    cut -d, -f1 "$work/p.csv" | tail -n +2 >"$work/ids"
    cut -d, -f1 $data/people_new.csv | tail -n +2 | cmp - "$work/ids" || return 1
    [ "$(head -1 "$work/p.csv")" = id,prediction ]
}
predictions_equal_the_peers() {
    jq -r '.late[]' $data/people.json >"$work/expected"
    cut -d, -f2 "$work/p.csv" | tail -n +2 | paste -d' ' - "$work/expected" |
        awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 1e-6) exit 1 } END { exit NR != 40 }'
}
same_bytes_for_any_threads() {
    train --seed 5 --threads 1 --model "$work/a" && train --seed 5 --threads 3 --model "$work/b" &&
        cmp "$work/a" "$work/b"
}
json_describes() {
    "$ml" describe --model "$work/m" --json >"$work/d.json" || return 1
    jq -e '.learner == "logistic" and .params.C == 0.7 and .target == "late" and .rows == 110
        and .classes == ["no", "yes"] and (.fitted.coefficients | length) == 7' "$work/d.json"
}
train_json_is_describe_json() {
    train --param C=0.7 --model "$work/a" --json 2>"$work/err" | cmp - "$work/d.json" && [ ! -s "$work/err" ]
}
words_describe() {
    "$ml" describe --model "$work/m" | grep -q 'predicts the probability of "yes"'
}
ids_stay_as_they_are() {
    printf 'id,age,income,home\n007,30,,own\n"a,b",30,1e3,rent\n' >"$work/odd.csv"
    "$ml" predict --model "$work/m" --data "$work/odd.csv" --out "$work/odd.out" &&
        [ "$(sed 's/,[0-9.e-]*$//' "$work/odd.out")" = "id,prediction
007
\"a,b\"" ]
}
a_directory_is_a_table() {
    mkdir "$work/parts"
    head -60 $data/people.csv >"$work/parts/a.csv"
    { head -1 $data/people.csv; tail -n +61 $data/people.csv; } >"$work/parts/b.csv"
    echo "not a table" >"$work/parts/README"
    "$ml" train --data "$work/parts" --target late --drop spent --learner logistic --param C=0.7 --model "$work/a" &&
        cmp "$work/a" "$work/m"
}
lists_are_json() {
    "$ml" learners --json | jq -e '[.learners[].name] | contains(["linear", "ridge", "logistic", "majority", "mean"])'
}
help_has_an_example() {
    for command in train predict describe pipeline learners evaluate metrics; do
        "$ml" $command --help | grep -A1 '^Example:' | grep -q "holdout-ml $command" || { echo $command; return 1; }
    done
}
a_full_disk_leaves_nothing() {
    refused 73 "nowhere" train --data $data/people.csv --target late --learner logistic --model /nowhere/m
    [ ! -e /nowhere ]
}

base=$work/opt
layout() {
    mkdir -p "$base/code" "$base/input/data/train" "$base/input/data/heldout" "$base/input/config" \
        "$base/model" "$base/output/data"
    cp $data/people.csv "$base/input/data/train/train.csv"
    cp $data/people_new.csv "$base/input/data/heldout/heldout.csv"
    cat >"$base/code/pipeline.yaml" <<END
schema: 1
target: late
id: id
drop: [spent]
transforms: [impute, standard, one_hot]
learner: {name: logistic, params: {C: 0.1}}
END
    echo '{"seed": "12345678901234567890", "C": "0.7", "sagemaker_program": "x.py"}' >"$base/input/config/hyperparameters.json"
}
pipeline_runs() {
    "$ml" pipeline train --base "$base" --config "$base/code/pipeline.yaml" &&
        "$ml" pipeline predict --base "$base" && cmp "$base/output/data/predictions.csv" "$work/p.csv"
}
pipeline_takes_the_seed() {
    [ "$("$ml" describe --json --model "$base/model/model.holdout" | grep -o '"seed":[0-9]*')" = '"seed":12345678901234567890' ]
}
hyperparameters() { echo "$1" >"$base/input/config/hyperparameters.json"; }
pipeline_all_mistakes() {
    printf 'schema: 1\ntraget: late\nlearner: {name: logistik}\n' >"$work/bad.yaml"
    "$ml" pipeline train --base "$base" --config "$work/bad.yaml" 2>"$work/err"
    [ $? = 78 ] && [ "$(wc -l <"$work/err")" = 3 ] && grep -q 'bad.yaml:2: unknown key "traget", did you mean "target"' "$work/err" &&
        grep -q 'bad.yaml:3: unknown learner "logistik", did you mean "logistic"' "$work/err"
}

check "train writes a model" train_writes_a_model
check "predict writes a row for each row, in order" predict_follows_the_rows
check "the predictions are scikit-learn's" predictions_equal_the_peers
check "the model is the same, byte for byte, with any number of threads" same_bytes_for_any_threads
check "describe --json has parameters, classes and coefficients" json_describes
check "train --json is the description" train_json_is_describe_json
check "describe says what the model predicts" words_describe
check "identifiers stay as they are written" ids_stay_as_they_are
check "a directory of files is one table" a_directory_is_a_table
check "learners --json lists them" lists_are_json
check "every command has help with an example" help_has_an_example
check "a file that cannot be written ends with 73" a_full_disk_leaves_nothing
layout
check "pipeline trains and predicts in SageMaker's layout, hyperparameters first" pipeline_runs
check "pipeline takes the seed of 64 bits" pipeline_takes_the_seed
check "pipeline says all mistakes at once" pipeline_all_mistakes
hyperparameters '{"C": "-1"}'
check "a hyperparameter out of range ends with 78" refused 78 'parameter C of logistic was "-1"' pipeline train --base "$base"
hyperparameters '{"max_depth": "6"}'
check "a hyperparameter that the learner lacks ends with 78" refused 78 'no parameter "max_depth"' pipeline train --base "$base"
hyperparameters '{"seed": "abc"}'
check "a seed that is no number ends with 78" refused 78 'seed was "abc"' pipeline train --base "$base"
hyperparameters '[1'
check "hyperparameters that are no JSON end with 78" refused 78 'hyperparameters.json' pipeline train --base "$base"
rm "$base/model/model.holdout"
check "no model to predict with ends with 66" refused 66 'model.holdout' pipeline predict --base "$base"
check "no training data ends with 66" refused 66 'input/data/train' pipeline train --base "$work/none" --config "$base/code/pipeline.yaml"
check "no pipeline.yaml ends with 66" refused 66 'pipeline.yaml' pipeline train --base "$work/none"
check "pipeline without a word ends with 64" refused 64 'train or predict' pipeline

check "an unknown command ends with 64" refused 64 'did you mean "train"' trian
check "an unknown option ends with 64" refused 64 'did you mean "--target"' train --tarket x
check "a missing option ends with 64" refused 64 '--target COLUMN is missing' train --data $data/people.csv --learner ridge --model "$work/x"
check "an option twice ends with 64" refused 64 'given twice' describe --model a --model b
check "an option without its value ends with 64" refused 64 'needs a value' describe --model
check "a switch with a value ends with 64" refused 64 'takes no value' learners --json=1
check "an unknown learner ends with 64" refused 64 'did you mean "ridge"' train --data $data/people.csv --target late --learner rigde --model "$work/x"
check "a parameter out of range ends with 64" refused 64 'allowed is a number from' train --data $data/people.csv --target late --learner logistic --param C=0 --model "$work/x"
check "two parameters that exclude each other end with 64" refused 64 'both C and l2' train --data $data/people.csv --target late --learner logistic --param C=1 --param l2=1 --model "$work/x"
check "a missing file ends with 66" refused 66 'nowhere.csv' train --data nowhere.csv --target late --learner logistic --model "$work/x"
check "an identifier that is not there ends with 65" refused 65 'needs the column "foo"' train --data $data/people.csv --target late --learner logistic --id foo --model "$work/x"
check "and so it does when predicting" refused 65 'needs the column "foo"' predict --model "$work/m" --data $data/people_new.csv --id foo --out "$work/x"
cut -d, -f2- $data/people.csv >"$work/no_id.csv"
check "the default identifier may be absent" "$ml" train --data "$work/no_id.csv" --target late --learner logistic --model "$work/no_id"
check "the usage line of evaluate has no dots twice" eval '! "$ml" evaluate --help | grep -F "......"'
check "a missing target ends with 65" refused 65 'did you mean "late"' train --data $data/people.csv --target lat --learner logistic --model "$work/x"
check "a text target for a number learner ends with 65" refused 65 'holds text' train --data $data/people.csv --target late --learner ridge --model "$work/x"
printf 'id,age,income,home\n1,x,3,own\n' >"$work/text.csv"
check "text in a column of numbers ends with 65 and names the line" refused 65 'text.csv:2' predict --model "$work/m" --data "$work/text.csv" --out "$work/x"
printf 'id,age,income,home\n1,2\n' >"$work/short.csv"
check "a short row ends with 65 and names the line" refused 65 'short.csv:2' predict --model "$work/m" --data "$work/short.csv" --out "$work/x"
head -c 300 "$work/m" >"$work/cut"
check "a model that is cut off ends with 65" refused 65 'cut off' describe --model "$work/cut"
check "a table is not a model" refused 65 'not a model file' predict --model $data/people.csv --data $data/people.csv --out "$work/x"
check "nothing was written by what was refused" test ! -e "$work/x"

printf 'id,y,Usage\na,1,Public\nb,0,Public\nc,1,Private\nd,0,Private\ne,0,Public\n' >"$work/truth.csv"
printf 'id,prediction\ne,0.2\nd,0.7\nc,0.6\nb,0.1\na,0.9\n' >"$work/pred.csv"
evaluate() { "$ml" evaluate --truth "$work/truth.csv" --pred "$work/pred.csv" "$@"; }
evaluate_json() {
    evaluate --metric roc_auc,log_loss --metric accuracy --json >"$work/e.json" || return 1
    cat "$work/e.json"
    jq -e '(keys == ["metrics", "rows"]) and .rows == 5 and (.metrics | keys == ["accuracy", "log_loss", "roc_auc"])
        and (.metrics | all(keys == ["high", "low", "value"])) and (.metrics | all(.low <= .value and .value <= .high))
        and ((.metrics.roc_auc.value - 5 / 6) | fabs < 1e-12) and .metrics.accuracy.value == 0.8
        and ((.metrics.log_loss.value - 0.4297326) | fabs < 1e-6)' "$work/e.json"
}
usage_picks_rows() {
    [ "$(evaluate --metric roc_auc --usage public --json | jq -c '[.rows, .metrics.roc_auc.value]')" = '[3,1]' ] &&
        [ "$(evaluate --metric roc_auc --usage private --json | jq -c '[.rows, .metrics.roc_auc.value]')" = '[2,0]' ]
}
evaluate_words() { evaluate --metric roc_auc | grep -q '^roc_auc  *0\.833333  *\[.*\]$'; }
wrong() { # wrong LINES: predictions that are these
    printf "$1" >"$work/wrong.csv"
    shift
    refused "$@" evaluate --truth "$work/truth.csv" --pred "$work/wrong.csv" --metric roc_auc,log_loss --json
}
check "evaluate --json is exactly rows and metrics with value, low and high" evaluate_json
check "evaluate takes the public or the private rows" usage_picks_rows
check "evaluate prints a table" evaluate_words
check "metrics --json lists them" eval '"$ml" metrics --json | jq -e "[.metrics[].name] | contains([\"roc_auc\", \"log_loss\", \"rmse\"])"'
check "a missing row ends with 65" wrong 'id,prediction\na,1\nb,0\nc,1\nd,0\n' 65 missing
check "a doubled row ends with 65 and its line" wrong 'id,prediction\na,1\na,1\nb,0\nc,1\nd,0\ne,1\n' 65 'line 3'
check "an unknown row ends with 65 and its line" wrong 'id,prediction\na,1\nb,0\nc,1\nd,0\ne,1\nf,1\n' 65 'line 7'
check "NaN ends with 65 and its line" wrong 'id,prediction\na,1\nb,NaN\nc,1\nd,0\ne,1\n' 65 'line 3'
check "a probability over 1 ends with 65 and its line" wrong 'id,prediction\na,1\nb,0\nc,1.5\nd,0\ne,1\n' 65 'line 4'
check "another header ends with 65" wrong 'id,predicted\na,1\n' 65 'prediction'
check "an unknown metric ends with 64" refused 64 'did you mean "roc_auc"' evaluate --truth a --pred b --metric roc_acu
check "a metric named twice ends with 64" refused 64 'named twice' evaluate --truth a --pred b --metric rmse,rmse
check "metrics of different kinds end with 64" refused 64 'different kinds' evaluate --truth "$work/truth.csv" --pred "$work/pred.csv" --metric roc_auc,rmse
check "no truth file ends with 66" refused 66 'nowhere.csv' evaluate --truth nowhere.csv --pred "$work/pred.csv" --metric roc_auc
printf 'id,y\na,1\nb,0\n' >"$work/plain.csv"
printf 'id,y,Usage\na,1,Public\nb,0,Public\n' >"$work/public.csv"
printf 'id,y\n' >"$work/empty.csv"
printf 'id,prediction\na,0.9\nb,0.1\n' >"$work/two.csv"
check "private rows of a truth without Usage end with 65" refused 65 'no column Usage' evaluate --truth "$work/plain.csv" --pred "$work/two.csv" --metric roc_auc --usage private
check "a truth without private rows ends with 65" refused 65 'none of the 2 rows is Private' evaluate --truth "$work/public.csv" --pred "$work/two.csv" --metric roc_auc --usage private
check "a truth without rows ends with 65" refused 65 'no rows' evaluate --truth "$work/empty.csv" --pred "$work/two.csv" --metric rmse
check "another usage ends with 64" refused 64 'all, public, private' evaluate --truth a --pred b --metric rmse --usage test
echo "1..$number"
[ "$failed" -eq 0 ]
