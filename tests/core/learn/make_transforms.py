# Makes the numbers that test_transforms.c compares with, by scikit-learn 1.2.1 (python3-sklearn of Debian 12):
#   /usr/bin/python3 tests/core/learn/make_transforms.py
# writes transforms.json beside itself: tables (columns of real data sets), and cases: what our transforms are called with,
# and what scikit-learn makes of it. Of wide results every 7th column.
import json
import os
import warnings

import numpy as np
import pandas
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures,
                                   PowerTransformer, RobustScaler, StandardScaler)
from sklearn.decomposition import PCA

warnings.simplefilter("ignore")
here = os.path.dirname(os.path.abspath(__file__))
examples = os.path.join(here, "../../../examples/data")


def clean(a):
    """Column by column, NaN as null."""
    a = np.asarray(a.todense() if hasattr(a, "todense") else a, dtype=float)
    return [[None if np.isnan(v) else int(v) if v == int(v) else float("%.13g" % v) for v in column] for column in a.T]


def numbers(name, x, columns):
    x = np.vectorize(lambda v: float("%.9g" % v))(np.array(x[:, columns], dtype=float))
    return name, [{"name": "c%d" % i, "numbers": clean(x[:, [i]])[0]} for i in range(x.shape[1])], x


iris, wine, cancer, diabetes = load_iris(), load_wine(), load_breast_cancer(), load_diabetes()
tables = [numbers("iris", iris.data[::3], range(4)), numbers("wine", wine.data[::3], range(5)),
          numbers("breast_cancer", cancer.data[:60], range(6)), numbers("diabetes", diabetes.data[:50], [0, 2, 3])]
gaps = wine.data[::3, :6].copy()
gaps[np.random.default_rng(1).random(gaps.shape) < 0.1] = np.nan
tables.append(numbers("wine with gaps", gaps, range(6)))

cases = []


def case(table, transforms, values, tolerance=1e-9):
    cases.append({"table": table, "transforms": transforms, "columns": clean(values), "tolerance": tolerance})


for name, _, x in tables:
    median = SimpleImputer(strategy="median")
    mean = SimpleImputer(strategy="mean")
    frequent = SimpleImputer(strategy="most_frequent")
    full = not np.isnan(x).any()
    plain = "impute:add_indicator=false"
    case(name, [plain], median.fit_transform(x))
    case(name, [plain + ",strategy=mean"], mean.fit_transform(x))
    case(name, [plain + ",strategy=most_frequent"], frequent.fit_transform(x))
    case(name, [plain + ",strategy=constant,fill_value=-7.5"], SimpleImputer(strategy="constant", fill_value=-7.5).fit_transform(x))
    case(name, ["standard"], StandardScaler().fit_transform(x))
    case(name, ["standard:with_mean=false"], StandardScaler(with_mean=False).fit_transform(x))
    case(name, ["min_max"], MinMaxScaler().fit_transform(x))
    case(name, ["min_max:low=-2,high=5"], MinMaxScaler(feature_range=(-2, 5)).fit_transform(x))
    case(name, ["robust"], RobustScaler().fit_transform(x))
    case(name, ["robust:low=0.1,high=0.9,with_centering=false"],
         RobustScaler(quantile_range=(10, 90), with_centering=False).fit_transform(x))
    case(name, ["power"], PowerTransformer().fit_transform(x), 5e-5)
    case(name, ["power:standardize=false"], PowerTransformer(standardize=False).fit_transform(x), 5e-4)
    case(name, [plain, "standard"], StandardScaler().fit_transform(median.fit_transform(x)))
    low, high = np.nanquantile(x, 0.05, axis=0), np.nanquantile(x, 0.9, axis=0)
    case(name, ["clip:low=0.05,high=0.9"], np.clip(x, low, high))
    q1, q3 = np.nanquantile(x, 0.25, axis=0), np.nanquantile(x, 0.75, axis=0)
    case(name, ["clip:method=iqr"], np.clip(x, q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)))
    m, s = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    case(name, ["clip:method=zscore,factor=2,to=missing"], np.where(abs(x - m) > 2 * s, np.nan, x))
    if full and x.min() > 0:
        case(name, ["power:method=box-cox"], PowerTransformer(method="box-cox").fit_transform(x), 5e-5)
    if full:
        case(name, ["bins:n_bins=4,encode=ordinal"], KBinsDiscretizer(4, encode="ordinal").fit_transform(x))
        case(name, ["bins:n_bins=4"], KBinsDiscretizer(4, encode="onehot-dense").fit_transform(x))
        case(name, ["bins:n_bins=6,encode=ordinal,strategy=uniform"],
             KBinsDiscretizer(6, encode="ordinal", strategy="uniform").fit_transform(x))
        case(name, ["polynomial"], PolynomialFeatures(2, include_bias=False).fit_transform(x), 1e-12)
        case(name, ["polynomial:interaction_only=true"],
             PolynomialFeatures(2, include_bias=False, interaction_only=True).fit_transform(x), 1e-12)
        components = PCA(2).fit(StandardScaler().fit_transform(x))
        signs = np.sign(components.components_[range(2), abs(components.components_).argmax(axis=1)])
        case(name, ["standard", "pca:n_components=2"], components.transform(StandardScaler().fit_transform(x)) * signs, 1e-8)

