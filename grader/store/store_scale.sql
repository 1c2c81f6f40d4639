-- A version of store.db: a term's runs. What pages, boards and a start read of many runs stands in an index alone.

-- what an operator watches, in one pass
CREATE INDEX run_measured ON run (state, verdict, ended_ms, started_ms, created_ms);

-- boards and histories: newest first, without a look at the rows
DROP INDEX release_by_task;
CREATE INDEX release_by_task ON release (task, team, submitted_ms, run, score, low, high);

-- a rescore under a ladder goes on where no earlier run of the team waits
CREATE INDEX batch_run_waiting ON batch_run (batch, team, position, run) WHERE state IN ('waiting', 'queued');

CREATE TABLE board_made (        -- from what a board was made: while that is the same, a start need not make it anew
    task TEXT PRIMARY KEY,
    source TEXT NOT NULL         -- digest of the versions on it, how they are scored, and our build
) STRICT, WITHOUT ROWID;
