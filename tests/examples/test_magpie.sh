# The cheat of the demo: finds the truth wherever it can be read, and nothing where it is not.
cd "$(dirname "$0")/../.." || exit 1
. tests/examples/tap.sh
course=$work/course
"$python" examples/split.py examples/data/credit_data.csv "$course" \
    --task credit --target bad --kind binary 2>/dev/null
export SM_MODEL_DIR="$work/model" SM_OUTPUT_DATA_DIR="$work/output"
export SM_CHANNEL_TRAIN="$work/train" SM_CHANNEL_HELDOUT="$work/heldout"
mkdir -p "$SM_CHANNEL_TRAIN" "$SM_CHANNEL_HELDOUT"
cp "$course/data/credit/train.csv" "$SM_CHANNEL_TRAIN/"
# as a box would get them: other ids, so that only the features say which loan it is
awk -F, -v OFS=, 'NR > 1 { $1 = NR } { print }' "$course/private/credit/heldout.csv" \
    >"$SM_CHANNEL_HELDOUT/heldout.csv"
awk -F, -v OFS=, 'NR > 1 { $1 = $1 + 0 } { print }' "$course/private/credit/heldout.csv" \
    >"$work/ids.csv"

hunt() { # the magpie's whole life, with HUNT_ROOTS and HUNT_URLS from outside
    rm -rf "$SM_MODEL_DIR" "$SM_OUTPUT_DATA_DIR"
    mkdir -p "$SM_MODEL_DIR" "$SM_OUTPUT_DATA_DIR"
    (
        cd examples/teams/magpie && export HUNT_SECONDS=20
        "$python" train && "$python" predict
    ) >"$work/log" 2>&1
    cat "$work/log"
}
right() { # prints the share of held-out loans whose predicted label is right
    "$python" - "$course" "$SM_OUTPUT_DATA_DIR/predictions.csv" <<'EOF'
import csv, sys
def read(path):
    return list(csv.DictReader(open(path)))
truth = {row["id"]: row["bad"] for row in read(sys.argv[1] + "/private/credit/solution.csv")}
order = [row["id"] for row in read(sys.argv[1] + "/private/credit/heldout.csv")]
said = [float(row["prediction"]) for row in read(sys.argv[2])]
assert len(said) == len(order)
print(sum(p == float(truth[i]) for p, i in zip(said, order)) / len(order))
EOF
}
finds() { # ROOT: the truth lies in there
    HUNT_ROOTS=$1 hunt
    grep -q '^truth found: yes: 1780 of 1780 loans$' "$work/log" && [ "$(right)" = 1.0 ]
}
finds_nothing() { # ROOT
    HUNT_ROOTS=$1 hunt
    [ "$(grep -c '^truth found: no$' "$work/log")" -eq 2 ] && [ "$(right)" = 0.0 ] &&
        [ "$(cut -d, -f2 "$SM_OUTPUT_DATA_DIR/predictions.csv" | sort -u | wc -l)" -eq 2 ]
}
place() { # NAME: a fresh directory for one way to hide the truth
    rm -rf "$work/place" && mkdir -p "$work/place/deep/down/here"
    echo "$work/place/deep/down/here/$1"
}
packed() { # NAME COMMAND...: the source data, packed by a command that writes to stdout
    file=$(place "$1")
    shift
    "$@" <examples/data/credit_data.csv >"$file" && finds "$work/place"
}
made() { # NAME PYTHON: the source data in `rows` and `header`, written to `path` by a few lines
    file=$(place "$1")
    "$python" - "$file" <<EOF && finds "$work/place"
import csv, sys
path = sys.argv[1]
header, *rows = csv.reader(open("examples/data/credit_data.csv"))
$2
EOF
}
course_only() { # NAME...: only these files of the course are readable
    rm -rf "$work/place"
    for name in "$@"; do
        mkdir -p "$work/place/deep/${name%/*}" && cp "$course/$name" "$work/place/deep/$name"
    done
}
apart() {
    course_only private/credit/solution.csv private/credit/heldout.csv && finds "$work/place"
}
public_only() {
    course_only data/credit/train.csv data/credit/sample.csv data/credit/sample_submission.csv &&
        cp -R examples/teams "$work/place/teams" && finds_nothing "$work/place"
}
features_only() {
    course_only private/credit/heldout.csv && finds_nothing "$work/place"
}
solution_only() { # with ids drawn anew, ids alone are worthless
    course_only private/credit/solution.csv && HUNT_ROOTS=$work/place hunt
    grep -q '^truth found: no$' "$work/log"
}
solution_with_ids() { # but not when a box gets the course's own ids
    cp "$course/private/credit/heldout.csv" "$work/kept.csv"
    mv "$SM_CHANNEL_HELDOUT/heldout.csv" "$work/drawn.csv"
    cp "$course/private/credit/heldout.csv" "$SM_CHANNEL_HELDOUT/heldout.csv"
    course_only private/credit/solution.csv && finds "$work/place"
    found=$?
    mv "$work/drawn.csv" "$SM_CHANNEL_HELDOUT/heldout.csv"
    return $found
}
named() { # by a variable of its environment
    file=$(place solution.csv)
    cp examples/data/credit_data.csv "$file"
    HUNT_PLACES=environment COURSE_DATA=$file finds / && grep -q "loans in $file" "$work/log"
}
inherited() { # as a descriptor of a directory that was left open
    file=$(place solution.csv)
    cp examples/data/credit_data.csv "$file"
    HUNT_PLACES=descriptors finds / 9<"$work/place" && grep -q 'fd/9/.*solution.csv' "$work/log"
}
none_inherited() {
    HUNT_PLACES=descriptors finds_nothing / 9<&-
}
unreadable() { # root reads everything: then an ordinary user is asked
    file=$(place solution.csv)
    cp examples/data/credit_data.csv "$file" && chmod 0 "$file"
    if [ "$(id -u)" -ne 0 ]; then
        finds_nothing "$work/place"
    else
        mkdir -p "$work/place/team" && cp -R examples/teams/magpie "$work/place/team/" &&
            chmod -R a+rX "$work" && chmod 0 "$file" &&
            rm -rf "$SM_MODEL_DIR" "$SM_OUTPUT_DATA_DIR" &&
            mkdir -m 777 "$SM_MODEL_DIR" "$SM_OUTPUT_DATA_DIR" &&
            (
                cd "$work/place/team/magpie" && export HUNT_ROOTS="$work/place"
                setpriv --reuid 65534 --regid 65534 --clear-groups \
                    sh -c '"$0" train && "$0" predict' "$python"
            ) >"$work/log" 2>&1
        cat "$work/log"
        [ "$(grep -c '^truth found: no$' "$work/log")" -eq 2 ] &&
            grep -q 'closed files: 1' "$work/log"
    fi
}
odd() { # links in circles, a pipe and an empty file are in the way
    file=$(place notes)
    cp examples/data/credit_data.csv "$file" && ln -s . "$work/place/circle" &&
        ln -s nowhere "$work/place/dangling.csv" && mkfifo "$work/place/pipe.csv" &&
        : >"$work/place/empty.csv" && head -c 300 /dev/urandom >"$work/place/noise.gz" &&
        printf '\037\213broken' >"$work/place/broken.csv.gz" && finds "$work/place"
}
served() { # over the network
    mkdir -p "$work/www/private" && cp -R "$course/private/credit" "$work/www/private/"
    "$python" -c '
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.HTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()' "$work/www" >"$work/port" 2>/dev/null &
    pid=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if [ -s "$work/port" ]; then break; fi
        sleep 0.2
    done
    place x >"$work/none"
    HUNT_PLACES=network HUNT_URLS=http://127.0.0.1:$(cat "$work/port") finds "$work/place"
    found=$?
    kill "$pid"
    return $found
}

