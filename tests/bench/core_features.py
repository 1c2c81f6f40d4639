"""Feature transforms against scikit-learn: fitted and applied to the training rows, dense numbers and sparse rest.

The tables are made before the clock runs on both sides: pandas with object columns, as read_csv gives them. Mails: the
first argument of MAILS (a directory of *.txt), else made from a seed with the frequencies of words that mails have.
"""
import ctypes
import glob
import os

import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROWS, MAILS = 1900000, 6046
GOALS = {"mixed": 25, "words": 8, "pairs": 8, "bins": 3}
HANDLE = ctypes.c_void_p


def declare(bench):
    for name, gives, takes in (
        ("features_fit", HANDLE, (HANDLE, ctypes.POINTER(bench.Training), ctypes.POINTER(HANDLE), ctypes.POINTER(bench.Error))),
        ("features_free", None, (HANDLE,)), ("matrix_free", None, (HANDLE,)), ("matrix_columns", ctypes.c_size_t, (HANDLE,)),
        ("table_add_texts", ctypes.c_bool, (HANDLE, ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(bench.Error))),
    ):
        function = getattr(bench.LIBRARY, "holdout_" + name)
        function.restype, function.argtypes = gives, takes


def add_texts(bench, table, name, texts):
    """Distinct texts once; the rows are pointers to them."""
    distinct, at = numpy.unique(numpy.asarray(texts, dtype=object), return_inverse=True)
    kept = [text.encode() for text in distinct]
    pointers = numpy.array([ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p).value for text in kept], dtype=numpy.uint64)
    rows = numpy.ascontiguousarray(pointers[at])
    bench.call("table_add_texts", table, name.encode(), rows.ctypes.data)


def our_transforms(bench, table, *transforms):
    how = bench.Training(size=ctypes.sizeof(bench.Training), threads=1,
                         transforms=(ctypes.c_char_p * (len(transforms) + 1))(*[t.encode() for t in transforms], None))

    return lambda: Fitted(bench, table, how)


class Fitted:
    """What was fitted and the training rows, until nobody holds them."""

    def __init__(self, bench, table, how):
        self.library, self.matrix = bench.LIBRARY, HANDLE()
        self.features = bench.call("features_fit", table, ctypes.byref(how), ctypes.byref(self.matrix))

    def columns(self):
        return self.library.holdout_matrix_columns(self.matrix)

    def __del__(self):
        self.library.holdout_matrix_free(self.matrix)
        self.library.holdout_features_free(self.features)


def fitted(transform, data):
    """The peer's: what was fitted, and the training rows."""
    return transform, transform.fit_transform(data)


def mixed(rows, seed=0):
    r = numpy.random.default_rng(seed)
    frame = {f"n{i}": numpy.where(r.random(rows) < .01, numpy.nan, r.normal(size=rows) * 10 ** (i % 4) + i) for i in range(11)}
    for name, count in (("origin", 230), ("dest", 230), ("cut", 5), ("color", 7), ("clarity", 8)):
        weight = 1 / numpy.arange(1, count + 1) ** .7
        levels = numpy.array([f"{name}{k:03d}" for k in range(count)], dtype=object)
        frame[name] = levels[r.choice(count, rows, p=weight / weight.sum())]
    return pandas.DataFrame(frame)


def bench_mixed(bench):
    frame = mixed(ROWS)
    numbers, texts = list(frame.columns[:11]), list(frame.columns[11:])
    table = bench.call("table_new", len(frame))
    for name in numbers:
        bench.call("table_add_numbers", table, name.encode(), bench.doubles(numpy.ascontiguousarray(frame[name].values)))
    for name in texts:
        add_texts(bench, table, name, frame[name].values)
    steps = [("n", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers), ("c", OneHotEncoder(), texts)]
    times, (ours, theirs) = bench.in_turn(
        our_transforms(bench, table, "impute:add_indicator=false", "standard", "one_hot:min_frequency=1,max_categories=1000"),
        lambda: fitted(ColumnTransformer(steps), frame), 3)
    return bench.row(f"impute, standard, one_hot: {ROWS} x 16", GOALS["mixed"], times, "sklearn", "columns", ours.columns(),
                     theirs[1].shape[1])


def bench_bins(bench):
    x = numpy.random.default_rng(2).normal(size=(500000, 28))
    table = bench.our_table(x)
    times, (ours, theirs) = bench.in_turn(our_transforms(bench, table, "bins:n_bins=255,encode=ordinal"),
                                          lambda: fitted(_BinMapper(n_bins=256, random_state=0, n_threads=1), x), 3)
    return bench.row("quantile bins of all rows (sklearn: of 200000): 500000 x 28", GOALS["bins"], times,
                     "sklearn HistGB's", "columns", ours.columns(), theirs[1].shape[1])


def mails(seed=5):
    """From a directory, or made: a Zipf vocabulary, lengths as mails have them."""
    paths = sorted(glob.glob(os.path.join(os.environ.get("MAILS", "/nowhere"), "**", "*.txt"), recursive=True))
    if paths:
        return [open(path, "rb").read().decode("utf-8", "replace").replace("\0", " ") for path in paths]
    r = numpy.random.default_rng(seed)
    letters = numpy.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    words = numpy.array(["".join(letters[numpy.minimum(r.geometric(.12, n) - 1, 25)]) for n in r.integers(2, 11, 180000)],
                        dtype=object)
    weight = 1 / numpy.arange(2, len(words) + 2) ** 1.05
    texts = []
    for length in numpy.minimum(r.lognormal(6.2, 1, MAILS).astype(int) + 20, 20000):
        texts.append(" ".join(words[r.choice(len(words), length, p=weight / weight.sum())]) + ".\n")
    return texts


def bench_texts(bench):
    texts, rows = mails(), []
    table = bench.call("table_new", len(texts))
    add_texts(bench, table, "text", texts)
    size = sum(map(len, texts)) / 1e6
    for goal, name, ngrams in (("words", "words", (1, 1)), ("pairs", "words and pairs", (1, 2))):
        transform = f"tfidf:columns=text,ngram_range={ngrams[0]},{ngrams[1]},min_df=2"
        times, (ours, theirs) = bench.in_turn(
            our_transforms(bench, table, transform),
            lambda: fitted(TfidfVectorizer(ngram_range=ngrams, min_df=2), texts), 3 if goal == "words" else 1)
        rows.append(bench.row(f"tfidf of {name}: {len(texts)} mails, {size:.0f} MB", GOALS[goal], times, "sklearn", "terms",
                              ours.columns(), theirs[1].shape[1]))
    return rows


def rows(bench):
    declare(bench)
    return [bench_mixed(bench), bench_bins(bench), *bench_texts(bench)]
