#!/bin/sh
# Thousands of tags at once: those that start nothing leave no trace, of the others a bounded number is taken.
. tests/flows/lib.sh

course=$work/course
course_make "$course" doorstep
sed -i 's/runs_per_day: [0-9]*/runs_per_day: 1000/; s/seeds: *[0-9]*/seeds: 1/' "$course/course.yaml"
state=$course/state
bare=$work/repos/doorstep.git
count_of() { "$PYTHON" -c "import sqlite3, sys; print(*sqlite3.connect('file:$state/' + sys.argv[1] + '?mode=ro', uri=True).execute(sys.argv[2]).fetchone())" "$1" "$2"; }
events() { count_of inbox.db "SELECT count(*) FROM event WHERE kind = 'push'"; }
pages() { count_of inbox.db "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"; }
looked() { count_of store.db "SELECT looked_ms FROM team WHERE id = 'doorstep'"; }
looks() { # so many good looks more
    for _ in $(seq "$1"); do
        from=$(looked)
        for _ in $(seq 300); do [ "$(looked)" -gt "$from" ] && break; sleep 0.05; done
    done
}
tags() { # pattern count: so many tags of the newest commit
    head=$(git -C "$bare" rev-parse HEAD)
    seq "$2" | sed "s|.*|create refs/tags/$1& $head|" | git -C "$bare" update-ref --stdin
}
check "the service starts" service_start "$course"
check "the team is graded" graded "$course" 60 1
before=$(events) size=$(pages)
tags v/ 2500
looks 3
check "2,500 tags that start nothing write nothing" [ "$(events) $(pages)" = "$before $size" ]

"$HOLDOUT" pause "$course" --reason "so that they wait" >/dev/null 2>&1
tags submit/first/ 2400
taken() { count_of store.db "SELECT count(*) FROM run WHERE state = 'queued'"; }
full() { for _ in $(seq 300); do [ "$(taken)" -ge 100 ] && return 0; sleep 0.1; done; taken; return 1; }
check "of 2,400 that start runs some are taken" full
looks 4
check "no more than 100 wait" [ "$(taken)" = 100 ]
check "and no more than 100 were written" [ "$(($(events) - before))" = 100 ]
echo "# inbox.db: $size bytes before, $(pages) after"
check "the team is told" sh -c "curl -fsS 'http://127.0.0.1:$port/courses/demo-2026/teams/doorstep' | grep -q '2300 new tags are left for later looks'"

# a push to the branch is taken all the same
git clone -q "$bare" "$work/clone" 2>/dev/null
(cd "$work/clone" && git config user.email a@b.c && git config user.name A && echo >>README.md && git add -A && git commit -qm "more" && git push -q origin HEAD:main) >/dev/null 2>&1
head=$(git -C "$work/clone" rev-parse HEAD)
pushed() { for _ in $(seq 100); do [ "$(count_of store.db "SELECT count(*) FROM submission WHERE commit_id = '$head'")" = 1 ] && return 0; sleep 0.1; done; return 1; }
check "a push to the branch is taken all the same" pushed
# with room again the next ones follow
git -C "$bare" tag -l 'submit/first/*' | sed -n '181,$s|^|delete refs/tags/|p' | git -C "$bare" update-ref --stdin
"$HOLDOUT" resume "$course" >/dev/null 2>&1
all_taken() { for _ in $(seq 600); do [ "$(count_of store.db "SELECT count(*) FROM submission WHERE ref LIKE 'refs/tags/submit/%'")" -ge 180 ] && return 0; sleep 0.1; done; count_of store.db "SELECT count(*) FROM submission"; return 1; }
check "with room again those that are left follow" all_taken
finish
