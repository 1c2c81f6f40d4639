# What the tests of holdout-ml share: a place to work in, sentences that are checked, refusals.
BUILD=${BUILD:-build}
ml=$BUILD/bin/holdout-ml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failed=0

check() { # check SENTENCE COMMAND...
    number=$((number + 1))
    sentence=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok $number - $sentence"
    else
        echo "not ok $number - $sentence"
        sed 's/^/# /' "$work/log" | tail -n 20
        failed=$((failed + 1))
    fi
}

# refused CODE WORDS ARGUMENTS...: this exit code, one line with these words on stderr, nothing on stdout
refused() {
    code=$1 words=$2
    shift 2
    "$ml" "$@" >"$work/out" 2>"$work/err"
    got=$?
    cat "$work/err"
    [ "$got" = "$code" ] || { echo "exit code $got, expected $code"; return 1; }
    [ ! -s "$work/out" ] || { echo "stdout was not empty"; return 1; }
    [ "$(wc -l <"$work/err")" = 1 ] || { echo "not one line"; return 1; }
    grep -qF -- "$words" "$work/err" || { echo "expected: $words"; return 1; }
}
