# holdout-ml agreement: published examples, texts, refusals.
. tests/core/cli/lib.sh

wrong() {
    code=$1 words=$2
    shift 2
    refused "$code" "$words" agreement "$@"
}

# Shrout & Fleiss (1979), table 2; its table 4 has the correlations
printf 'id,a,b,c,d\n1,9,2,5,8\n2,6,1,3,2\n3,8,4,6,8\n4,7,1,2,6\n5,10,5,6,9\n6,6,2,4,7\n' >"$work/six.csv"
correlations() {
    "$ml" agreement "$work/six.csv" --json | tee /dev/stderr | jq -e '[.icc11, .icc21, .icc31, .icc1k, .icc2k, .icc3k]
        | map(. * 100 | round) == [17, 29, 71, 44, 62, 91]'
}
# Krippendorff (2004): three raters with gaps, alpha 0.691 for names, 0.811 for distances
cat >"$work/gaps.csv" <<'END'
id,a,b,c
1,,1,
2,,,
3,,2,2
4,,1,1
5,,3,3
6,3,3,4
7,4,4,4
8,1,3,
9,2,,2
10,1,,1
11,1,,1
12,3,,3
13,3,,3
14,,,
15,3,,4
END
alphas() {
    "$ml" agreement "$work/gaps.csv" --level nominal | tee /dev/stderr | grep -q '^krippendorff_alpha  *0\.691' &&
        "$ml" agreement "$work/gaps.csv" | tee /dev/stderr | grep -q '^krippendorff_alpha  *0\.8108' &&
        ! "$ml" agreement "$work/gaps.csv" | grep -q icc # not of ratings with gaps
}
texts() { # 20 + 15 of 50 alike, by chance one half: kappa 0.4
    (echo id,x,y
    for i in $(seq 50); do
        [ "$i" -le 20 ] && echo "$i,yes,yes" || { [ "$i" -le 25 ] && echo "$i,yes,no"; } ||
            { [ "$i" -le 35 ] && echo "$i,no,yes"; } || echo "$i,no,no"
    done) >"$work/yes.csv"
    "$ml" agreement "$work/yes.csv" --json | tee /dev/stderr | jq -e '.level == "nominal" and .items == 50 and .cohen_kappa[0].a == "x"
        and (.cohen_kappa[0].value - 0.4 | fabs) < 1e-12 and .cohen_kappa[0].low < 0.4 and .cohen_kappa[0].high > 0.4
        and (.fleiss_kappa - 0.393939 | fabs) < 1e-3'
}
equal_ratings() {
    printf 'id,a,b\n1,2,2\n' >"$work/same.csv"
    "$ml" agreement "$work/same.csv" | tee /dev/stderr | grep -q '^krippendorff_alpha  *not defined' &&
        "$ml" agreement "$work/same.csv" --json | jq -e '.items == 1 and .krippendorff_alpha == null'
}
refusals() {
    printf 'id,a\n1,2\n' >"$work/one.csv"
    wrong 65 'two or more raters' "$work/one.csv" && wrong 64 'allowed are nominal' "$work/six.csv" --level names &&
        wrong 65 '--level ratio is for numbers' "$work/yes.csv" --level ratio && wrong 64 'one table' &&
        wrong 66 'No such file' "$work/nowhere.csv"
}
check "intraclass correlations are the published ones" correlations
check "Krippendorff's alpha is the published one, with gaps" alphas
check "texts have kappas of pairs and of all" texts
check "ratings that are all equal have no agreement beyond chance" equal_ratings
check "what cannot be measured is wrong" refusals
echo "1..$number"
[ "$failed" = 0 ]
