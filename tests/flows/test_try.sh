#!/bin/sh
# From nothing to a graded model on a team's own machine: init, check, kit, starters, try.
. tests/flows/lib.sh
cd "$work" || exit 1

made() { # kind
    "$HOLDOUT" init "course-$1" --template "$1" --task play && "$HOLDOUT" check "course-$1"
}
check "a binary course is made and passes holdout check" made binary
check "so is one of several classes" made multiclass
check "so is a regression" made regression
check "a second time is refused, nothing is overwritten" sh -c "! '$HOLDOUT' init course-binary 2>&1 | grep -q next:"
check "private/ is closed to others" sh -c "[ \$(stat -c %a course-binary/private) = 700 ]"

# from a table that an instructor has, without ids, with a double
"$PYTHON" - >mine.csv <<'PY'
import random
draw = random.Random(3)
print("x,colour,price")
rows = ["%.9f,%s,%.2f" % (x, c, 3 * x + (5 if c == "red" else 0) + draw.gauss(0, 1))
        for x, c in ((draw.uniform(0, 9), draw.choice(["red", "blue"])) for _ in range(300))]
print("\n".join(rows + rows[:7]))
PY
check "a table of one's own is divided, doubles are left out" sh -c "'$HOLDOUT' init shop --template regression --data mine.csv --target price --task price | grep -q '7 doubled ones left out'"
check "that course passes holdout check" "$HOLDOUT" check shop
check "no answer is among what teams may have" sh -c "! head -n 1 shop/data/price/sample.csv | grep -q price"
check "a target that is not there is refused with the nearest word" sh -c "'$HOLDOUT' init other --template regression --data mine.csv --target prize 2>&1 | grep -q 'did you mean \"price\"'"
check "a binary target that is none is refused" sh -c "'$HOLDOUT' init other --data mine.csv --target price 2>&1 | grep -q 'classes 0 and 1'"
check "an unknown template is refused with the nearest word" sh -c "'$HOLDOUT' init other --template binery 2>&1 | grep -q 'did you mean \"binary\"'"

check "a kit is made" "$HOLDOUT" kit course-binary --out kit
check "nothing of private/ is in it" sh -c "tail -n +2 course-binary/private/play/heldout.csv | head -n 50 >rows; ! grep -rqFf rows kit"
check "and of the regression" "$HOLDOUT" kit shop --out kit-price

