"""Tables in and out against pandas and R's data.table: a file of 1.9 million rows like one of flights and diamonds.

18 columns: a date, whole numbers, decimals of 4 to 12 digits, codes of 1 to 9 letters, one of 4,000 tail numbers; one cell
in a hundred is missing. Peers as they come out of the box, with one thread. Times of data.table are those that R says.
"""
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import pandas

ROWS, WRITTEN = 1900000, 500000
ROUNDS = 5


class Reading(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("id", ctypes.c_char_p), ("schema", ctypes.c_char_p), ("threads", ctypes.c_uint)]


def made(rows, seed=11):
    r = numpy.random.default_rng(seed)
    letters = list("ABCDEFGHIJKLMNOPRSTUVWXY")
    airports = numpy.array(sorted({"".join(x) for x in r.choice(letters, (340, 3))}))
    weight = r.pareto(1.2, len(airports)) + 0.05
    weight /= weight.sum()
    tails = numpy.array([f"N{n}{s}" for n, s in zip(r.integers(100, 999, 4000), r.choice(["AA", "UA", "WN", "DL", "SW"], 4000))])
    carat = numpy.exp(r.normal(-0.4, 0.58, rows)).clip(0.2, 5)
    size = 6.46 * carat ** (1 / 3)
    frame = pandas.DataFrame({
        "date": numpy.datetime_as_string(numpy.datetime64("2001-01-01") + r.integers(0, 181, rows)),
        "delay": numpy.rint(r.gamma(1.2, 20, rows) - 15),
        "distance": r.integers(60, 2900, rows),
        "origin": r.choice(airports, rows, p=weight),
        "destination": r.choice(airports, rows, p=weight),
        "tail": r.choice(tails, rows),
        "carat": (carat + r.normal(0, 0.003, rows)).round(4),
        "cut": r.choice(["Ideal", "Premium", "Very Good", "Good", "Fair"], rows, p=[.4, .26, .22, .09, .03]),
        "color": r.choice(list("GEFHDIJ"), rows),
        "clarity": r.choice(["SI1", "VS2", "SI2", "VS1", "VVS2", "VVS1", "IF", "I1"], rows),
        "depth": r.normal(61.75, 1.43, rows).round(6),
        "table": r.normal(57.46, 2.23, rows).round(6),
        "price": numpy.rint(carat ** 1.67 * 4500 * numpy.exp(r.normal(0, 0.2, rows))),
        "x": (size + r.normal(0, 0.05, rows)).round(7),
        "y": (size + r.normal(0, 0.05, rows)).round(7),
        "z": (size * 0.62 + r.normal(0, 0.05, rows)).round(7),
        "score": r.normal(0, 1, rows).round(12),
        "row": numpy.arange(rows),
    })
    for name in frame.columns[:-1]:
        frame.loc[r.random(rows) < 0.01, name] = None
    for name in ("delay", "distance", "price"):
        frame[name] = frame[name].astype("Int64")
    return frame


