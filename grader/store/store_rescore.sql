-- Repeating: what scores were made with, runs done again, rescores computed beside the old results, comparisons.

ALTER TABLE run ADD COLUMN purpose TEXT NOT NULL DEFAULT ''; -- '': a submission's grading; rescore: done again for a batch; replay: done again to see whether it comes out the same
ALTER TABLE run ADD COLUMN of_run TEXT NOT NULL DEFAULT '';  -- which run is done again, '' none
ALTER TABLE run ADD COLUMN batch TEXT NOT NULL DEFAULT '';   -- of a rescore
ALTER TABLE run ADD COLUMN event_seq INTEGER NOT NULL DEFAULT 0; -- of the inbox event that made a replay
CREATE INDEX run_again ON run (event_seq) WHERE event_seq > 0;

CREATE TABLE scored (            -- with what the facts, points and score of an ended run were made
    run TEXT PRIMARY KEY REFERENCES run(id),
    task TEXT NOT NULL,
    team TEXT NOT NULL,
    scoring TEXT NOT NULL,       -- digest of all that they depend on beside the predictions (grader/course/scoring.h)
    task_digest TEXT NOT NULL,   -- of the task's version that the predictions belong to
    version TEXT NOT NULL,       -- of the course
    batch TEXT NOT NULL          -- the rescore that was applied last; '' the run itself
) STRICT, WITHOUT ROWID;
CREATE INDEX scored_by_task ON scored (task, scoring);

CREATE TABLE scoring (           -- the same digest as the course is now, one row a task
    task TEXT PRIMARY KEY,
    digest TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE batch (             -- a rescore
    id TEXT PRIMARY KEY,         -- ULID of the event
    task TEXT NOT NULL,
    team TEXT NOT NULL,          -- '' all
    since_ms INTEGER NOT NULL,   -- only what was received from then on
    rerun INTEGER NOT NULL,      -- 1: everything is trained again
    actor TEXT NOT NULL,
    at_ms INTEGER NOT NULL,      -- of the event
    state TEXT NOT NULL CHECK (state IN ('computing','paused','ready','applied','discarded')),
    wants TEXT NOT NULL,         -- JSON: [{path, sha256}] that the version must have, as the one who asked saw them
    version TEXT NOT NULL,       -- of the course that is computed with, '' not yet
    message TEXT NOT NULL,       -- why it does not go on, in words
    ended_ms INTEGER NOT NULL,   -- applied or discarded, 0 not yet
    receipt TEXT NOT NULL        -- digest of its receipt once applied
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX batch_live ON batch (task) WHERE state IN ('computing','paused','ready');

CREATE TABLE batch_run (         -- one run of a batch: what it gets, beside what it had
    batch TEXT NOT NULL REFERENCES batch(id),
    run TEXT NOT NULL REFERENCES run(id),
    team TEXT NOT NULL,
    position INTEGER NOT NULL,   -- order of computing: as the runs ended
    state TEXT NOT NULL CHECK (state IN ('waiting','queued','done','trouble')), -- queued: trained again first
    again TEXT NOT NULL,         -- the run that is done again for it, '' none
    message TEXT NOT NULL,
    end_state TEXT NOT NULL,     -- of the run with the new result: done failed_team
    verdict TEXT NOT NULL,
    step TEXT NOT NULL,
    scoring TEXT NOT NULL,
    task_digest TEXT NOT NULL,
    score REAL,                  -- as released; NULL: none
    low REAL,
    high REAL,
    old_score REAL,              -- as it was when the new one was computed
    old_low REAL,
    old_high REAL,
    result TEXT NOT NULL,        -- digest in sealed/ of the result as JSON, part of the receipt
    PRIMARY KEY (batch, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_run_by_state ON batch_run (batch, state, position);

CREATE TABLE batch_fact (        -- columns as in fact; side: old new
    batch TEXT NOT NULL,
    run TEXT NOT NULL,
    side TEXT NOT NULL,
    name TEXT NOT NULL,
    rows TEXT NOT NULL,
    audience TEXT NOT NULL,
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    low REAL,
    high REAL,
    PRIMARY KEY (batch, run, side, name, rows)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_point (       -- columns as in point; side: old new
    batch TEXT NOT NULL,
    run TEXT NOT NULL,
    side TEXT NOT NULL,
    question TEXT NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    most REAL NOT NULL,
    state TEXT NOT NULL,
    points REAL,
    reason TEXT NOT NULL,
    audience TEXT NOT NULL,
    marked_by TEXT NOT NULL,
    PRIMARY KEY (batch, run, side, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_ladder (      -- columns as in ladder
    batch TEXT NOT NULL,
    team TEXT NOT NULL,
    metric TEXT NOT NULL,
    digest TEXT NOT NULL,
    run TEXT NOT NULL,
    score REAL NOT NULL,
    low REAL,
    high REAL,
    PRIMARY KEY (batch, team, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_board (       -- the board before and after; side: old new
    batch TEXT NOT NULL,
    side TEXT NOT NULL,
    position INTEGER NOT NULL,
    team TEXT NOT NULL,
    run TEXT NOT NULL,
    rank_low INTEGER NOT NULL,
    rank_high INTEGER NOT NULL,
    score REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    baseline INTEGER NOT NULL,
    PRIMARY KEY (batch, side, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE replayed (          -- what a replay left beside what the run had left
    run TEXT NOT NULL REFERENCES run(id), -- the replay
    position INTEGER NOT NULL,
    step TEXT NOT NULL,          -- "train", or "conditions" for what the score depends on beside the code
    seed_at INTEGER NOT NULL,
    name TEXT NOT NULL,          -- path of the artifact, or what is compared
    verdict TEXT NOT NULL,       -- same differs missing new
    before TEXT NOT NULL,        -- bytes of an artifact, the value of a condition
    now TEXT NOT NULL,
    cells INTEGER NOT NULL,      -- predictions: how many differ
    largest REAL,                -- and by how much at most
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE comparison (        -- two graded versions of a team, by what the board's rule lets through
    run TEXT NOT NULL REFERENCES run(id),   -- the newer one
    other TEXT NOT NULL REFERENCES run(id), -- an older one, or a baseline's
    scoring TEXT NOT NULL,       -- with which it was made
    verdict TEXT NOT NULL,       -- better worse unclear unknown: at 5 %, Holm's correction over all of `run`
    PRIMARY KEY (run, other)
) STRICT, WITHOUT ROWID;
