#!/bin/sh
# From a forge's webhook to a run, although polling would take long; bots, due times and secrets.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
secret="only the forge knows this"
token="t0ken-of-the-robot"
mkdir -p "$course/secrets/web" "$course/secrets/grader/git.example.org"
chmod -R go= "$course/secrets"
echo "$secret" >"$course/secrets/web/github"
echo "robot:$token" >"$course/secrets/grader/git.example.org/token"
chmod 600 "$course/secrets/web/github" "$course/secrets/grader/git.example.org/token"
sed -i 's/poll_s: 1\b/poll_s: 3600/' "$course/course.yaml"
check "the course passes holdout check" "$HOLDOUT" check "$course"
check "the service starts" service_start "$course"
check "both teams are graded" graded "$course" 90 2

store() { "$PYTHON" -c "import sqlite3,sys; print(*[' '.join(map(str, r)) for r in sqlite3.connect('$course/state/store.db').execute(sys.argv[1])], sep='\n')" "$1"; }
git clone -q "$work/repos/cholesky.git" "$work/clone" 2>/dev/null
commit_as() { # author
    (cd "$work/clone" && echo >>README.md && git -c user.email=a@b.c -c user.name="$1" commit -qam "by $1" && git push -q origin HEAD:main) >/dev/null 2>&1
    commit=$(git -C "$work/clone" rev-parse HEAD)
    PUSHED=$(date +%s)
    export PUSHED
}
deliver() { # secret [forge]: the status of the newest commit's webhook
    "$PYTHON" - "$1" "$commit" "${2:-github}" "http://127.0.0.1:$port/webhooks/${2:-github}/demo-2026" <<'PY'
import hashlib, hmac, json, os, sys, time, urllib.error, urllib.request
secret, commit, forge, url = sys.argv[1:]
pushed = int(os.environ["PUSHED"])
body = json.dumps({"ref": "refs/heads/main", "before": "0" * 40, "after": commit,
                   "repository": {"clone_url": "file:cholesky.git", "pushed_at": pushed}}).encode()
sign = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
headers = {"X-GitHub-Event": "push", "X-GitHub-Delivery": commit, "X-Hub-Signature-256": "sha256=" + sign}
if forge == "gitea":
    headers = {"X-Gitea-Event": "push", "X-Gitea-Delivery": commit, "X-Gitea-Signature": sign}
request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as refused:
    print(refused.code)
PY
}
until_store() { # query answer
    for _ in $(seq 200); do
        [ "$(store "$1")" = "$2" ] && return 0
        sleep 0.1
    done
    echo "found: $(store "$1")"
    return 1
}
sleep 1.2 # a forge counts in seconds: this one lies behind our last look
commit_as Ada
check "a wrong signature is refused" sh -c "[ $(deliver 'a guess') = 403 ]"
check "and starts nothing" sh -c "[ \"$(store "SELECT count(*) FROM ref WHERE commit_id = '$commit'")\" = 0 ]"
status=$(deliver "$secret")
check "a signed push is accepted" sh -c "echo $status; [ $status = 202 ]"
check "and makes its run begin, long before the next poll" until_store "SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission WHERE s.commit_id = '$commit' AND r.started_ms > 0" 1
check "lateness is judged by the forge's time" until_store "SELECT pushed_ms > 0 AND judged_ms = pushed_ms AND judged_ms > not_seen_ms AND judged_ms <= received_ms FROM submission WHERE commit_id = '$commit'" 1
check "a redelivery is accepted" sh -c "[ $(deliver "$secret") = 202 ]"
check "the team's page tells of the webhook" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/teams/cholesky | grep -q 'webhook'"

# started as root, the web is lent what is added while it runs
added() {
    (umask 077 && echo "a secret of later" >"$course/secrets/web/gitea")
    for _ in $(seq 100); do
        status=$(deliver "a secret of later" gitea)
        [ "$status" = 202 ] && return 0
        sleep 0.1
    done
    echo "status $status"
    return 1
}
check "a secrets file that is added while the service runs is read" added

commit_as "github-classroom[bot]"
deliver "$secret" >"$work/status"
check "a bot's commit is seen" until_store "SELECT count(*) FROM ref WHERE commit_id = '$commit'" 1
check "and not graded" sh -c "[ \"$(store "SELECT count(*) FROM submission WHERE commit_id = '$commit'")\" = 0 ]"
check "the team's page says why" sh -c "curl -fsS http://127.0.0.1:$port/courses/demo-2026/teams/cholesky | grep -q 'github-classroom\[bot\]'"

due=$("$PYTHON" -c 'import time; print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2)))')
sed -i "0,/due: [^,]*/s//due: $due/" "$course/course.yaml" # taken up while the service runs
check "the state at the due time is pinned for each team" until_store "SELECT count(DISTINCT team) FROM deadline" 2
check "as it was then" until_store "SELECT commit_id FROM deadline WHERE team = 'cholesky' AND ref = 'refs/heads/main'" "$commit"
check "no secret stands in store, inbox or log" sh -c "! grep -rqF -e '$secret' -e '$token' '$course/state' '$work/serve.log'"
service_stop
finish
