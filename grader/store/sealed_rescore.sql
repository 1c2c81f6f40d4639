-- Of rescores: exact values and predictions that belong to a new version of the task.

CREATE TABLE batch_prediction (  -- as in prediction; those that count once the batch is applied
    batch TEXT NOT NULL,
    run TEXT NOT NULL,
    seed_at INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (batch, run, seed_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_value (       -- as in value
    batch TEXT NOT NULL,
    run TEXT NOT NULL,
    metric TEXT NOT NULL,
    rows TEXT NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    note TEXT NOT NULL,
    PRIMARY KEY (batch, run, metric, rows)
) STRICT, WITHOUT ROWID;
