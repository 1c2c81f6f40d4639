# holdout-ml shakeup, release; any separator by a schema file.
. tests/core/cli/lib.sh

# a and c change places 1 and 3, b and d stay: 4 moves of 4 contenders
printf 'team,public,private\na,.83,.80\nb,.82,.81\nc,.81,.83\nd,.7,.71\n' >"$work/board.csv"
moved() {
    "$ml" shakeup "$work/board.csv" --json | tee /dev/stderr |
        jq -e '.contenders == 4 and .moved == 0.25 and .moved_best == 0.5 and .same_winner == false and .kendall_tau == 0'
}
check "places that moved are counted" moved
still() { "$ml" shakeup "$work/board.csv" --private public | tee /dev/stderr | grep -q '^same_winner  *yes'; }
check "a board beside itself did not move" still
turned() { "$ml" shakeup "$work/board.csv" --lower | tee /dev/stderr | grep -q '^same_winner  *yes'; }
check "with --lower the lowest one wins, d on both" turned
check "a column that is not there is named" refused 65 'no column "final": name it by --private' shakeup "$work/board.csv" --private final
check "a column of texts is no scores" refused 65 'cells that are no scores' shakeup "$work/board.csv" --private team
check "a share beyond 1 is refused" refused 64 'allowed are numbers from' shakeup "$work/board.csv" --share 2

printf 'score,train\n.70,.70\n.704,.75\n.72,.75\n.715,.80\n.76,.80\n' >"$work/subs.csv"
climbed() {
    "$ml" release "$work/subs.csv" --rule ladder --step 0.01 | tee /dev/stderr |
        cut -d, -f3 | tr '\n' ' ' | grep -q '^shown 0.7 0.7 0.72 0.72 0.76 $'
}
check "the Ladder shows what is better by more than a step" climbed
answered() { # without noise: near ones answer by the training score, the budget is for two
    "$ml" release "$work/subs.csv" --rule thresholdout --noise 0 --threshold 0.04 --budget 2 --json | tee /dev/stderr |
        jq -e '. == [0.7, 0.704, 0.75, 0.715, null]'
}
check "Thresholdout answers from held-out rows until its budget is used" answered
same() {
    "$ml" release "$work/subs.csv" --rule thresholdout --seed 5 >"$work/one" &&
        "$ml" release "$work/subs.csv" --rule thresholdout --seed 5 | cmp - "$work/one" &&
        ! "$ml" release "$work/subs.csv" --rule thresholdout --seed 6 | cmp -s - "$work/one"
}
check "its noise is the seed's" same
check "another rule is refused" refused 64 'allowed are ladder and thresholdout' release "$work/subs.csv" --rule rounded

printf 'x^y\n1,5^2\n"2^3"^3\n3.5^4\n' >"$work/caret.csv"
printf 'separator: "^"\ncolumns: [{name: x, kind: text}]\n' >"$work/caret.yaml"
caret() {
    "$ml" describe "$work/caret.csv" --schema "$work/caret.yaml" --json | tee /dev/stderr | jq -e '.columns | length == 2'
}
check "any separator is read when the schema file names it" caret
printf 'separator: "a"\n' >"$work/letter.yaml"
check "a letter is none" refused 78 'separator was "a"' describe "$work/caret.csv" --schema "$work/letter.yaml"
printf '{}\n' >"$work/empty.yaml"
check "a schema file that says nothing is refused" refused 78 'neither separator nor columns' describe "$work/caret.csv" --schema "$work/empty.yaml"

echo "1..$number"
[ "$failed" -eq 0 ]
