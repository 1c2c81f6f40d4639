"""Tables in and out against pandas."""
import os
import tempfile

import numpy
import pandas

CSV_ROWS = 290000  # about 50 MB


def bench_csv(bench):
    random = numpy.random.default_rng(3)
    with tempfile.TemporaryDirectory(prefix="holdout-bench-") as work:
        path = work + "/table.csv"
        frame = pandas.DataFrame({f"x{i}": random.normal(size=CSV_ROWS) for i in range(8)})
        frame["home"] = random.choice(["own", "rent", "parents", "other"], CSV_ROWS)
        frame["count"] = random.integers(0, 100000, CSV_ROWS)
        frame.to_csv(path, index=False)
        size = os.path.getsize(path)
        del frame

        def ours():
            table = bench.call("table_read", path.encode())
            numbers = bench.LIBRARY.holdout_table_numbers(table, bench.LIBRARY.holdout_table_find(table, b"x3"))
            total = float(numpy.ctypeslib.as_array(numbers, (bench.LIBRARY.holdout_table_rows(table),)).sum())
            bench.LIBRARY.holdout_table_free(table)
            return total

        times, results = bench.in_turn(ours, lambda: float(pandas.read_csv(path)["x3"].sum()))
    return bench.row(f"CSV of {size / 1e6:.0f} MB", 5, times, "pandas", "sum of x3", *results)


def rows(bench):
    return [bench_csv(bench)]
