#!/bin/sh
# What "make demo" runs after building: lays out the demo course, serves it, shows how it is graded.
#   BUILD=build  PORT=8080  ONCE=1 end after the board  JSON=1 a document on stdout  FRESH=1 anew
set -u
here=$(cd "$(dirname "$0")" && pwd)
BUILD=${1:-${BUILD:-$here/../build}}
PORT=${PORT:-8080}
demo=$BUILD/demo
holdout=$BUILD/bin/holdout
python=/usr/bin/python3
[ -x "$python" ] || python=python3

say() {
    printf '%s\n' "$*" >&2
}

stop() {
    code=$1
    shift
    say "demo: $*"
    exit "$code"
}

case $PORT in
'' | *[!0-9]* | ??????*) stop 64 "PORT=$PORT is not a port; give a number from 1 to 65535" ;;
esac
[ -x "$holdout" ] || stop 66 "$holdout is not there; run: make demo"

# in the end nothing may be left running, whatever ends us
server=
ended() {
    trap - EXIT INT TERM HUP
    if [ -n "$server" ] && kill -0 "$server" 2>/dev/null; then
        kill -TERM "$server" 2>/dev/null
        wait "$server" 2>/dev/null
    fi
    exit "$1"
}
trap 'ended $?' EXIT
trap 'ended 130' INT
trap 'ended 143' TERM HUP

"$python" - "$PORT" <<'PORTCHECK' || stop 69 "port $PORT is in use on 127.0.0.1, perhaps by this \
demo in another window; end that, or take another port: make demo PORT=$((PORT + 1))"
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("127.0.0.1", int(sys.argv[1])))
except OSError:
    sys.exit(1)
PORTCHECK

if [ "${FRESH:-}" = 1 ] && [ -e "$demo" ]; then
    rm -rf "$demo" || stop 77 "could not remove $demo; was it made by another user?"
fi
if [ ! -e "$demo/course/course.yaml" ]; then
    say "making the course and the teams' repositories in $demo"
    rm -rf "$demo.new" "$demo" && mkdir -p "$demo.new" &&
        cp -R "$here/course" "$demo.new/course" &&
        "$python" "$here/split.py" "$here/data/credit_data.csv" "$demo.new/course" \
            --task credit --target bad --kind binary &&
        "$python" "$here/split.py" "$here/data/ames.csv" "$demo.new/course" \
            --task houses --target Sale_Price --kind regression &&
        chmod 700 "$demo.new/course/private" &&
        "$here/make-repos.sh" "$demo.new/repos" &&
        mv "$demo.new" "$demo" || stop 66 "could not make the course in $demo"
fi

"$holdout" serve "$demo/course" --listen "127.0.0.1:$PORT" 2>>"$demo/serve.log" >&2 &
server=$!
set -- --course "$demo/course" --holdout "$holdout" --expected "$here/expected.tsv" \
    --server "$server" --log "$demo/serve.log"
[ "${JSON:-}" = 1 ] && set -- "$@" --json
"$python" "$here/board.py" "$@"
code=$?
[ "$code" -le 1 ] || exit "$code"
[ "${ONCE:-}" = 1 ] && exit "$code"
say "
the board: http://127.0.0.1:$PORT/   (Ctrl-C ends; what happened is in $demo/serve.log)"
wait "$server"
code=$?
server=
say "demo: the service ended by itself; the end of $demo/serve.log:"
tail -n 5 "$demo/serve.log" >&2
exit "$code"
