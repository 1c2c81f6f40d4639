-- A version of store.db: steps that are kept for reuse, and runs that asked for none of it.

CREATE TABLE cache_step (        -- one row a kept step; what it left lies in cache/steps, or sealed/cache when it saw held-out rows
    key TEXT PRIMARY KEY,        -- digest of all that the step could see
    team TEXT NOT NULL,
    kind TEXT NOT NULL,          -- build train sample predict
    seed_at INTEGER NOT NULL,    -- as in step
    heldout INTEGER NOT NULL,
    run TEXT NOT NULL,           -- in which it was really run
    result TEXT NOT NULL,        -- digest of the entry's result.json
    bytes INTEGER NOT NULL,      -- on disk, rounded up to blocks
    made_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,    -- last use: who was used longest ago makes room
    uses INTEGER NOT NULL        -- how often it was reused
) STRICT, WITHOUT ROWID;
CREATE INDEX cache_step_by_use ON cache_step (used_ms, key);
CREATE INDEX cache_step_by_team ON cache_step (team);

CREATE TABLE cache_total (       -- one row: the bytes of all, so that nobody has to sum them up
    one INTEGER PRIMARY KEY CHECK (one = 1),
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO cache_total (one, bytes) VALUES (1, 0);
CREATE TRIGGER cache_step_added AFTER INSERT ON cache_step
    BEGIN UPDATE cache_total SET bytes = bytes + new.bytes; END;
CREATE TRIGGER cache_step_changed AFTER UPDATE OF bytes ON cache_step
    BEGIN UPDATE cache_total SET bytes = bytes + new.bytes - old.bytes; END;
CREATE TRIGGER cache_step_removed AFTER DELETE ON cache_step
    BEGIN UPDATE cache_total SET bytes = bytes - old.bytes; END;

CREATE TABLE run_fresh (         -- runs whose steps are all to be run: holdout grade --no-cache
    run TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
