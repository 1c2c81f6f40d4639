#!/bin/sh
# What runs come to is told to the forge of each repository and to webhooks, whatever these answer, and nothing is lost.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky semicolon
forge=$work/forge
mkdir -p "$forge" "$work/served/uni" "$course/secrets/grader/localhost" "$course/secrets/grader/webhooks"
mv "$work"/repos/cholesky.git "$work"/repos/semicolon.git "$work/served/uni/"
(cd "$forge" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout cert.key -out cert.pem \
    -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost) >/dev/null 2>&1
mkfifo "$forge/in"
"$PYTHON" -I tests/grader/outbound/forge.py "$work/served" "$forge" <"$forge/in" >"$forge/port" &
exec 9>"$forge/in"
until [ -s "$forge/port" ]; do sleep 0.05; done
forge_port=$(cat "$forge/port")
cp "$forge/cert.pem" "$course/secrets/grader/localhost/ca.pem"
echo f0rge-t0ken >"$course/secrets/grader/localhost/status-token"
echo "whsec_$(printf 0123456789abcdef0123456789abcdef | base64)" >"$course/secrets/grader/webhooks/chat"
sed -i "s|^git: {local: ../repos, allow: \[\]|git: {allow: ['https://localhost:$forge_port/uni/*'], allow_private: true|" "$course/course.yaml"
sed -i "s|file:\(.*\).git,|https://localhost:$forge_port/uni/\1.git,|" "$course/teams.csv"
cat >>"$course/course.yaml" <<END
announce:
  statuses: true
  url: http://board.example/
  allow_private: true
  forges: [{host: localhost, kind: forgejo}]
  webhooks: [{name: chat, url: "https://localhost:$forge_port/hook", events: [run.ended, board.changed]}]
END

posts() { # a program over the list p of what was posted; exits by its value
    "$PYTHON" -c "import json,sys
p = [json.loads(l) for l in open('$forge/posts')] if __import__('os').path.exists('$forge/posts') else []
of = lambda team: [x['body'] for x in p if x['kind'] == 'gitea' and '/' + team + '/' in x['path']]
for x in p: print(json.dumps(x))
sys.exit(not ($1))"
}
soon() { # the same within 20 seconds
    for _ in $(seq 100); do
        posts "$1" >/dev/null && return 0
        sleep 0.2
    done
    posts "$1"
}
commit() { git -C "$work/served/uni/$1.git" rev-parse main; }

check "the course is fine" "$HOLDOUT" check "$course"
check "the service starts" service_start "$course"
check "both teams are graded" graded "$course" 60 2
check "a pending status comes first, then the end" soon "[x['state'] for x in of('cholesky')][:1] == ['pending'] and of('cholesky')[-1]['state'] == 'success'"
check "the status is that of the commit, in the task's context" posts "any(x['path'].endswith('/repos/uni/cholesky/statuses/$(commit cholesky)') and x['body']['context'] == 'holdout/credit' for x in p)"
score() { "$HOLDOUT" status "$course" --json | jq -r '[.tasks[].board[] | select(.team == "cholesky")][0].score'; }
check "the description has the released score, as the board has it" posts "of('cholesky')[-1]['description'].startswith('roc_auc %.3f ' % $(score))"
check "the address leads to the run's page" posts "of('cholesky')[-1]['target_url'].startswith('http://board.example/courses/demo-2026/runs/')"
check "the team's fault is a failure, in words" soon "of('semicolon')[-1]['state'] == 'failure' and len(of('semicolon')[-1]['description']) > 20"
check "webhooks tell of both runs and of the board, signed" soon "len([x for x in p if x['kind'] == 'hook' and x['body'].get('type') == 'run.ended']) == 2 and any(x['body'].get('type') == 'board.changed' for x in p)"
check "no field was other than the forge has it" posts "all(not x['faults'] for x in p)"
check "no token is in the store, a log or what commands print" sh -c "! grep -rqa -e f0rge-t0ken -e whsec_ '$course/state' '$work/serve.log'"
dead() { "$HOLDOUT" outbox "$course" --dead --json | jq -r '.rows[] | .error'; }
refused() {
    echo 401 >"$forge/mode"
    "$HOLDOUT" grade "$course" --team semicolon >/dev/null 2>&1
    for _ in $(seq 100); do
        dead | grep -q 'status 401: the token was refused: Bad credentials' &&
            dead | grep -q 'status 401: the receiver refused it' && return 0
        sleep 0.1
    done
    dead
    return 1
}
check "what the forge refuses is dead, with the reason" refused
posts "True" >/dev/null
seen=$(grep -c . "$forge/posts")
echo ok >"$forge/mode"
check "a dead row is sent again when somebody asks for it" "$HOLDOUT" outbox "$course" --retry all
check "a webhook goes under the same id" soon "len(p) > $seen and len({x['id'] for x in p if x['kind'] == 'hook'}) < len([x for x in p if x['kind'] == 'hook'])"
empty() {
    for _ in $(seq 50); do
        [ -z "$(dead)" ] && return 0
        sleep 0.1
    done
    return 1
}
check "nothing is dead any more" empty
service_stop
exec 9>&-
finish
