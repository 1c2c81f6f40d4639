# holdout-ml evaluate: each kind of target from its files, values, options, exit codes, messages.
. tests/core/cli/lib.sh

wrong() {
    code=$1 words=$2
    shift 2
    refused "$code" "$words" evaluate "$@"
}

rows() { # rows NAME LINE...: a file of these lines
    name=$1
    shift
    printf '%s\n' "$@" >"$work/$name"
}

# values FILTER ARGUMENTS...: jq says yes to the metrics
values() {
    filter=$1
    shift
    "$ml" evaluate "$@" --json >"$work/out.json" 2>"$work/err" || { cat "$work/err"; return 1; }
    cat "$work/out.json"
    jq -e "def near(x): (. - x) | fabs < 1e-12; .metrics | $filter" "$work/out.json"
}

# wrong CODE WORDS ARGUMENTS...: this exit code, one line with these words on stderr, nothing on stdout
rows ranking.csv query,item,relevance,Usage q,a,3,Public q,b,0,Public q,c,1,Public r,a,1,Private r,b,0,Private s,a,0,Public
rows scores.csv query,item,score r,a,0 r,b,1 q,a,2 q,b,3 q,c,1 s,a,9
ranking="--truth $work/ranking.csv --pred $work/scores.csv"
check "rankings" values '(."ndcg@1".value | near(0)) and (.mrr.value | near(0.5)) and .mrr.n == 2 and (.mrr.note | test("1 of 3"))' \
    $ranking --kind ranking --metric ndcg@1,mrr
check "the private queries alone" values '(.mrr.value | near(0.5)) and .mrr.n == 1' $ranking --usage private --metric mrr
check "an option k is that of the name" values '(.query_precision.value | near(0.5))' $ranking --metric query_precision --set k=2

rows forecast.csv id,y,series,time a,5,s,2 b,3,s,1 c,8,t,1
rows quantiles.csv id,q0.1,q0.5,q0.9 a,3,4,5 b,3,4,6 c,1,2,3
rows past.csv y,series 1,s 3,s 2,s 9,t
forecast="--truth $work/forecast.csv --pred $work/quantiles.csv --history $work/past.csv"
check "forecasts with series, time, quantiles and history" values \
    '(.mase.value | near(2 / 3)) and (.interval_coverage.value | near(2 / 3)) and (.relative_mae.value | near(1.6)) and (.mae.value | near(8 / 3))' \
    $forecast --kind forecast --metric mase,interval_coverage,relative_mae,mae
check "a season" values '(.mase.value | near(1))' $forecast --season 2 --metric mase
rows one.csv id,y,series,time a,5,s,2 b,3,s,1 c,8,s,3 d,1,s,4
rows said_one.csv id,prediction a,4 b,4 c,2 d,2
check "one series has intervals, its history is that of its name" values \
    '(.mase.value | near(9 / 4 / 1.5)) and .mase.low < .mase.value and .rmse.low < .rmse.value' \
    --truth "$work/one.csv" --pred "$work/said_one.csv" --history "$work/past.csv" --kind forecast --metric mase,rmse
check "without a history it is asked for" values '.mase.value == null and (.mase.note | test("history"))' \
    --truth "$work/forecast.csv" --pred "$work/quantiles.csv" --metric mase

rows labels.csv id,x,y,z a,1,0,0 b,0,1,1
rows said.csv id,z,y,x a,0.1,0.9,0.8 b,1,0.6,0
check "labels" values '(.subset_accuracy.value | near(0.5)) and (.multilabel_f1_micro.value | near(6 / 7)) and (.coverage_error.value | near(2))' \
    --truth "$work/labels.csv" --pred "$work/said.csv" --kind multilabel \
    --metric subset_accuracy,multilabel_f1_micro,coverage_error

rows classes.csv id,y 1,a 2,a 3,b 4,b
rows clusters.csv id,cluster 4,7 3,7 2,x 1,x
rows features.csv id,u,v 1,0,0 2,0,1 3,5,0 4,5,1
check "clusters" values '(.adjusted_rand_index.value | near(1)) and (.silhouette.value | near(0.8019609728144304))' \
    --truth "$work/classes.csv" --pred "$work/clusters.csv" --features "$work/features.csv" --kind clustering \
    --metric adjusted_rand_index,silhouette

rows boxes.csv id,class,x1,y1,x2,y2 i,cat,0,0,10,10 j,dog,5,5,20,20 k,,,,,
rows found.csv id,class,score,x1,y1,x2,y2 i,cat,0.9,0,0,10,9 j,dog,0.8,100,100,120,120 k,cow,0.5,0,0,1,1
check "boxes" values '(.coco_ap50.value | near(0.5)) and (.coco_ap.value | near(0.45)) and (.coco_ap.note | test("1 boxes are of classes"))' \
    --truth "$work/boxes.csv" --pred "$work/found.csv" --kind detection --metric coco_ap50,coco_ap

rows patients.csv id,y,patient,sex a,1,p,f b,0,p,f c,1,q,m d,0,q,m
rows risks.csv id,prediction a,0.9 b,0.8 c,0.2 d,0.1
patients="--truth $work/patients.csv --pred $work/risks.csv --target y"
check "groups and attributes" values '.accuracy.value == 0.5 and .demographic_parity_difference.value == 1' \
    $patients --group patient --attribute sex --metric accuracy,demographic_parity_difference
check "values alone" values '.brier.value > 0 and .brier.low == null' $patients --group patient --attribute sex --no-interval --metric brier
check "a missing pair is 65 with its query and item" wrong 65 'scores.csv: 1 id missing (id "q,c")' \
    --truth "$work/ranking.csv" --pred "$(grep -v q,c "$work/scores.csv" >"$work/fewer.scores.csv"; echo "$work/fewer.scores.csv")" --metric mrr
check "a file of another kind is 65" wrong 65 'no column "query"' --truth "$work/classes.csv" --pred "$work/scores.csv" --metric mrr
check "a history that is not there is 66" wrong 66 'nowhere.csv' --truth "$work/forecast.csv" --pred "$work/quantiles.csv" \
    --history "$work/nowhere.csv" --metric mase
check "an unknown kind is 64" wrong 64 'did you mean "ranking"' $ranking --kind rankign --metric mrr
check "a metric of another kind is 64" wrong 64 'does not measure this kind' $ranking --kind regression --metric mrr
check "two kinds are 64" wrong 64 'measure different kinds' $ranking --metric mrr,silhouette
check "a metric twice is 64" wrong 64 '"ndcg@3" was named twice' $ranking --metric ndcg@2,ndcg@3,ndcg@3
check "k for a metric without one is 64" wrong 64 'a whole number from 1' $ranking --metric r_precision@3
check "an unknown option is 64" wrong 64 'unknown option "kk"' $ranking --metric mrr --set kk=3
check "an option without a value is 64" wrong 64 'is no NAME=VALUE' $ranking --metric mrr --set k
echo "1..$number"
[ "$failed" = 0 ]
