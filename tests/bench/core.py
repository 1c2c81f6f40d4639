#!/usr/bin/env python3
"""The core against the usual Python libraries: the same data, in turn, one thread each, medians; quality beside time.

Ours is libholdout through ctypes, in this process: no program start counts on either side. Times are CPU times, so that
what else the machine does matters little. Data are made here from a seed. Goals: how many times the peer's speed we want.
"""
import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

import ctypes
import gc
import importlib
import json
import statistics
import sys
import time
import warnings

import numpy
import pandas
import sklearn

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
ROUNDS = 5


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char * 256)]


class Training(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("target", ctypes.c_char_p), ("id", ctypes.c_char_p),
                ("learner", ctypes.c_char_p), ("params", ctypes.POINTER(ctypes.c_char_p)),
                ("transforms", ctypes.POINTER(ctypes.c_char_p)), ("seed", ctypes.c_uint64), ("threads", ctypes.c_uint),
                ("drop", ctypes.POINTER(ctypes.c_char_p)), ("kind", ctypes.c_char_p), ("time", ctypes.c_char_p),
                ("group", ctypes.c_char_p), ("weight", ctypes.c_char_p), ("calibrate", ctypes.c_char_p)]


class Rows(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("n", ctypes.c_size_t), ("truth", ctypes.POINTER(ctypes.c_double)),
                ("prediction", ctypes.POINTER(ctypes.c_double)), ("width", ctypes.c_size_t),
                ("class_count", ctypes.c_size_t), ("group", ctypes.POINTER(ctypes.c_uint32)),
                ("group_count", ctypes.c_size_t), ("without_interval", ctypes.c_bool), ("resamples", ctypes.c_size_t),
                ("seed", ctypes.c_uint64), ("features", ctypes.POINTER(ctypes.c_double)),
                ("feature_count", ctypes.c_size_t)]


class Value(ctypes.Structure):
    _fields_ = [("value", ctypes.c_double), ("low", ctypes.c_double), ("high", ctypes.c_double)]


DOUBLES = ctypes.POINTER(ctypes.c_double)
HANDLE, TEXT, SIZE, WHY = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Error)
FUNCTIONS = {
    "table_read": (HANDLE, TEXT, WHY),
    "table_new": (HANDLE, SIZE, WHY),
    "table_free": (None, HANDLE),
    "table_rows": (SIZE, HANDLE),
    "table_find": (ctypes.c_ssize_t, HANDLE, TEXT),
    "table_numbers": (DOUBLES, HANDLE, SIZE),
    "table_add_numbers": (ctypes.c_bool, HANDLE, TEXT, DOUBLES, WHY),
    "train": (HANDLE, HANDLE, ctypes.POINTER(Training), WHY),
    "model_free": (None, HANDLE),
    "predict": (ctypes.c_bool, HANDLE, HANDLE, DOUBLES, SIZE, WHY),
    "measure": (ctypes.c_bool, TEXT, DOUBLES, DOUBLES, SIZE, ctypes.POINTER(Value), WHY),
    "measure_rows": (ctypes.c_bool, TEXT, ctypes.POINTER(Rows), ctypes.POINTER(Value), WHY),
    "model_outputs": (SIZE, HANDLE),
    "model_features": (SIZE, HANDLE),
    "model_set_threads": (None, HANDLE, ctypes.c_uint),
    "model_describe": (TEXT, HANDLE),
    "table_add_texts": (ctypes.c_bool, HANDLE, TEXT, ctypes.POINTER(TEXT), WHY),
    "cross_validate": (ctypes.c_bool, HANDLE, ctypes.POINTER(Training), SIZE, TEXT, ctypes.POINTER(Value), WHY),
}
LIBRARY = ctypes.CDLL(BUILD + "/lib/libholdout.so")
LIBC = ctypes.CDLL(None)
for name, (gives, *takes) in FUNCTIONS.items():
    getattr(LIBRARY, "holdout_" + name).restype = gives
    getattr(LIBRARY, "holdout_" + name).argtypes = takes


def call(name, *arguments):
    """A function of libholdout that can fail; its error ends the benchmark."""
    error = Error()
    result = getattr(LIBRARY, "holdout_" + name)(*arguments, ctypes.byref(error))
    if not result:
        raise SystemExit(f"holdout_{name}: {error.text.decode()}")
    return result


def doubles(array):
    return array.ctypes.data_as(DOUBLES)


def our_table(x, y=None):
    table = call("table_new", len(x))
    for at in range(x.shape[1]):
        call("table_add_numbers", table, b"x%d" % at, doubles(numpy.ascontiguousarray(x[:, at])))
    if y is not None:
        call("table_add_numbers", table, b"y", doubles(numpy.ascontiguousarray(y, dtype=float)))
    return table


