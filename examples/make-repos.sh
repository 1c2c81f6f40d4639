#!/bin/sh
# Makes one bare Git repository a team from examples/teams:  make-repos.sh OUTDIR [TEAM…]
# Authors come from course/roster.csv, dates are fixed: the same files give the same commits.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 1 ]; then
    echo "usage: make-repos.sh OUTDIR [TEAM...]" >&2
    exit 64
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- $(cd "$here/teams" && echo *)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# nothing of the user's or the machine's Git settings reaches these repositories
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export HOME="$work" TZ=UTC

repository() {
    git -c core.bare=false -C "$work/tree" --git-dir="$work/new.git" --work-tree="$work/tree" "$@"
}

# commit MESSAGE MEMBER DATE PATH...: commits those paths that exist
commit() {
    message=$1 date=$3
    name=$(echo "$2" | cut -d, -f4)
    mail=$(echo "$2" | cut -d, -f2)@students.example.edu
    shift 3
    for path in "$@"; do
        [ ! -e "$work/tree/$path" ] || repository add -- "$path"
    done
    if repository diff --cached --quiet; then return 0; fi
    GIT_AUTHOR_NAME=$name GIT_AUTHOR_EMAIL=$mail GIT_AUTHOR_DATE=$date \
        GIT_COMMITTER_NAME=$name GIT_COMMITTER_EMAIL=$mail GIT_COMMITTER_DATE=$date \
        repository commit -q -m "$message"
}

for team in "$@"; do
    if [ ! -d "$here/teams/$team" ] || ! grep -q "^$team," "$here/course/teams.csv"; then
        echo "make-repos.sh: no team \"$team\"; there are: $(cd "$here/teams" && echo *)" >&2
        exit 66
    fi
    rm -rf "$work/tree" "$work/new.git"
    cp -R "$here/teams/$team" "$work/tree"
    find "$work/tree" -name __pycache__ -prune -exec rm -rf {} +
    minute=$(awk -F, -v t="$team" '$1 == t { print NR + 10 }' "$here/course/teams.csv")
    one=$(awk -F, -v t="$team" '$5 == t' "$here/course/roster.csv" | sed -n 1p)
    two=$(awk -F, -v t="$team" '$5 == t' "$here/course/roster.csv" | sed -n 2p)
    git init -q --bare --template= -b main "$work/new.git"
    commit "Start the repository" "$one" "2026-02-09T09:$minute:00+0100" README.md
    commit "First version of the model" "$two" "2026-02-09T15:$minute:30+0100" \
        $(cd "$work/tree" && ls -A | grep -vx -e README.md -e submission.yaml -e report)
    commit "Write down why" "$two" "2026-02-10T11:$minute:05+0100" report
    commit "Hand in" "$one" "2026-02-10T16:$minute:45+0100" submission.yaml
    rm -rf "$work/new.git/index" "$work/new.git/logs" "$work/new.git/COMMIT_EDITMSG"
    rm -rf "${out:?}/$team.git"
    mv "$work/new.git" "$out/$team.git"
done