class DataTable:
    """R with data.table on one thread, one expression at a time."""

    LOOP = ('suppressMessages(library(data.table)); setDTthreads(1); lines <- file("stdin", "r");'
            'while (length(line <- readLines(lines, 1))) { gc(FALSE); used <- system.time(eval(parse(text = line)));'
            'cat(1000 * (used[1] + used[2]), sum(d$x, na.rm = TRUE), "\\n"); flush(stdout()) }')

    def __init__(self):
        self.process = subprocess.Popen(["Rscript", "-e", self.LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, expression):
        """CPU ms, and the sum of x."""
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def medians(runs):
    """Each of runs gives its ms and a result; one round that does not count, then in turn. Medians, and last results."""
    times = [[] for _ in runs]
    for at in range(ROUNDS + 1):
        results = []
        for run, taken in zip(runs, times):
            ms, result = run()
            results.append(result)
            if at:
                taken.append(ms)
    return [statistics.median(taken) for taken in times], results


def timed(work, clock=time.process_time):
    def run():
        start = clock()
        result = work()
        return (clock() - start) * 1000, result
    return run


def sum_of_x(bench, table):
    numbers = bench.LIBRARY.holdout_table_numbers(table, bench.LIBRARY.holdout_table_find(table, b"x"))
    return float(numpy.nansum(numpy.ctypeslib.as_array(numbers, (bench.LIBRARY.holdout_table_rows(table),))))


def bind(bench):
    bench.LIBRARY.holdout_table_read_as.restype = bench.HANDLE
    bench.LIBRARY.holdout_table_read_as.argtypes = (bench.TEXT, ctypes.POINTER(Reading), bench.WHY)
    bench.LIBRARY.holdout_table_write.restype = ctypes.c_bool
    bench.LIBRARY.holdout_table_write.argtypes = (bench.HANDLE, bench.TEXT, bench.WHY)


def reader(bench, path, threads):
    how = Reading(size=ctypes.sizeof(Reading), threads=threads)

    def run():
        table = bench.call("table_read_as", path.encode(), ctypes.byref(how))
        total = sum_of_x(bench, table)
        bench.LIBRARY.holdout_table_free(table)
        return total
    return run


def bench_read(bench, path, other):
    name = f"read CSV of {os.path.getsize(path) / 1e6:.0f} MB"
    (ours, pandas_ms, fread_ms), (one, two, three) = medians((
        timed(reader(bench, path, 1)),
        timed(lambda: float(pandas.read_csv(path)["x"].sum())),
        lambda: other.run(f'd <- fread("{path}", showProgress = FALSE)')))
    out = [bench.row(name, 5, (ours, pandas_ms), "pandas", "sum of x", one, two),
           bench.row(name, 2, (ours, fread_ms), "data.table's fread", "sum of x", one, three)]
    (two_threads, one_thread), results = medians((timed(reader(bench, path, 2), time.perf_counter),
                                                  timed(reader(bench, path, 1), time.perf_counter)))
    out.append(bench.row(name + ", 2 threads, wall", 1.4, (two_threads, one_thread), "ours on one", "sum of x", *results))
    return out


def bench_write(bench, path, part, work, other):
    frame = pandas.read_csv(part)
    other.run(f'd <- fread("{part}", showProgress = FALSE)')
    table = bench.call("table_read", part.encode())
    names = [f"{work}/{name}.csv" for name in ("ours", "pandas", "fwrite")]
    (ours, pandas_ms, fwrite_ms), _ = medians((
        timed(lambda: bench.call("table_write", table, names[0].encode())),
        timed(lambda: frame.to_csv(names[1], index=False)),
        lambda: other.run(f'fwrite(d, "{names[2]}", showProgress = FALSE)')))
    bench.LIBRARY.holdout_table_free(table)
    sums = [float(pandas.read_csv(name, float_precision="round_trip")["x"].sum()) for name in names]
    name = f"write CSV of {WRITTEN} rows"
    return [bench.row(name, 1.5, (ours, fwrite_ms), "data.table's fwrite", "sum of x", sums[0], sums[2]),
            bench.row(name, 6, (ours, pandas_ms), "pandas", "sum of x", sums[0], sums[1])]


def peak(path, how):
    """MB that reading took at its highest in a process of its own, beyond what it had before."""
    out = subprocess.run([sys.executable, __file__, how, path], check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), float(out[1])


def bench_memory(bench, path):
    (ours, one), (theirs, two) = peak(path, "ours"), peak(path, "pandas")
    return {"name": f"memory to read CSV of {os.path.getsize(path) / 1e6:.0f} MB, the file's pages included, MB",
            "ours": ours, "peer": theirs, "peer_name": "pandas", "ratio": round(theirs / ours, 2), "target": 1.82,
            "met": theirs / ours >= 1.82, "quality": "sum of x", "ours_quality": one, "peer_quality": two}


def rows(bench):
    bind(bench)
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        path, part = work + "/big.csv", work + "/part.csv"
        frame = made(ROWS)
        frame.to_csv(path, index=False)
        frame[:WRITTEN].to_csv(part, index=False)
        del frame
        other = DataTable()
        try:
            return [*bench_read(bench, path, other), *bench_write(bench, path, part, work, other), bench_memory(bench, path)]
        finally:
            other.close()


def main():
    """In a process of its own: read once, say the peak."""
    how, path = sys.argv[1:]

    def memory():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    before = memory()
    if how == "pandas":
        total = float(pandas.read_csv(path)["x"].sum())
    else:
        import core as bench
        bind(bench)
        before = memory()
        total = reader(bench, path, 1)()
    print(max(round(memory() - before, 1), 1), total)


if __name__ == "__main__":
    main()
