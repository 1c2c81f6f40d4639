#!/bin/sh
# Versions compared: three versions of a team beside its best and a baseline, as the board's rule lets it: rounded, hidden, ladder.
. tests/flows/lib.sh

course=$work/course
course_make "$course" nocode
sed -i '0,/^    metrics:/s//    baselines: [majority]\n    metrics:/' "$course/course.yaml"
# graded when asked for only: a poll between push and request would grade the same commit once more
sed -i 's/poll_s: 1,/poll_s: 3600,/' "$course/course.yaml"
git clone -q "$work/repos/nocode.git" "$work/clone" 2>/dev/null
push() { # a version whose learner is $1
    (cd "$work/clone" && git config user.email a@b.c && git config user.name A &&
        sed -i "s/^learner:.*/learner: $1/" pipeline.yaml && git commit -qam "$1" && git push -q) >/dev/null 2>&1
}
grade() {
    push "$1"
    "$HOLDOUT" grade "$course" --team nocode >/dev/null 2>&1
}
api() { curl -fsS "http://127.0.0.1:$port/api/v1/courses/demo-2026/teams/nocode"; }
page() { curl -fsS "http://127.0.0.1:$port/courses/demo-2026/teams/nocode"; }
until_api() { # the jq test $1 holds within 20 s
    end=$(($(date +%s) + 20))
    until api | jq -e "$1" >/dev/null; do
        [ "$(date +%s)" -lt "$end" ] || { api | jq -c .compared; return 1; }
        sleep 0.2
    done
}
"$HOLDOUT" check "$course" >/dev/null || "$HOLDOUT" check "$course"
push '{name: majority}'
check "the service starts" service_start "$course"
check "a version that guesses and the baseline are graded" graded "$course" 60 2
grade '{name: logistic}'
grade '{name: logistic, params: {C: 0.9}}'
check "each of three versions is compared" until_api '[.compared[].version] == [3, 2, 1]'
check "a model is better than a guess, and than the baseline that guesses" until_api '.compared[0].against |
    any(.baseline == "majority" and .verdict == "better" and .difference > 0.1)'
check "a guess is worse than the best, and no different from the guessing baseline" until_api '.compared[2].against |
    any(.best and .verdict == "worse" and .difference < -0.1) and any(.baseline == "majority" and .verdict == "unclear" and .difference == 0)'
check "between two models alike no difference can be shown" until_api '[.compared[:2][].against[] | select(.version != null)] |
    length >= 1 and all(.verdict == "unclear")'
check "differences are no more exact than the board" until_api '[.compared[].against[].difference * 1000 | (. - round) | fabs] | max < 1e-6'
check "the page says the same in words" sh -c "curl -fsS 'http://127.0.0.1:$port/courses/demo-2026/teams/nocode' >'$work/page' &&
    grep -q 'Versions compared' '$work/page' && grep -q 'no difference can be shown' '$work/page' && grep -q '>worse<' '$work/page'"
words() { "$PYTHON" -c 'import sqlite3, sys; print(sqlite3.connect("file:%s/state/store.db?mode=ro" % sys.argv[1], uri=True).execute("SELECT run, other, verdict, release FROM comparison ORDER BY 1, 2").fetchall())' "$course"; }
before=$(words)

# killed between the transaction that releases and the comparison: what is due stands in the store
service_stop KILL
"$PYTHON" - "$course" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/state/store.db")
db.execute("DELETE FROM comparison")
db.execute("INSERT INTO compare_due (team, task) VALUES ('nocode', 'credit')")
db.commit()
PY
check "the service starts again" service_start "$course"
check "and makes what was due" until_api '[.compared[].version] == [3, 2, 1]'
check "the same as before" [ "$(words)" = "$before" ]

sed -i 's/visibility: names/visibility: staff/' "$course/course.yaml"
check "behind a hidden board nothing is compared" until_api '.compared == []'
sed -i 's/visibility: staff/visibility: pseudonym/' "$course/course.yaml"
pseudonym() { # the masked team's page
    key=$(curl -fsS "http://127.0.0.1:$port/api/v1/courses/demo-2026" | jq -r '[.teams[] | select(.baseline | not)][0].team')
    curl -fsS "http://127.0.0.1:$port/api/v1/courses/demo-2026/teams/$key" | jq -e '[.compared[].version] == [3, 2, 1] and
        ([.compared[] | .run, .against[].run] | all(. == null)) and .versions == []'
}
masked() {
    for _ in $(seq 100); do
        pseudonym && return 0
        sleep 0.1
    done
    return 1
}
check "under pseudonyms versions have numbers and no ids" masked
sed -i 's/visibility: pseudonym/visibility: names/; s/release: rounded/release: ladder/' "$course/course.yaml"
check "what was compared by another rule is not shown" until_api '.compared == []'
check "the course is scored by the ladder" sh -c "'$HOLDOUT' rescore '$course' start --task credit && '$HOLDOUT' rescore '$course' apply"
check "on a ladder only versions that moved the score are compared" until_api '(.compared | length) == 2 and
    ([.compared[].version] | contains([1]))'
ids=$(api | jq -r '[.versions[].run] | join(" ")')
check "holdout compare tells of released versions" sh -c "set -- $ids; '$HOLDOUT' compare '$course' \$1 \$2 --json | jq -e '.public | length == 2'"
check "and of one that did not move the score only to staff" sh -c "set -- $ids; ! '$HOLDOUT' compare '$course' \$2 \$3 2>'$work/said' &&
    grep -q 'has not moved the score' '$work/said' && '$HOLDOUT' compare '$course' \$2 \$3 --private --json | jq -e '.public | length == 2'"
finish
