# The split of the demo: the same for the same seed, stratified, and without a leak.
cd "$(dirname "$0")/../.." || exit 1
. tests/examples/tap.sh

split() { # OUT SEED
    "$python" examples/split.py examples/data/credit_data.csv "$1" \
        --task credit --target bad --kind binary --seed "$2" &&
        "$python" examples/split.py examples/data/ames.csv "$1" \
            --task houses --target Sale_Price --kind regression --seed "$2"
}
split "$work/a" 2026 2>/dev/null
split "$work/b" 2026 2>/dev/null
split "$work/c" 2027 2>/dev/null
inspect() { # ASSERTIONS: Python that sees the tables as lists of dictionaries
    "$python" tests/examples/inspect_split.py "$work/a" "$1"
}
differs() { ! cmp -s "$1" "$2"; }
refused() { # WORDS COMMAND...
    words=$1
    shift
    if "$@" 2>"$work/err"; then return 1; fi
    cat "$work/err"
    grep -q "$words" "$work/err"
}
with_line() { # LINE FILE: the credit data and one more line
    { cat examples/data/credit_data.csv; echo "$1"; } >"$2"
}

check "the same seed gives the same files" diff -r "$work/a" "$work/b"
check "another seed gives another train file" \
    differs "$work/a/data/credit/train.csv" "$work/c/data/credit/train.csv"
check "another seed gives other ids to the held-out rows" \
    differs "$work/a/private/houses/heldout.csv" "$work/c/private/houses/heldout.csv"
check "no id is in two of train, sample and held-out" inspect "
for t in tasks:
    assert not ids(t.train) & ids(t.heldout) and not ids(t.sample) & ids(t.heldout)
    assert not ids(t.train) & ids(t.sample)"
check "no id occurs twice" inspect "
for t in tasks:
    for rows in (t.train, t.sample, t.heldout, t.solution):
        assert len(ids(rows)) == len(rows)"
check "no held-out row equals a train or sample row in its features" inspect "
for t in tasks:
    assert not faces(t, t.heldout) & faces(t, t.train)
    assert not faces(t, t.heldout) & faces(t, t.sample)
    assert not faces(t, t.train) & faces(t, t.sample)"
check "doubles in the source are dropped, all other rows are dealt" inspect "
for t, rows in ((credit, 4451), (houses, 2930)):
    assert len(t.train) + len(t.sample) + len(t.heldout) == rows"
check "the solution has the ids of the held-out features" inspect "
for t in tasks:
    assert ids(t.solution) == ids(t.heldout)"
check "neither held-out features nor sample have the target" inspect "
for t in tasks:
    assert t.target not in t.heldout[0] and t.target not in t.sample[0] and t.target in t.train[0]
    assert list(t.heldout[0]) == list(t.sample[0]) == list(t.train[0])[:-1]"
check "40 % of the rows are held out, 40 % of these are Public" inspect "
for t in tasks:
    rows = len(t.train) + len(t.sample) + len(t.heldout)
    public = sum(row['Usage'] == 'Public' for row in t.solution)
    assert abs(len(t.heldout) / rows - 0.4) < 0.001, len(t.heldout) / rows
    assert abs(public / len(t.heldout) - 0.4) < 0.001, public
    assert {row['Usage'] for row in t.solution} == {'Public', 'Private'}"
check "the binary target has the same share in train, Public and Private" inspect "
share = lambda rows: sum(row['bad'] == '1' for row in rows) / len(rows)
for usage in ('Public', 'Private'):
    part = [row for row in credit.solution if row['Usage'] == usage]
    assert abs(share(part) - share(credit.train)) < 0.002, (usage, share(part))"
check "neither id nor place of a held-out row tells its label or its usage" inspect "
for t in tasks:
    truth = {row['id']: row for row in t.solution}
    for value in (lambda row: float(row[t.target]), lambda row: float(row['Usage'] == 'Public')):
        answers = [value(truth[row['id']]) for row in t.heldout]
        places = list(range(len(answers)))
        assert abs(correlation(places, answers)) < 4 / len(answers) ** 0.5
        numbers = [float(row['id']) for row in t.heldout]
        assert abs(correlation(numbers, answers)) < 4 / len(answers) ** 0.5"
check "the solution is in another order than the features" inspect "
for t in tasks:
    same = sum(a['id'] == b['id'] for a, b in zip(t.solution, t.heldout))
    assert same < 12, same"
check "the sample submission answers the sample" inspect "
for t in tasks:
    assert [row['id'] for row in t.sample_submission] == [row['id'] for row in t.sample]
    assert list(t.sample_submission[0]) == ['id', 'prediction']"
check "the sample has rows with gaps, as the held-out rows have" inspect "
assert any(row['Income'] == '' for row in credit.sample)"
check "each task's README names the numbers of rows that there are" inspect "
for t in tasks:
    text = open(f'examples/course/data/{t.name}/README.md').read()
    for count in (len(t.train), len(t.heldout), len(t.sample)):
        assert f'{count:,}' in text, (t.name, count)"
check "all data is ASCII" sh -c '! LC_ALL=C grep -n "[^ -~]" examples/data/*.csv'
check "an unknown target is refused with the columns that exist" \
    refused "no column 'worse'.*Seniority" "$python" examples/split.py \
    examples/data/credit_data.csv "$work/d" --task credit --target worse --kind binary
with_line "2,1,rent,60,30,single,no,fixed,1,1,1,1,1,1" "$work/third.csv"
check "a third class of a binary target is refused" refused "classes 0 and 1, found: 0, 1, 2" \
    "$python" examples/split.py "$work/third.csv" "$work/d" --task credit --target bad --kind binary
with_line "1,2,3" "$work/short.csv"
check "a short line is refused with its number" refused "short.csv:4456: 3 cells" \
    "$python" examples/split.py "$work/short.csv" "$work/d" --task credit --target bad --kind binary
finish
