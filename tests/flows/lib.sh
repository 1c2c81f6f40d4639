# What the flow tests share: TAP, a course of their own, the service started and ended. Sourced, not run.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=$(cd "${BUILD:-build}" && pwd -P)
HOLDOUT=$BUILD/bin/holdout
PYTHON=/usr/bin/python3
count=0
failures=0
service=
work=$(mktemp -d /tmp/holdout-flow-XXXXXX)
chmod 755 "$work"

# check "sentence" command...: the command's exit code is the result
check() {
    sentence=$1
    shift
    count=$((count + 1))
    if "$@" >"$work/check.log" 2>&1; then
        echo "ok $count - $sentence"
    else
        echo "not ok $count - $sentence"
        sed 's/^/#   /' "$work/check.log" | tail -n 20
        failures=$((failures + 1))
    fi
}

skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# the service of course $1 (and more arguments) on a free port, in the background; its pid is $service, its port $port
service_start() {
    port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$HOLDOUT" serve "$@" --listen "127.0.0.1:$port" >>"$work/serve.log" 2>&1 &
    service=$!
    tries=0
    until curl -fsS "http://127.0.0.1:$port/healthz" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -gt 100 ] || ! kill -0 "$service" 2>/dev/null; then
            echo "# the service did not start:"
            tail -n 20 "$work/serve.log" | sed 's/^/#   /'
            return 1
        fi
        sleep 0.1
    done
}

service_stop() {
    [ -n "$service" ] || return 0
    kill "-${1:-TERM}" "$service" 2>/dev/null
    wait "$service" 2>/dev/null
    service=
}

# until no run of course $1 is left to grade, at most $2 seconds
graded() {
    end=$(($(date +%s) + $2))
    while [ "$(date +%s)" -lt "$end" ]; do
        # one document: two looks could see a run end and another begin between them
        set -- "$1" "$2" "${3:-1}" $("$HOLDOUT" status "$1" --json 2>/dev/null | jq -r '.pending, ([.tasks[].runs[]] | length)')
        [ "${4:-1}" = 0 ] && [ "${5:-0}" -ge "$3" ] && return 0
        sleep 0.2
    done
    echo "still ${4:-?} to grade after $2 s, ${5:-?} runs"
    tail -n 5 "$work/serve.log"
    return 1
}

# a small course in $1 with the demo's data and only the teams named behind it
course_make() {
    course=$1
    shift
    mkdir -p "$course" || return 1
    cp -R examples/course/. "$course/"
    "$PYTHON" examples/split.py examples/data/credit_data.csv "$course" --task credit --target bad --kind binary >/dev/null &&
        "$PYTHON" examples/split.py examples/data/ames.csv "$course" --task houses --target Sale_Price --kind regression >/dev/null &&
        chmod 700 "$course/private" && examples/make-repos.sh "$course/../repos" >/dev/null || return 1
    {
        head -n 1 examples/course/teams.csv
        for team in "$@"; do
            grep "^$team," examples/course/teams.csv
        done
    } >"$course/teams.csv"
    rm -f "$course/roster.csv" # it names students of all teams
    sed -i "/^    baselines:/d" "$course/course.yaml" # six runs more: for those who ask for them
}

state_of() { # course team
    "$HOLDOUT" status "$1" --json | jq -r --arg t "$2" '[.tasks[].runs[] | select(.team == $t)][0] | .state + " " + .verdict'
}

finish() {
    service_stop
    chmod -R u+rwX "$work" 2>/dev/null
    rm -rf "$work"
    echo "1..$count"
    exit $((failures > 0))
}
trap 'service_stop KILL; rm -rf "$work"' INT TERM