def our_learner(learner, params, x, y, new, transforms=(b"standard",), threads=1):
    """Both tables are made before the clock runs, as the peer's arrays are. Transforms () are none."""
    train, sample = our_table(x, y), our_table(new)
    how = Training(size=ctypes.sizeof(Training), target=b"y", learner=learner, threads=threads,
                   params=(ctypes.c_char_p * (len(params) + 1))(*params, None),
                   transforms=(ctypes.c_char_p * (len(transforms) + 1))(*transforms, None))

    def run():
        out = numpy.empty(len(new))
        model = call("train", train, ctypes.byref(how))
        call("predict", model, sample, doubles(out), len(out))
        LIBRARY.holdout_model_free(model)
        return out
    return run


def measure(metric, truth, prediction, interval=True, **fields):
    """fields: others of struct holdout_rows."""
    value = Value()
    truth, prediction = (numpy.ascontiguousarray(a, dtype=float) for a in (truth, prediction))
    rows = Rows(size=ctypes.sizeof(Rows), n=len(truth), truth=doubles(truth), prediction=doubles(prediction),
                without_interval=not interval, **fields)
    call("measure_rows", metric, ctypes.byref(rows), ctypes.byref(value))
    return value.value


class Times(list):
    """Medians in ms, ours and theirs; memory: MB that each took beyond input and result, where it was measured."""
    memory = None


def in_turn(ours, peer, rounds=ROUNDS, clock=time.process_time):
    """One round each that does not count, then ours and theirs alternate. Times, and both results."""
    results = ours(), peer()
    times = [], []
    for _ in range(rounds):
        for run, taken in zip((ours, peer), times):
            start = clock()
            run()
            taken.append((clock() - start) * 1000)
    medians = Times(statistics.median(taken) for taken in times)
    if clock is time.process_time:
        medians.memory = [memory_of(run) for run in (ours, peer)]
    return medians, results


def resident(key):
    """MB: VmRSS, or VmHWM, its highest since the last reset."""
    gc.collect()
    LIBC.malloc_trim(0)
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key)) / 1024


def memory_of(run):
    """MB at the highest beyond the input and the result, in a process of its own that has all that this one has."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        owner = getattr(run, "__self__", None)
        try:
            if hasattr(owner, "drop"):
                owner.drop()  # the model of a former run: the one of this run is its result
            before = resident("VmRSS")
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
            result = run()
            most = resident("VmHWM")
            kept = max(resident("VmRSS") - before, 0)
            os.write(writer, str(max(most - before - kept, 0)).encode())
            status = 0 if result is not run else 1  # the result is held until here
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return float(text) if not status else None


def row(name, target, times, peer_name, quality=None, ours_quality=None, peer_quality=None):
    """target: how many times the peer's speed we want; None where nothing was set."""
    ours, peer = times
    one = {"name": name + ", ms", "ours": round(ours, 2), "peer": round(peer, 2), "peer_name": peer_name,
            "ratio": round(peer / ours, 2), "target": target, "met": target is None or peer / ours >= target,
            "quality": quality, "ours_quality": ours_quality, "peer_quality": peer_quality}
    if getattr(times, "memory", None) and None not in times.memory:
        one["ours_mb"], one["peer_mb"] = (round(taken, 1) for taken in times.memory)
        one["memory_met"] = one["ours_mb"] <= one["peer_mb"] * (.5 if "sklearn" in peer_name else 1)
    if "--json" not in sys.argv:
        show(one)  # as soon as it is known: a whole run takes long
    return one


def modules():
    """core_*.py beside this file; each has rows(bench), which gives a list of what row() makes."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    only = os.environ.get("ONLY")  # such as trees: one part alone
    names = sorted(name[:-3] for name in os.listdir(here) if name.startswith("core_") and name.endswith(".py"))
    return [importlib.import_module(name) for name in names if not only or name == "core_" + only]


def show(one):
    print(f"  {one['name']:<64} {one['ours']:10.2f}   {one['peer_name']:<28} {one['peer']:10.2f}   ratio {one['ratio']:7.2f}"
          + (f", goal {one['target']:5.2f}: {'met' if one['met'] else 'missed'}" if one["target"] else ""))
    if one["quality"]:
        print(f"    {one['quality']:<62} {one['ours_quality']:10.6g}   {'':<28} {one['peer_quality']:10.6g}")
    if "ours_mb" in one:
        goal = "half of" if "sklearn" in one["peer_name"] else "no more than"
        print(f"    {'memory beyond input and result, MB':<62} {one['ours_mb']:10.1f}   {'':<28} {one['peer_mb']:10.1f}"
              f"   goal {goal} the peer's: {'met' if one['memory_met'] else 'missed'}")
    sys.stdout.flush()


def main():
    warnings.simplefilter("ignore")
    rows = []
    as_json = "--json" in sys.argv
    if not as_json:
        print(f"core against its peers (scikit-learn {sklearn.__version__}, pandas {pandas.__version__}, ...), one thread"
              f" each unless said, medians of {ROUNDS} in turn, CPU ms")
    for module in modules():
        for one in module.rows(sys.modules[__name__]):
            rows.append(one)
    if as_json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