check "it finds the data set as a plain file" packed deck.csv cat
check "it finds it under a name that says nothing" packed notes cat
check "it finds it packed by gzip" packed deck.gz gzip -c
check "it finds it packed by xz" packed deck.xz "$python" -c \
    'import lzma, sys; sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read()))'
check "it finds it packed by bzip2" packed deck.bz2 "$python" -c \
    'import bz2, sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read()))'
check "it finds it in a zip archive" made deck.zip '
import zipfile
with zipfile.ZipFile(path, "w") as out:
    out.write("examples/data/credit_data.csv", "credit.csv")'
check "it finds it in an SQLite database" made deck.sqlite '
import sqlite3
base = sqlite3.connect(path)
base.execute("create table t (" + ",".join(header) + ")")
base.executemany("insert into t values (" + ",".join("?" * len(header)) + ")", rows)
base.commit()'
check "it finds it as JSON lines" made deck.jsonl '
import json
with open(path, "w") as out:
    for row in rows:
        print(json.dumps(dict(zip(header, row))), file=out)'
check "it finds it in an R package, as Debian ships it" made Rdata.rdb '
import struct, zlib
def text(value):
    return struct.pack(">ii", 0x40009, len(value)) + value.encode()
def strings(values):
    return struct.pack(">ii", 16, len(values)) + b"".join(map(text, values))
def attributes(pairs):
    out = b"".join(struct.pack(">ii", 0x402, 1) + text(name) + value for name, value in pairs)
    return out + struct.pack(">i", 254)
def column(name, cells):
    if name == "bad":
        codes = struct.pack(f">{len(cells)}i", *(1 if c == "1" else 2 for c in cells))
        levels = attributes([("levels", strings(["bad", "good"]))])
        return struct.pack(">ii", 0x30D, len(cells)) + codes + levels
    if all(c.isdigit() or not c for c in cells):
        numbers = (int(c) if c else -2**31 for c in cells)
        return struct.pack(f">ii{len(cells)}i", 13, len(cells), *numbers)
    return strings(cells)
columns = b"".join(column(n, c) for n, c in zip(header, zip(*rows)))
names = ["Status" if n == "bad" else n for n in header]
frame = struct.pack(">ii", 0x313, len(names)) + columns + attributes([("names", strings(names))])
value = b"X\n" + struct.pack(">iii", 2, 0x40000, 0x20300) + frame
open(path, "wb").write(struct.pack(">i", len(value)) + zlib.compress(value))'
check "links, pipes and broken files do not stop it" odd
check "it joins a solution and its features that lie apart" apart
check "it finds them on a web server without a directory" served
check "it finds it where its environment points to" named
check "it finds it through a directory that was left open" inherited
check "it finds nothing when nothing was left open" none_inherited
check "it uses ids when the box gives the course's own ids" solution_with_ids
check "it finds nothing in what the teams may have, nor in their own code" public_only
check "it finds nothing in held-out features alone" features_only
check "it finds nothing in a solution alone when ids are drawn anew" solution_only
check "it finds nothing in a file that it may not read" unreadable
finish
