#!/bin/sh
# A team is graded in a directory environment and in an unpacked archive; what an environment lacks is said.
. tests/flows/lib.sh
. tests/flows/root.sh

course=$work/course
course_make "$course" nocode
root_make "$course/small"
# one file by which a program can tell where it is
echo packed >"$course/small/etc/where"
tar -C "$course/small" -cf - . | gzip >"$course/packed.tar.gz"
echo small >"$course/small/etc/where"
mkdir -p "$course/empty/usr"
sed -i '/^environments:/,/^[a-z]/{/^environments:/d;/^  /d}' "$course/course.yaml"
printf 'environments: {default: {root: host}, small: {root: small}, packed: {root: packed.tar.gz}}\n' >>"$course/course.yaml"

check "holdout check tries each environment" "$HOLDOUT" check "$course" --json
"$HOLDOUT" check "$course" --json >"$work/check.json" 2>/dev/null
check "it lists what teams can use in them" jq -e '[.environments[] | select(.runs and (.has | test("holdout-ml pipelines")))] | length == 3' "$work/check.json"
check "the host's compiler is found" jq -e '.environments[] | select(.name == "default") | .has | test("C with libholdout \\(")' "$work/check.json"
cp "$course/course.yaml" "$work/course.yaml"
sed -i 's/packed.tar.gz/empty/' "$course/course.yaml"
check "one without a C library is a mistake" sh -c "'$HOLDOUT' check '$course' 2>&1 | grep -q 'environment packed cannot be used: .*loader'"
cp "$work/course.yaml" "$course/course.yaml"

git clone -q "$work/repos/nocode.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
graded_in() { # environment: the team's newest commit wants it, and is graded
    sed -i '/^environment:/d;/^build:/d' "$work/clone/submission.yaml"
    printf 'environment: %s\nbuild: "read w < /etc/where; echo in $w"\n' "$1" >>"$work/clone/submission.yaml"
    (cd "$work/clone" && git commit -qam "in $1" && git push -q origin HEAD:main) >/dev/null 2>&1 || return 1
    "$HOLDOUT" grade "$course" --team nocode >"$work/grade.log" 2>&1
    run=$("$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[]][0].id')
    "$HOLDOUT" log "$course" "$run" --json >"$work/$1.json"
    cat "$work/grade.log"
    grep -q 'done ok' "$work/grade.log"
}
check "a team is graded in a directory" graded_in small
check "its programs see that directory" sh -c "jq -e '.steps[] | select(.name == \"build\") | .log_tail | test(\"in small\")' '$work/small.json'"
check "a team is graded in an unpacked archive" graded_in packed
check "its programs see what was packed" sh -c "jq -e '.steps[] | select(.name == \"build\") | .log_tail | test(\"in packed\")' '$work/packed.json'"
digest_in() { jq -r '.environment.sha256' "$course/state/receipts/$(jq -r .id "$work/$1.json").json"; }
check "the archive's digest stands in the receipt" sh -c "[ '$(digest_in packed)' = '$(sha256sum <"$course/packed.tar.gz" | cut -d' ' -f1)' ]"
check "the directory's too" sh -c "[ '$(digest_in small | wc -c)' = 65 ]"
check "the same again is taken over from the first" sh -c "'$HOLDOUT' grade '$course' --team nocode | grep -q 'done ok'"
again=$("$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[]][0].id')
check "all of its steps" sh -c "'$HOLDOUT' log '$course' $again --json | jq -e '[.steps[] | select(.name | IN(\"build\", \"train\", \"predict\"))] | all(.cached)'"

# another state of the directory is another environment
graded_in small >/dev/null 2>&1
before=$(digest_in small)
echo elsewhere >"$course/small/etc/where"
check "graded in the changed directory" sh -c "'$HOLDOUT' grade '$course' --team nocode | grep -q 'done ok'"
changed=$("$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[]][0].id')
check "nothing is taken over in a changed directory" sh -c "'$HOLDOUT' log '$course' $changed --json | jq -e '[.steps[] | select(.name | IN(\"build\", \"train\", \"predict\"))] | all(.cached | not)'"
check "its digest is another" sh -c "[ \"\$(jq -r .environment.sha256 '$course/state/receipts/$changed.json')\" != '$before' ]"
check "env-build takes names of packages alone" sh -c "'$HOLDOUT' env-build '$work/new' --packages 'a b' 2>&1 | grep -q 'names of Debian packages'"
check "env-build does not touch what is there" sh -c "'$HOLDOUT' env-build '$course/small' --mirror http://127.0.0.1:1 --suite none 2>&1 |
    grep -q 'is there already\|is installed\|needs root'"

# a mirror that never answers: whoever waits for it may stop
"$PYTHON" -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(60)' >"$work/mirror" &
mirror=$!
until [ -s "$work/mirror" ]; do sleep 0.1; done
for signal in TERM HUP; do
    "$HOLDOUT" env-build "$work/made" --template c --mirror "http://127.0.0.1:$(cat "$work/mirror")/debian" --suite bookworm \
        >"$work/build.log" 2>&1 &
    builder=$!
    until [ -d "$work/made.new" ] || ! kill -0 $builder 2>/dev/null; do sleep 0.1; done
    ended=0
    kill -$signal $builder
    wait $builder || ended=$?
    check "env-build interrupted by $signal says try again" test $ended = 75
    check "and leaves nothing" sh -c "cat '$work/build.log'; grep -q 'interrupted; nothing of' '$work/build.log' && ! ls -d '$work'/made*"
done
kill $mirror 2>/dev/null
check "a template that is none is refused" sh -c "'$HOLDOUT' env-build '$work/made' --template pyton 2>&1 | grep -q 'allowed are python, r and c'"
finish