tried() { # starter kit metric
    cp -R "$2/starter/$1" "team-$1" && cd "team-$1" && git init -q -b main && git add -A &&
        git -c user.email=a@b.c -c user.name=A commit -qm first && cd .. &&
        "$HOLDOUT" check "team-$1" && "$HOLDOUT" try "team-$1" --kit "$2" --seeds 1 --json >"$1.json" 2>"$1.log" || {
        tail -n 5 "$1.log"
        return 1
    }
    jq -e --arg m "$3" '.state == "done" and ([.metrics[] | select(.metric == $m)] | length == 1)
        and (.code_tree | length == 40) and (.data_sha256 | length == 64) and (.environment_sha256 | length == 64)' "$1.json" >/dev/null
}
check "the starter without code is graded at home" tried pipeline kit roc_auc
check "its model is better than none" jq -e '[.metrics[] | select(.metric == "roc_auc")][0].value > 0.7' pipeline.json
check "the Python starter is" tried python kit-price mae
check "the C starter is" tried c kit-price mae
check "the shell starter is" tried shell kit roc_auc
# every kind that one table makes a course of, and every starter that its kit has, from nothing to the end
"$PYTHON" - <<'PY'
import csv, datetime, random
draw = random.Random(1)
def write(name, *rows):
    with open(name + ".csv", "w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)
days = [(datetime.date(2026, 1, 5) + datetime.timedelta(day)).isoformat() for day in range(120)]
write("forecast", ["series", "time", "cost", "units"],
      *([shop, day, round(draw.uniform(1, 2), 2), round(40 + 5 * (at % 7) + draw.gauss(0, 3), 1)] for shop in "abcde" for at, day in enumerate(days)))
write("ranking", ["query", "item", "x", "relevance"],
      *([f"q{q}", f"i{n}", x, int(x + draw.gauss(0, 0.2) > 0.6)] for q in range(120) for n in range(8) for x in [round(draw.random(), 3)]))
words = "alpha beta gamma delta epsilon zeta eta theta".split()
write("text", ["words", "colour"],
      *([" ".join(draw.choice(words[2 * c:2 * c + 4]) for _ in range(12)), ["red", "green", "blue"][c]] for c in draw.choices(range(3), k=500)))
write("multilabel", ["id", "a", "b", "red", "blue"],
      *([at, a, b, int(a > 0), int(b + draw.gauss(0, 0.5) > 0)] for at in range(500) for a in [round(draw.gauss(0, 1), 3)] for b in [round(draw.gauss(0, 1), 3)]))
PY
whole() { # kind target: no mistake, no note, and as many starters as there should be ($3) end as graded
    data=
    [ -f "$1.csv" ] && data="--data $1.csv"
    [ -n "$2" ] && data="$data --target $2"
    "$HOLDOUT" init "all-$1" --template "$1" --task all $data >/dev/null && "$HOLDOUT" check "all-$1" >/dev/null 2>"all-$1.said" || return 1
    [ ! -s "all-$1.said" ] || { cat "all-$1.said"; return 1; }
    "$HOLDOUT" kit "all-$1" --out "all-kit-$1" >/dev/null || return 1
    ls "all-kit-$1/starter"
    [ "$(ls "all-kit-$1/starter" | wc -l)" = "$3" ] || return 1
    for starter in $(ls "all-kit-$1/starter"); do
        cp -R "all-kit-$1/starter/$starter" "all-$1-$starter"
        (cd "all-$1-$starter" && git init -q -b main && git add -A && git -c user.email=a@b.c -c user.name=A commit -qm first) || return 1
        "$HOLDOUT" check "all-$1-$starter" && "$HOLDOUT" try "all-$1-$starter" --kit "all-kit-$1" --seeds 1 >all.out 2>&1 || {
            echo "$1 $starter"
            cat all.out
            return 1
        }
    done
}
check "binary: all starters are graded" whole binary "" 4
check "of several classes" whole multiclass "" 4
check "regression" whole regression "" 4
check "forecasts" whole forecast units 4
check "rankings" whole ranking relevance 1
check "texts" whole text colour 4
check "labels" whole multilabel "" 1

check "the same code gives the same numbers again" sh -c "'$HOLDOUT' try team-pipeline --kit kit --seeds 1 --json 2>/dev/null | jq -c .metrics >again.json; jq -c .metrics pipeline.json | cmp - again.json"
(cd team-shell && printf '#!/bin/sh\nexit 3\n' >train && git add -A && git -c user.email=a@b.c -c user.name=A commit -qm broken) >/dev/null
check "a training that fails is said, with its step and log" sh -c "'$HOLDOUT' try team-shell --kit kit --seeds 1 >out.txt 2>/dev/null; [ \$? = 1 ] && grep -q 'train.*failed.*exit' out.txt"
check "a directory that is no repository is refused" sh -c "mkdir empty; '$HOLDOUT' try empty --kit kit 2>&1 | grep -q 'git init'"
check "a kit is needed" sh -c "'$HOLDOUT' try team-c 2>&1 | grep -q 'needed'; '$HOLDOUT' try team-c --kit course-binary 2>&1 | grep -q 'is no kit'"
check "changed data of a kit are noticed" sh -c "echo 1,2,3,4,5 >>kit/data/play/sample.csv; '$HOLDOUT' try team-pipeline --kit kit --seeds 1 2>&1 >/dev/null | grep -q 'not as the course gave them out'"
check "nothing is left behind" sh -c "! ls -d /tmp/holdout-try-* 2>/dev/null | xargs -r grep -ls \"\$PWD\" | grep -q ."
cd "$work/.." || exit 1
finish
