# holdout-ml: describe, split and audit tables; packed files, JSON lines, schema files.
. tests/core/cli/lib.sh
people=tests/core/learn/people.csv

describes() {
    "$ml" describe $people | grep -q '^income  *number  *19  *91  *300.42 |' &&
        [ "$("$ml" describe $people --json | jq -c '[.rows, (.columns[] | .kind)]')" = \
            '[110,"category","number","number","category","category","number"]' ]
}
schema_pins() {
    "$ml" describe $people --schema-out >"$work/s.yaml" && grep -q 'name: "home", kind: category' "$work/s.yaml" &&
        sed -i 's/"home", kind: category/"home", kind: text/' "$work/s.yaml" &&
        [ "$("$ml" describe $people --schema "$work/s.yaml" --json | jq -r '.columns[3].kind')" = text ]
}
schema_mistake() {
    echo 'columns: [{name: a, kind: numbr}]' >"$work/bad.yaml"
    refused 78 'bad.yaml:1: unknown kind "numbr", did you mean "number"' describe $people --schema "$work/bad.yaml"
}
packed_is_the_same() {
    "$ml" describe $people >"$work/plain" && gzip -c $people >"$work/p" &&
        "$ml" describe "$work/p" | cmp - "$work/plain"
}
cut_off() {
    head -c 500 "$work/p" >"$work/cut" && refused 65 'the gzip data ended too early' describe "$work/cut"
}
splits() {
    "$ml" split $people --train "$work/tr.csv" --test "$work/te.jsonl" --share 0.2 --stratify late --seed 3 &&
        [ "$(wc -l <"$work/te.jsonl")" = 22 ] && [ "$(wc -l <"$work/tr.csv")" = 89 ] &&
        { jq -r .id "$work/te.jsonl"; cut -d, -f1 "$work/tr.csv" | tail -n +2; } | sort | cmp - "$work/ids"
}
folds() {
    "$ml" split $people --folds 4 --group home --out "$work/f.csv" &&
        [ "$(cut -d, -f4,7 "$work/f.csv" | grep '^[a-z]' | sort -u | cut -d, -f1 | uniq -d)" = "" ]
}
audits() {
    awk -F, 'NR == 1 { print $0 ",copy" } NR > 1 { print $0 "," $(NF - 1) } NR == 5 { print "x" $0 "," $(NF - 1) }' "$work/tr.csv" >"$work/leaky.csv"
    "$ml" audit "$work/leaky.csv" --against "$work/te.jsonl" --target late --json >"$work/a.json" &&
        [ "$(jq -c '[.duplicates.exact, .duplicates.rows[0], .across.exact]' "$work/a.json")" = '[1,[5,4],0]' ] &&
        [ "$(jq -r '.leaks[] | select(.suspect) | .column + " " + .why' "$work/a.json")" = "copy equals the target" ] &&
        [ "$(jq '.drift | length' "$work/a.json")" = 5 ] &&
        "$ml" audit "$work/leaky.csv" --target late | grep -q '"copy" equals the target (1.000)'
}
keeps_the_input() { # under its name, another spelling, a link; as the directory of parts
    mkdir -p "$work/parts" && cp $people "$work/in.csv" && cp $people "$work/parts/a.csv" && ln -sf in.csv "$work/link.csv" &&
        refused 64 'would overwrite the table' split "$work/in.csv" --train "$work/in.csv" --test "$work/y.csv" &&
        refused 64 'would overwrite the table' split "$work/in.csv" --train "$work/y.csv" --test "$work/../${work##*/}/in.csv" &&
        refused 64 'would overwrite the table' split "$work/link.csv" --folds 3 --out "$work/in.csv" &&
        refused 64 'would overwrite the table' split "$work/parts" --folds 3 --out "$work/parts/a.csv" &&
        cmp $people "$work/in.csv" && cmp $people "$work/parts/a.csv" && [ ! -e "$work/y.csv" ]
}
two_parts_are_two_files() {
    refused 64 '--train and --test are one file' split $people --train "$work/o.csv" --test "$work/o.csv" &&
        refused 64 '--train and --test are one file' split $people --train "$work/o.csv" --test "$work/./o.csv" && [ ! -e "$work/o.csv" ]
}
both_or_none() {
    echo old >"$work/old.csv" &&
        refused 73 'No such file' split $people --train "$work/old.csv" --test "$work/none/b.csv" &&
        refused 73 'is a directory' split $people --train "$work/old.csv" --test "$work/parts" &&
        [ "$(cat "$work/old.csv")" = old ] && [ -z "$(ls -A "$work" | grep new-)" ]
}
ranges() {
    for share in 0 1 -0.1 1.5 nan; do
        refused 64 '--share was' split $people --train "$work/x" --test "$work/y" --share $share || return 1
    done
    for folds in 0 1 1001 -3; do
        refused 64 '--folds was' split $people --out "$work/x" --folds $folds || return 1
    done
    [ ! -e "$work/x" ]
}
cut -d, -f1 $people | tail -n +2 | sort >"$work/ids"

check "describe of a table says its kinds and values" describes
check "a schema file is written, and pins the kinds" schema_pins
check "a mistake in a schema file is named and ends with 78" schema_mistake
check "a packed file is read as the plain one" packed_is_the_same
check "a packed file that is cut off ends with 65" cut_off
check "split gives each row to one part, CSV or JSON lines" splits
check "folds keep groups together" folds
check "split never writes over what it reads" keeps_the_input
check "split refuses two parts in one file" two_parts_are_two_files
check "split writes both parts or none" both_or_none
check "split refuses a share and folds out of range" ranges
check "audit finds the copied column and the doubled row" audits
check "describe without a file ends with 64" refused 64 'one file is wanted' describe
check "a missing table ends with 66" refused 66 'No such file' describe "$work/none.csv"
check "an unknown column to split by ends with 65" refused 65 '--stratify needs the column "x"' split $people --train a --test b --stratify x
check "audit without its target ends with 64" refused 64 '--target COLUMN is missing' audit $people
check "audit of an unknown target ends with 65" refused 65 '--target needs the column "x"' audit $people --target x
echo "1..$number"
[ $failed = 0 ]
