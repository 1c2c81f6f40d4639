# Sourced by the test scripts beside it: check SENTENCE COMMAND... prints one TAP line.
number=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1

check() {
    number=$((number + 1))
    sentence=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok $number - $sentence"
    else
        echo "not ok $number - $sentence"
        sed 's/^/# /' "$work/out" | tail -n 20
        failed=$((failed + 1))
    fi
}

finish() {
    echo "1..$number"
    [ "$failed" -eq 0 ]
    exit
}
