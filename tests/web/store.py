"""Stands in for the grader in tests of the web: makes DIR/state/store.db from the real schema and the fixture, then keeps
it open and runs each line of SQL that comes in, answering "ok". `store.py DIR [--once] [--empty]`."""
import os
import sqlite3
import sys


def main():
    directory = sys.argv[1]
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    os.makedirs(os.path.join(directory, "state"), exist_ok=True)
    path = os.path.join(directory, "state", "store.db")
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    with open(os.path.join(root, "grader", "store", "store.sql"), encoding="utf-8") as schema:
        database.executescript("BEGIN;" + schema.read() + "COMMIT;")
    if "--empty" not in sys.argv:
        with open(os.path.join(root, "tests", "web", "fixture.sql"), encoding="utf-8") as rows:
            database.executescript("BEGIN;" + rows.read() + "COMMIT;")
    with open(os.path.join(root, "grader", "store", "store_intake.sql"), encoding="utf-8") as later:
        database.executescript("BEGIN;" + later.read() + "COMMIT;")  # later versions of the schema take the rows over
    print("ready", flush=True)
    if "--once" in sys.argv:
        os._exit(0)  # without closing, so that the log stays beside the database, as the grader leaves it
    for line in sys.stdin:
        try:
            database.execute(line)
            print("ok", flush=True)
        except sqlite3.Error as fault:
            print(fault, flush=True)


main()
