# The demo's script: what it lays out, what it says when something is in the way, how it ends.
# A stand-in that answers like `holdout` takes its place here; the real demo is a flow of its own.
cd "$(dirname "$0")/../.." || exit 1
. tests/examples/tap.sh
mkdir -p "$work/build/bin"
cp tests/examples/stand_in.py "$work/build/bin/holdout"
chmod +x "$work/build/bin/holdout"
port=$("$python" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
unset ONCE JSON FRESH PORT

demo() { # NAME=VALUE...: sets $code, $work/stdout, $work/stderr
    env BUILD="$work/build" ONCE=1 PORT="$port" "$@" timeout 60 examples/demo.sh \
        >"$work/stdout" 2>"$work/stderr"
    code=$?
    cat "$work/stdout" "$work/stderr"
}
says() { grep -q "$1" "$work/stderr"; }
nothing_runs() { ! pgrep -f "$work/build/bin/holdout" >/dev/null; }

first() {
    demo && [ "$code" -eq 0 ] && grep -q '^credit' "$work/stdout" &&
        says 'all 11 submissions ended as expected' && nothing_runs
}
laid_out() {
    [ "$(ls -d "$work"/build/demo/repos/*.git | wc -l)" -eq 11 ] &&
        [ "$(wc -l <"$work/build/demo/course/private/credit/solution.csv")" -eq 1781 ] &&
        [ "$(stat -c %a "$work/build/demo/course/private")" = 700 ] &&
        while IFS=, read -r _ _ repository _; do
            [ "$repository" = repository ] || [ -d "$work/build/demo/repos/${repository#file:}" ] ||
                return 1
        done <"$work/build/demo/course/teams.csv"
}
kept() {
    touch "$work/build/demo/mark" && demo && [ "$code" -eq 0 ] && [ -e "$work/build/demo/mark" ] &&
        ! says 'making the course'
}
fresh() { demo FRESH=1 && [ "$code" -eq 0 ] && [ ! -e "$work/build/demo/mark" ]; }
document() {
    demo JSON=1 && [ "$code" -eq 0 ] && says '^credit' && "$python" -c '
import json, sys
document = json.load(open(sys.argv[1]))
assert list(document) == ["course", "tasks"], document
assert [task["id"] for task in document["tasks"]] == ["credit", "houses"]
assert all(set(run) >= {"team", "state", "verdict"}
           for task in document["tasks"] for run in task["runs"])' "$work/stdout"
}
unexpected() {
    demo STAND_IN_WRONG=forever && [ "$code" -eq 1 ] && nothing_runs &&
        says 'forever (credit): expected failed_team cpu, got done ok'
}
missing_team() {
    demo STAND_IN_ENDS=2 STAND_IN_LACKS=magpie && [ "$code" -eq 69 ] && nothing_runs
}
dies() {
    demo STAND_IN_ENDS=1 STAND_IN_LACKS=magpie && [ "$code" -eq 69 ] &&
        says 'the service ended by itself' && says 'could not open the store'
}
taken() {
    "$python" -m http.server --bind 127.0.0.1 "$port" >/dev/null 2>&1 &
    pid=$!
    sleep 0.5
    demo
    kill "$pid"
    [ "$code" -eq 69 ] && says "port $port is in use" && says "make demo PORT=$((port + 1))"
}
bad_port() { demo PORT=web && [ "$code" -eq 64 ] && says 'PORT=web is not a port'; }
not_built() { demo BUILD="$work/none" && [ "$code" -eq 66 ] && says 'run: make demo'; }
stopped() { # by Ctrl-C or kill while it serves
    env BUILD="$work/build" PORT="$port" examples/demo.sh >"$work/stdout" 2>"$work/stderr" &
    pid=$!
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        if says 'the board: http'; then break; fi
        sleep 0.3
    done
    says "the board: http://127.0.0.1:$port/" && kill -TERM "$pid"
    wait "$pid"
    [ $? -eq 143 ] && nothing_runs
}

check "the demo ends with its board and leaves nothing running" first
check "course, truth and the repositories that teams.csv names are laid out" laid_out
check "a second run keeps the state" kept
check "FRESH=1 starts anew" fresh
check "JSON=1 leaves nothing but the document on stdout" document
check "a submission that ends otherwise is named and the exit code is 1" unexpected
check "a submission that never comes is not taken for success" missing_team
check "a service that ends by itself is reported with the end of its log" dies
check "a port in use is named together with what to do" taken
check "a bad port is refused" bad_port
check "a missing program is named together with what to do" not_built
check "a signal ends the service too" stopped
finish