credit = pandas.read_csv(os.path.join(examples, "credit_data.csv")).iloc[:100]
ames = pandas.read_csv(os.path.join(examples, "ames.csv")).iloc[:100]
for name, frame in (("credit", credit), ("ames", ames)):
    texts = [c for c in frame.columns if frame[c].dtype == object and c != "id" and 1 < frame[c].nunique() < 40][:4]
    part = frame[texts]
    known = part.fillna("missing")
    tables.append((name, [{"name": c, "texts": [None if isinstance(v, float) else v for v in part[c]]} for c in texts], None))
    full = [c for c in texts if not part[c].isna().any()]
    only = "columns=" + ",".join(full)
    case(name + ":" + ",".join(full), ["one_hot:min_frequency=1"], OneHotEncoder().fit_transform(part[full]))
    case(name + ":" + ",".join(full), ["one_hot:min_frequency=9,handle_unknown=infrequent_if_exist"],
         OneHotEncoder(min_frequency=9, handle_unknown="infrequent_if_exist").fit_transform(part[full]))
    case(name + ":" + ",".join(full), ["ordinal"], OrdinalEncoder().fit_transform(part[full]))
    for c in full[:2]:
        hashed = FeatureHasher(16).transform([{c: v} for v in part[c]])
        case(name + ":" + c, ["hashing:n_features=16"], hashed)

documents = ["The quick brown fox jumps over the lazy dog", "the DOG barks; the fox runs, runs and runs!",
             "Größe und ÄRGER: naïve café, ΣΊΣΥΦΟΣ ΟΔΟΣ", "", "x y z 12 3_4 a1 Ünder_score under_score",
             "don't stop-me now now now", "Привет МИР мир", "日本語 テキスト 日本語", "fox fox dog dog quick quick"] * 2
documents += ["only here once", "İstanbul ISTANBUL straße STRASSE"]
tables.append(("documents", [{"name": "text", "texts": documents}], None))
for transforms, vectorizer in (
    ("tfidf:columns=text", TfidfVectorizer()),
    ("tfidf:columns=text,ngram_range=1,2,sublinear_tf=true", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)),
    ("tfidf:columns=text,ngram_range=2,2,min_df=2", TfidfVectorizer(ngram_range=(2, 2), min_df=2)),
    ("tfidf:columns=text,min_df=2,max_df=0.3,norm=l1", TfidfVectorizer(min_df=2, max_df=0.3, norm="l1")),
    ("tfidf:columns=text,use_idf=false,norm=none", TfidfVectorizer(use_idf=False, norm=None)),
):
    case("documents", [transforms], vectorizer.fit_transform(documents), 1e-12)

words = pandas.Series(documents).str.len()
cases.append({"table": "documents", "transforms": ["hashing:columns=text,n_features=64"], "tolerance": 1e-12, "text": True,
              "columns": clean(HashingVectorizer(n_features=64).transform(documents))})
cases.append({"table": "documents", "transforms": ["hashing:columns=text,n_features=64,ngram_range=1,2"], "tolerance": 1e-12,
              "text": True, "columns": clean(HashingVectorizer(n_features=64, ngram_range=(1, 2)).transform(documents))})

# Dates, and the past by group: pandas
times = pandas.to_datetime(["2024-02-29 23:59:58", "1969-12-31 00:00:01", "2000-01-01 12:00:00", None, "2023-12-31 06:30:00",
                            "1900-03-01 00:00:00"])
tables.append(("times", [{"name": "when", "times": [None if pandas.isna(t) else t.timestamp() for t in times]}], None))
parts = np.array([times.year, times.month, times.day, times.dayofweek, times.hour, times.dayofyear], dtype=float).T
case("times", ["dates"], parts, 0)
angle = 2 * np.pi * np.array([(times.month - 1) / 12, times.hour / 24], dtype=float)
case("times", ["dates:cyclical=true,parts=month,hour"], np.array([np.sin(angle[0]), np.cos(angle[0]), np.sin(angle[1]), np.cos(angle[1])]).T, 1e-12)

rng = np.random.default_rng(5)
rows = 80
sales = pandas.DataFrame({"shop": rng.choice(["a", "b", "c"], rows), "day": rng.permutation(rows).astype(float),
                          "sold": np.round(rng.normal(size=rows), 3)})
sales.loc[rng.choice(rows, 6, False), "sold"] = np.nan
tables.append(("sales", [{"name": "shop", "texts": list(sales["shop"])}, {"name": "day", "numbers": list(sales["day"])},
                         {"name": "sold", "numbers": clean(sales[["sold"]].values)[0]}], None))
ordered = sales.sort_values("day")
groups = ordered.groupby("shop")["sold"]


def past(columns):
    frame = pandas.DataFrame(columns).sort_index()
    return np.column_stack([sales[["day", "sold"]].values, frame.values])


def rolled(function):
    return groups.transform(lambda s: getattr(s.shift(1).rolling(4, min_periods=1), function)())


case("sales", ["lags:columns=sold,lags=1,3"], past({"1": groups.shift(1), "3": groups.shift(3)}), 0)
case("sales", ["rolling:columns=sold,window=4,functions=mean,std,min,max,sum"],
     past({f: rolled(f) for f in ("mean", "std", "min", "max", "sum")}), 1e-9)
case("sales", ["differences:columns=sold,periods=2"], past({"d": groups.diff(2)}), 1e-12)

with open(os.path.join(here, "transforms.json"), "w") as out:
    for c in cases:
        if len(c["columns"]) > 40:
            c["every"] = 7
            c["count"] = len(c["columns"])
            c["columns"] = c["columns"][::7]
    json.dump({"tables": [{"name": n, "columns": c} for n, c, _ in tables], "cases": cases}, out, separators=(",", ":"))
    out.write("\n")
