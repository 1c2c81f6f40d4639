-- sealed.db: what only the grader may read: exact held-out values, predictions per seed, hidden seeds.

CREATE TABLE secret (            -- one row a name; drawn once
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL          -- hex
) STRICT, WITHOUT ROWID;

CREATE TABLE prediction (        -- a run's predictions for one seed, mapped back to the solution's row order
    run TEXT NOT NULL,
    seed_at INTEGER NOT NULL,
    sha256 TEXT NOT NULL,        -- in sealed/
    PRIMARY KEY (run, seed_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE value (             -- exact metrics, public and private
    run TEXT NOT NULL,
    metric TEXT NOT NULL,
    rows TEXT NOT NULL,          -- public private
    value REAL,                  -- NULL: not available, note says why
    low REAL,
    high REAL,
    note TEXT NOT NULL,
    PRIMARY KEY (run, metric, rows)
) STRICT, WITHOUT ROWID;

CREATE TABLE measure (           -- exact time and memory of steps that saw held-out data, and the digest of their log
    run TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    wall_us INTEGER NOT NULL,
    cpu_us INTEGER NOT NULL,
    memory_peak_bytes INTEGER NOT NULL,
    log TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
