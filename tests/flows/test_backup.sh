#!/bin/sh
# A backup made while runs are under way can be put back, and a damaged one is refused.
. tests/flows/lib.sh

course=$work/course
course_make "$course" cholesky doorstep
sed -i 's/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
mkdir -p "$course/secrets/web" && echo hush >"$course/secrets/web/github"
echo "a passphrase for tests" >"$work/pass"
echo "another passphrase" >"$work/other"
check "the service starts" service_start "$course"
check "two teams are graded" graded "$course" 90 2
# what no run of the same commit changes
boards() { "$HOLDOUT" status "$1" --json | jq -S '[.tasks[].board | map({team, commit, score, low, high, rank_low, rank_high})]'; }
boards "$course" >"$work/boards"
"$HOLDOUT" grade "$course" --team doorstep --no-cache >/dev/null 2>&1 &
grading=$!
sleep 0.3
check "a backup is made while a run is under way" "$HOLDOUT" backup "$course" "$work/open.tar.zst"
check "another one with the truth" "$HOLDOUT" backup "$course" "$work/locked.tar.zst" --with-truth --passphrase-file "$work/pass"
check "nobody else may read it" sh -c "[ \"\$(stat -c %a '$work/open.tar.zst')\" = 600 ]"
wait $grading
service_stop
check "it is a tar that others can list" sh -c "zstd -dc '$work/open.tar.zst' | tar tf - >'$work/list' && grep -q '^manifest.json$' '$work/list'"
check "neither truth nor secrets are in it" sh -c "! grep -E '^(private|secrets|state/sealed)/' '$work/list'"
check "the locked one is no plain file" sh -c "! zstd -tq '$work/locked.tar.zst' 2>/dev/null"

refused() { # code, words of restore
    code=$1
    shift
    "$HOLDOUT" restore "$@"
    [ $? -eq "$code" ]
}
check "a wrong passphrase is refused" refused 65 "$work/locked.tar.zst" "$work/r0" --passphrase-file "$work/other"
check "a directory with something in it is refused" refused 64 "$work/open.tar.zst" "$course"
for name in open locked; do
    cp "$work/$name.tar.zst" "$work/bad"
    printf XXXX | dd of="$work/bad" conv=notrunc bs=1 seek=$(($(wc -c <"$work/bad") / 2)) 2>/dev/null
    rm -rf "$work/r1"
    check "a damaged file is refused ($name)" refused 65 "$work/bad" "$work/r1" --passphrase-file "$work/pass"
    check "and nothing of it was written ($name)" sh -c "[ -z \"\$(ls -A '$work/r1')\" ]"
    head -c $(($(wc -c <"$work/$name.tar.zst") - 100)) "$work/$name.tar.zst" >"$work/bad"
    check "one that was cut off is refused ($name)" refused 65 "$work/bad" "$work/r1" --passphrase-file "$work/pass"
done

serves() { # a course that was put back: the same boards, and it goes on
    boards "$1" | cmp - "$work/boards" && service_start "$1" && graded "$1" 60 2 &&
        boards "$1" | jq -e '[.[][]] | length == 2' && service_stop
}
check "the locked one is put back" "$HOLDOUT" restore "$work/locked.tar.zst" "$work/r2" --passphrase-file "$work/pass"
check "its boards are the same and it is served" serves "$work/r2"
boards "$work/r2" >"$work/boards.r2"
rm -f "$work"/r2/state/store.db*
check "its store can be made anew" "$HOLDOUT" rebuild "$work/r2"
same() { boards "$1" | cmp - "$work/boards.r2"; }
check "with the same boards" same "$work/r2"
check "the open one is put back" "$HOLDOUT" restore "$work/open.tar.zst" "$work/r3"
cp -R "$course/private" "$work/r3/private"
check "with the truth beside it is served, too" serves "$work/r3"
finish
