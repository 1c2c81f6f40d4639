-- store.db: runs of which not everything is kept any more (keep in course.yaml).

CREATE TABLE dropped (
    run TEXT PRIMARY KEY REFERENCES run(id),
    files INTEGER NOT NULL,      -- 0: its logs are no longer kept; 1: nor its files and predictions
    at_ms INTEGER NOT NULL       -- of the inbox event that says so
) STRICT, WITHOUT ROWID;

CREATE TABLE kept (              -- one row: what artifacts/ and sealed/ held at the last look
    one INTEGER PRIMARY KEY CHECK (one = 1),
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
