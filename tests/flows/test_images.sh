#!/bin/sh
# Container images as environments: laid out and used; what is hostile or broken is refused with what to do about it.
. tests/flows/lib.sh
. tests/flows/root.sh

course=$work/course
course_make "$course" nocode
mkdir "$work/root"
root_make "$work/root"
echo canary >"$course/canary"
check "images are made" sh -c "'$PYTHON' tests/flows/images.py '$work/root' '$course' >'$work/images'"
sed -i '/^environments:/,/^[a-z]/{/^environments:/d;/^  /d}' "$course/course.yaml"
cp "$course/course.yaml" "$work/bare.yaml"
named() { # the course names the images that match
    cp "$work/bare.yaml" "$course/course.yaml"
    {
        echo "environments:"
        echo "  default: {root: host}"
        grep -P "$1" "$work/images" | cut -f1 | while read -r name; do echo "  i-$(echo "$name" | tr . -): {root: $name}"; done
    } >>"$course/course.yaml"
}

tried() { # what holdout check says of each of them, in two courses' worth
    named "$1"
    "$HOLDOUT" check "$course" --json >"$work/check.json" 2>"$work/check.err"
    jq -r '.environments[] | [.name, .runs, .lacks] | @tsv' "$work/check.json"
}
tried '\t$' >"$work/right"
tried '\t.+$' >"$work/wrong"
tab=$(printf '\t')
while IFS="$tab" read -r name says; do
    id=i-$(echo "$name" | tr . -)
    if [ -z "$says" ]; then
        check "$name can be used" grep -q "^$id${tab}true" "$work/right"
    else
        check "$name: $says" sh -c "grep '^$id${tab}false' '$work/wrong' | tee /dev/stderr | grep -qF -- '$says'"
    fi
done <"$work/images"
check "nothing was written or removed outside" sh -c "[ \$(cat '$course/canary') = canary ] && ! find / '$work' /tmp -maxdepth 2 -name 'escaped*' | grep ."

named '^(docker.tar|oci-zstd.tar|layout)\t'
git clone -q "$work/repos/nocode.git" "$work/clone" 2>/dev/null
git -C "$work/clone" config user.email a@b.c
git -C "$work/clone" config user.name A
graded_in() { # environment: the team's newest commit wants it, and is graded
    sed -i '/^environment:/d;/^build:/d' "$work/clone/submission.yaml"
    printf 'environment: %s\nbuild: "echo MARK=$MARK LANG=$LANG HOME=$HOME PATH=$PATH"\n' "$1" >>"$work/clone/submission.yaml"
    (cd "$work/clone" && git commit -qam "in $1" && git push -q origin HEAD:main) >/dev/null 2>&1 || return 1
    "$HOLDOUT" grade "$course" --team nocode >"$work/grade.log" 2>&1
    run=$("$HOLDOUT" status "$course" --json | jq -r '[.tasks[].runs[]][0].id')
    "$HOLDOUT" log "$course" "$run" --json >"$work/$1.json"
    cat "$work/grade.log"
    grep -q 'done ok' "$work/grade.log"
}
check "a team is graded in an image" graded_in i-docker-tar
check "its variables reach the steps, ours in front" sh -c "jq -e '.steps[] | select(.name == \"build\") | .log_tail |
    contains(\"MARK=from the image LANG=C HOME=/tmp PATH=/opt/holdout/bin:/usr/local/bin:/usr/bin:/bin\")' '$work/i-docker-tar.json'"
check "and in the same as a layout with packed layers" graded_in i-oci-zstd-tar
check "and as a directory" graded_in i-layout
digest_in() { jq -r '.environment.sha256' "$course/state/receipts/$(jq -r .id "$work/$1.json").json"; }
check "however it was saved, it is one environment" sh -c "[ '$(digest_in i-docker-tar)' = '$(digest_in i-oci-zstd-tar)' ] &&
    [ '$(digest_in i-layout)' = '$(digest_in i-oci-zstd-tar)' ] && [ $(digest_in i-layout | wc -c) = 65 ]"
root=$(echo "$course"/state/cache/env/????????????????????????????????????????????????????????????????)
root=${root%% *}
check "layers lie over each other" sh -c "cd '$root' && [ \$(cat etc/first) = 1 ] && [ \$(cat etc/second) = 2 ] && [ -f data/new/../c ]"
check "what a layer removes is gone, what it adds is there" sh -c "cd '$root' && ! ls etc/removed data/a data/b 2>/dev/null &&
    [ -f data/c ] && [ -f etc/kept ] && ! find . -name '.wh.*' | grep ."
check "names go through links, inside" test -f "$root/etc/through"
check "hard links are links" test "$root/etc/first" -ef "$root/etc/first-again"
check "no device, no pipe, no set-user-id bit" sh -c "! find '$root' -type b -o -type p -o -type c -o -perm /6000 | grep ."
check "what the owner may read, all may" test "$(stat -c %a "$root/secret/key") $(stat -c %a "$root/data/new")" = "644 755"
check "directories that no entry names can be entered by all" test "$(stat -c %a "$root/data") $(stat -c %a "$root/secret")" = "755 755"
check "files keep their times" test "$(stat -c %Y "$root/etc/first")" = 1000000000
unpacked() { # with its size and digest, as the receipt has it
    "$HOLDOUT" doctor "$course" --json >"$work/doctor.json"
    jq -e --arg digest "$(digest_in i-layout)" '.environments[] | select(.name == "i-layout") | .runs and .sha256 == $digest and
        .bytes > 1000000 and .what == "image \(.what[6:])" and .has != "" and .lacks == ""' "$work/doctor.json"
}
check "the doctor tells of each environment" unpacked
check "in words, with what to do" sh -c "'$HOLDOUT' doctor '$course' | tee /dev/stderr | grep -A2 'i-docker-tar: image small:1, [0-9.]* MB' |
    grep -q 'sha256 $(digest_in i-layout)'"
shown() { # by the service, within 30 s
    for _ in $(seq 150); do
        curl -fsS "http://127.0.0.1:$port/api/v1/courses/demo-2026" >"$work/course.json" 2>&1
        jq -e "$1" "$work/course.json" && return 0
        sleep 0.2
    done
    cat "$work/course.json"
    return 1
}
service_start "$course" --slots 1
check "the service finds out what teams can use" shown '[.environments[] | select(.usable)] | length == 4 and all(.has | length > 0)'
check "its page says so" sh -c "curl -fsS 'http://127.0.0.1:$port/courses/demo-2026' | grep -q 'image small:1'"
check "for images the digest of their files" jq -e --arg digest "$(digest_in i-layout)" \
    '[.environments[] | select(.sha256 == $digest)] | length == 3' "$work/course.json"
cp "$work/bare.yaml" "$work/next.yaml"
printf 'environments: {default: {root: host}, broken: {root: cut}}\n' >>"$work/next.yaml"
cp "$work/next.yaml" "$course/course.yaml"
check "another course, another list" shown '[.environments[] | .name] == ["default", "broken"] and .environments[1].usable == false'
service_stop
check "nothing unfinished is left" sh -c "! ls '$course'/state/cache/env | grep new"
finish
