# Two stores table by table: prints what differs. usage: stores.py before after [--looks]
import re
import sqlite3
import sys

before, after = (sqlite3.connect(f"file:{path}?mode=ro", uri=True) for path in sys.argv[1:3])
looks = "--looks" in sys.argv  # the store before was not read: what no event holds may differ

# what a rebuild cannot know: the audit, by which version a board was made last, the cache, what follows the receipt; comparisons are made when it is served
UNKNOWN = {"audit", "board_due", "board_made", "cache_step", "cache_total", "sqlite_sequence", "comparison", "compare_due", "kept"}
LOOKS = {"team": {"looked_ms", "state", "message", "served_ms"}, "intake": {"seen"}}
IGNORED = {
    "run": {"lease_boot_ms", "boot_id", "deadline_boot_ms", "fence"},
    "meta": set(),
}


def rows(db, table, columns):
    of_ended = " WHERE run IN (SELECT id FROM run WHERE ended_ms > 0)" if table == "step" else ""
    order = ", ".join(str(i + 1) for i in range(len(columns)))
    out = db.execute(f"SELECT {', '.join(columns)} FROM {table}{of_ended} ORDER BY {order}").fetchall()
    if table == "step":  # record and announce end after the receipt is written
        at, ended, wall, started = (columns.index(c) for c in ("name", "ended_ms", "wall_us", "started_ms"))
        out = [
            tuple(None if row[at] in ("record", "announce") and i in (ended, wall, started) else v for i, v in enumerate(row))
            for row in out
        ]
    if table == "meta":  # the slots of the machine; environments are tried when it is served
        out = [(name, re.sub('"slots":[0-9]+', "", value)) for name, value in out if name != "environments"]
    if table == "run":  # what was tried of runs that have not ended is forgotten
        ended = columns.index("ended_ms")
        forgotten = [columns.index(c) for c in ("state", "started_ms", "version", "attempt", "not_before_ms", "held", "message", "detail")]
        out = [tuple("" if not row[ended] and i in forgotten else v for i, v in enumerate(row)) for row in out]
    if table == "submission":  # nor what their submission.yaml says
        ended = {row[0] for row in db.execute("SELECT submission FROM run WHERE ended_ms > 0")}
        said = [columns.index(c) for c in ("task", "deliverable")]
        out = [tuple("" if row[0] not in ended and i in said else v for i, v in enumerate(row)) for row in out]
    return out


tables = [name for (name,) in before.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
differs = 0
for table in sorted(set(tables) - UNKNOWN):
    columns = [row[1] for row in before.execute(f"PRAGMA table_info({table})")]
    leave = IGNORED.get(table, set()) | (LOOKS.get(table, set()) if looks else set())
    columns = [c for c in columns if c not in leave]
    old, new = rows(before, table, columns), rows(after, table, columns)
    if old != new:
        differs += 1
        print(f"{table}: {len(old)} rows before, {len(new)} after")
        for left in [r for r in old if r not in new][:3]:
            print("  before:", dict(zip(columns, left)))
        for right in [r for r in new if r not in old][:3]:
            print("  after: ", dict(zip(columns, right)))
sys.exit(differs > 0)
