#!/bin/sh
# A Git server that says nothing: it is told as unreachable, and nobody else waits for it.
. tests/flows/lib.sh

course=$work/course
course_make "$course" doorstep
keys=$work/keys
mkdir -p "$keys" "$course/secrets/grader/localhost"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$keys/cert.key" -out "$keys/cert.pem" \
    -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1
cp "$keys/cert.pem" "$course/secrets/grader/localhost/ca.pem"
mkfifo "$keys/in"
"$PYTHON" -I tests/grader/source/server.py stall "$work/repos" "$keys" <"$keys/in" >"$keys/port" &
exec 9>"$keys/in"
until [ -s "$keys/port" ]; do sleep 0.05; done
silent=https://localhost:$(cat "$keys/port")
sed -i "s|allow: \[\]|allow: ['$silent/*'], allow_private: true|" "$course/course.yaml"
printf 'mute,Mute,%s/mute.git,credit\nmuter,Muter,%s/muter.git,credit\n' "$silent" "$silent" >>"$course/teams.csv"

inbox() { "$PYTHON" -c "import sqlite3,sys; print(*(sqlite3.connect('$course/state/inbox.db').execute(sys.argv[1]).fetchone() or ['']))" "$1"; }
asked() { # until so many requests are there
    for _ in $(seq 100); do
        [ "$(inbox "SELECT count(*) FROM event WHERE kind = 'request'")" -ge "$1" ] && return 0
        sleep 0.1
    done
    return 1
}
answer() { # the event that answers the request of a team
    inbox "SELECT a.seq FROM event r JOIN event a ON a.once = 'request ' || r.seq WHERE r.kind = 'request' AND json_extract(r.body, '\$.team') = '$1'"
}

check "the service starts" service_start "$course"
check "who can be reached is graded meanwhile" graded "$course" 60 1
"$HOLDOUT" grade "$course" --team mute >"$work/mute.log" 2>&1 &
mute=$!
check "somebody asks for the silent one" asked 1
check "a request behind it is answered" sh -c "'$HOLDOUT' grade '$course' --team doorstep | grep -q 'done ok'"
wait $mute
check "the silent one is refused with words" grep -q 'silent\|answer\|time' "$work/mute.log"
later() { [ -n "$(answer doorstep)" ] && [ "$(answer mute)" -gt "$(answer doorstep)" ]; }
check "after the one behind it was answered" later
state() { "$PYTHON" -c "import sqlite3; print(*[r[0] for r in sqlite3.connect('$course/state/store.db').execute(\"SELECT state FROM team WHERE id LIKE 'mute%'\")])"; }
told() {
    for _ in $(seq 600); do
        [ "$(state)" = "unreachable unreachable" ] && return 0
        sleep 0.1
    done
    state
    return 1
}
check "both are told as unreachable" told
service_stop
exec 9>&-
finish
