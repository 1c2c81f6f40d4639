"""Stands in for the grader in tests of the web: makes DIR/state/store.db from the real schema and the fixture, then keeps
it open and runs each line of SQL that comes in, answering "ok". `store.py DIR [--once] [--empty]`."""
import os
import re
import sqlite3
import sys


def migrations_of(root):
    """The files of store.db's versions, in the order of the table in queries.c."""
    store = os.path.join(root, "grader", "store")
    with open(os.path.join(store, "queries.c"), encoding="utf-8") as text:
        names = re.search(r"store_migrations\[\] = \{(.*?)\}", text.read(), re.S).group(1)
    return [os.path.join(store, name + ".sql") for name in re.findall(r"(\w+)_sql", names)]


def main():
    directory = sys.argv[1]
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    os.makedirs(os.path.join(directory, "state"), exist_ok=True)
    path = os.path.join(directory, "state", "store.db")
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    migrations = migrations_of(root)
    fixture = os.path.join(root, "tests", "web", "fixture.sql")
    for path in migrations[:1] + ([] if "--empty" in sys.argv else [fixture]) + migrations[1:]:
        with open(path, encoding="utf-8") as text:
            database.executescript("BEGIN;" + text.read() + "COMMIT;")
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
