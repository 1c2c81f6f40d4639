-- Of rescores that are not over: what a rebuild of store.db puts back.

CREATE TABLE batch_record (      -- those that were ready or paused; one that goes on has none
    batch TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL         -- in sealed/: grader/repeat/record.h
) STRICT, WITHOUT ROWID;
