# The demo's repositories: the same commits everywhere, a history by several people, nothing odd.
cd "$(dirname "$0")/../.." || exit 1
. tests/examples/tap.sh
teams=$(cd examples/teams && echo *)

each() { # COMMAND...: for every team's repository, in $repo and $team
    for team in $teams; do
        repo=$work/a/$team.git
        "$@" || { echo "$team"; return 1; }
    done
}
heads() {
    for team in $teams; do
        git --git-dir="$1/$team.git" rev-parse "refs/heads/main" || return 1
    done
}
same_heads() {
    heads "$work/a" >"$work/heads.a" && heads "$work/b" >"$work/heads.b" &&
        cmp "$work/heads.a" "$work/heads.b"
}
history() {
    commits=$(git --git-dir="$repo" rev-list --count main)
    authors=$(git --git-dir="$repo" log --format=%an main | sort -u | wc -l)
    dates=$(git --git-dir="$repo" log --format=%at main | sort -u | wc -l)
    [ "$commits" -ge 2 ] && [ "$authors" -ge 2 ] && [ "$dates" -eq "$commits" ]
}
in_roster() {
    git --git-dir="$repo" log --format=%an main | sort -u | while read -r name; do
        grep -q ",$name,$team," examples/course/roster.csv || exit 1
    done
}
in_order() {
    git --git-dir="$repo" log --format='%at %ct' main |
        awk '$1 != $2 || (NR > 1 && $1 >= last) { bad = 1 } { last = $1 } END { exit bad }'
}
whole() {
    git --git-dir="$repo" fsck --strict --no-dangling
}
complete() {
    rm -rf "$work/tree" && mkdir "$work/tree" &&
        git --git-dir="$repo" archive main | tar -x -C "$work/tree" &&
        diff -r "$work/tree" "examples/teams/$team" && runnable_alike
}
runnable_alike() {
    (cd "$work/tree" && find . -type f -perm -100 | sort) >"$work/x.a"
    (cd "examples/teams/$team" && find . -type f -perm -100 | sort) >"$work/x.b"
    cmp "$work/x.a" "$work/x.b"
}
plain() {
    [ "$(git --git-dir="$repo" rev-parse --is-bare-repository)" = true ] &&
        [ ! -e "$repo/objects/info/alternates" ] && [ ! -e "$repo/hooks" ] &&
        [ -z "$(find "$repo" -type l)" ] && [ "$(git --git-dir="$repo" branch -a | wc -l)" -eq 1 ]
}
no_settings() {
    mkdir -p "$work/home" &&
        printf '[user]\n\tname = Else\n[commit]\n\tgpgSign = true\n[core]\n\tfileMode = false\n' \
            >"$work/home/.gitconfig" && cp "$work/home/.gitconfig" "$work/before" &&
        HOME=$work/home TZ=Asia/Tokyo GIT_AUTHOR_DATE=2001-01-01T00:00:00Z \
            examples/make-repos.sh "$work/b" && cmp "$work/before" "$work/home/.gitconfig"
}
again() {
    examples/make-repos.sh "$work/b" stumps && same_heads
}
unknown() {
    if examples/make-repos.sh "$work/b" nobody 2>"$work/err"; then return 1; fi
    grep -q 'no team "nobody"; there are: .*cholesky' "$work/err"
}

check "the repositories are made by an ordinary git" examples/make-repos.sh "$work/a"
check "a user's own Git settings are neither used nor changed" no_settings
check "the same files give the same commits" same_heads
check "one repository made again is the same" again
check "each history has commits by two people on different dates" each history
check "the authors are the members that roster.csv has for the team" each in_roster
check "each commit is younger than its parent" each in_order
check "the head of main holds the team's folder, with its executable files" each complete
check "each repository is whole" each whole
check "each repository is bare, with one branch, without hooks, links and alternates" each plain
check "an unknown team is refused with the teams that there are" unknown
finish
