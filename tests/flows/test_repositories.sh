#!/bin/sh
# Repositories that are not as they should be: a state and a sentence, never a crash, never a lost result.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
repos=$work/repos
add_team() { printf '%s,%s,file:%s.git,credit\n' "$1" "$1" "$1" >>"$course/teams.csv"; }
commit_in() { # directory message
    git -C "$1" add -A && git -C "$1" -c user.email=a@b.c -c user.name=A commit -qm "$2" && git -C "$1" push -q origin HEAD:main
}
fresh() { # name: a clone of a new bare repository
    git init -q --bare -b main "$repos/$1.git" && git clone -q "$repos/$1.git" "$work/$1" 2>/dev/null
    add_team "$1"
}
fresh empty
fresh nosub && echo hello >"$work/nosub/README.md" && commit_in "$work/nosub" one
fresh typo && printf 'schema: 1\ntask: credit\nentry_points: {trian: ./train, predict: ./predict}\n' >"$work/typo/submission.yaml" && commit_in "$work/typo" one
fresh links && cp -R examples/teams/stumps/. "$work/links/" && ln -s /etc/passwd "$work/links/passwords" && commit_in "$work/links" one
fresh lfs && cp -R examples/teams/stumps/. "$work/lfs/" &&
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 12345\n' 7 >"$work/lfs/model.bin" && commit_in "$work/lfs" one
fresh borrowed && cp -R examples/teams/stumps/. "$work/borrowed/" && commit_in "$work/borrowed" one &&
    echo "$repos/cholesky.git/objects" >"$repos/borrowed.git/objects/info/alternates"
printf 'gone,Gone,file:gone.git,credit\n' >>"$course/teams.csv"
printf 'outside,Outside,file:///etc,credit\n' >>"$course/teams.csv"
printf 'stranger,Stranger,https://example.org/x/y,credit\n' >>"$course/teams.csv"

check "the service starts" service_start "$course"
check "what can be graded is graded" graded "$course" 120 6
repository() { # team
    "$PYTHON" -c "import sqlite3,sys; print(*sqlite3.connect('$course/state/store.db').execute('SELECT state, message FROM team WHERE id = ?', (sys.argv[1],)).fetchone())" "$1"
}
said() { # team pattern
    for _ in $(seq 50); do
        repository "$1" | grep -q "$2" && return 0
        sleep 0.1
    done
    repository "$1"
    return 1
}
ended() { # team "state verdict"
    got=$(state_of "$course" "$1")
    echo "$got"
    [ "$got" = "$2" ]
}
message() { # team pattern
    run=$("$HOLDOUT" status "$course" --json | jq -r --arg t "$1" '[.tasks[].runs[] | select(.team == $t)][0].id')
    "$HOLDOUT" log "$course" "$run" --json | grep -q "$2"
}
check "an empty repository is a state" said empty '^empty'
check "a missing repository is a state with a sentence" said gone '^[a-z]* .*[a-z]'
check "a file: address outside git.local is refused" said outside '^refused'
check "an address that git.allow does not have is refused" said stranger '^refused'
check "alternates are refused" said borrowed '^refused'
check "without submission.yaml the verdict says what to do" ended nosub 'failed_team submission'
check "a mistake in submission.yaml names the nearest word" message typo 'did you mean'
check "a link that leaves the tree is refused" ended links 'failed_team snapshot'
check "an LFS pointer is refused with its path" message lfs 'model.bin'
check "an honest team is graded beside all this" ended cholesky 'done ok'

score() { "$HOLDOUT" status "$course" --json | jq -r '.tasks[0].board[0].commit'; }
before=$(score)
git clone -q "$repos/cholesky.git" "$work/rewrite" 2>/dev/null
forced() {
    old=$(git -C "$work/rewrite" rev-parse HEAD)
    git -C "$work/rewrite" -c user.email=a@b.c -c user.name=A commit -q --amend --allow-empty -m "rewritten" &&
        git -C "$work/rewrite" push -qf origin HEAD:main || return 1
    new=$(git -C "$work/rewrite" rev-parse HEAD)
    for _ in $(seq 300); do
        [ "$(score)" = "$new" ] && return 0
        sleep 0.1
    done
    return 1
}
check "a force-pushed branch is graded as it is now" forced
history() { "$PYTHON" -c "import sqlite3; print(sqlite3.connect('$course/state/store.db').execute(\"SELECT count(*) FROM release WHERE team = 'cholesky'\").fetchone()[0])"; }
check "the earlier version's result stays" sh -c "[ $(history) = 2 ]"
tag() {
    git -C "$work/rewrite" tag -f submit/first HEAD~1 >/dev/null && git -C "$work/rewrite" push -qf origin submit/first &&
        sleep 2.5 && git -C "$work/rewrite" tag -f submit/first HEAD >/dev/null && git -C "$work/rewrite" push -qf origin submit/first
    for _ in $(seq 300); do
        n=$("$PYTHON" -c "import sqlite3; print(sqlite3.connect('$course/state/store.db').execute(\"SELECT count(*) FROM run r JOIN submission s ON s.id = r.submission WHERE s.ref = 'refs/tags/submit/first' AND r.ended_ms > 0\").fetchone()[0])")
        [ "$n" = 2 ] && return 0
        sleep 0.1
    done
    echo "$n runs of the tag"
    return 1
}
check "a tag that moves gives a second run and loses none" tag
service_stop
finish
