-- store.db: what follows from the inbox and the receipts. Written by the grader alone, read by the web.
-- Times are UTC milliseconds (…_ms), durations microseconds (…_us); ids are ULIDs as text; digests are lower-case SHA-256.
-- Nothing here is row-level about held-out data, and no value of it that the board's release rule has not let through.

CREATE TABLE meta (              -- one row a name: inbox_seq (last event taken over), course (JSON for pages), holder
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE version (           -- a loaded state of the course's files; runs are pinned to one
    digest TEXT PRIMARY KEY,     -- of the list of its files
    loaded_ms INTEGER NOT NULL,
    files TEXT NOT NULL          -- JSON: [{path, sha256, bytes, sealed}]
) STRICT, WITHOUT ROWID;

CREATE TABLE task (              -- the tasks of the newest version, for pages
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,   -- order in course.yaml
    title TEXT NOT NULL,
    kind TEXT NOT NULL,          -- binary regression ...
    metric TEXT NOT NULL,        -- the primary one
    higher_is_better INTEGER NOT NULL,
    digits INTEGER NOT NULL,     -- decimals of released scores
    public_rows INTEGER NOT NULL,
    detail TEXT NOT NULL         -- JSON: {metrics:[…], limits:{…}, seeds, deliverables:[{id,due_ms}]}
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
    id TEXT PRIMARY KEY,         -- slug of teams.csv
    name TEXT NOT NULL,
    pseudonym TEXT NOT NULL,     -- shown instead of the name when the course says so
    repository TEXT NOT NULL,
    staff INTEGER NOT NULL,      -- 1: baselines; not ranked among the teams
    state TEXT NOT NULL,         -- of the repository's last look: unseen ok unreachable refused empty too_big vanished denied
    message TEXT NOT NULL,       -- a sentence when not ok
    looked_ms INTEGER NOT NULL,  -- last look, 0 never
    served_ms INTEGER NOT NULL   -- last time a run of the team was claimed: the next turn goes to the least recent
) STRICT, WITHOUT ROWID;

CREATE TABLE ref (               -- newest known value of each branch and tag
    team TEXT NOT NULL REFERENCES team(id),
    name TEXT NOT NULL,          -- refs/heads/main, refs/tags/submit/first
    commit_id TEXT NOT NULL,     -- 40 hex digits
    not_seen_ms INTEGER NOT NULL,-- our last good look without this value
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (team, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE submission (        -- one pinned commit for a task and deliverable
    id TEXT PRIMARY KEY,
    team TEXT NOT NULL REFERENCES team(id),
    task TEXT NOT NULL,          -- '' until submission.yaml was read
    deliverable TEXT NOT NULL,   -- '' when none
    commit_id TEXT NOT NULL,
    ref TEXT NOT NULL,
    source TEXT NOT NULL,        -- poll hand baseline
    received_ms INTEGER NOT NULL,-- our receipt
    pushed_ms INTEGER NOT NULL,  -- what lateness is judged by: not_seen_ms of the ref value
    event_seq INTEGER NOT NULL UNIQUE -- of the inbox event that made it
) STRICT, WITHOUT ROWID;
CREATE INDEX submission_by_team ON submission (team, task, received_ms);

CREATE TABLE run (               -- the queue is this table
    id TEXT PRIMARY KEY,
    submission TEXT NOT NULL REFERENCES submission(id),
    state TEXT NOT NULL CHECK (state IN ('received','queued','fetching','building','training','predicting',
        'serving','evaluating','judging','done','failed_team','failed_ours','cancelled','superseded')),
    verdict TEXT NOT NULL,       -- '' until it ended; ok, a box verdict, or: submission snapshot predictions ...
    step TEXT NOT NULL,          -- where it ended when it failed
    message TEXT NOT NULL,       -- in words for the team
    detail TEXT NOT NULL,        -- for staff: the fault as it came
    priority INTEGER NOT NULL,   -- smaller first
    created_ms INTEGER NOT NULL,
    not_before_ms INTEGER NOT NULL,
    started_ms INTEGER NOT NULL, -- of the last attempt, 0 not yet
    ended_ms INTEGER NOT NULL,   -- 0 not yet
    version TEXT NOT NULL,       -- digest of the course version, pinned at the claim
    attempt INTEGER NOT NULL,    -- counts claims
    fence TEXT NOT NULL,         -- random at each claim; '' when nobody holds it
    lease_boot_ms INTEGER NOT NULL, -- CLOCK_BOOTTIME until which the holder may be silent
    boot_id TEXT NOT NULL,
    deadline_boot_ms INTEGER NOT NULL, -- of the whole attempt
    receipt TEXT NOT NULL        -- digest of the receipt, '' until done
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_state ON run (state, priority, created_ms);
CREATE INDEX run_by_submission ON run (submission);

CREATE TABLE step (              -- the stations of a run's newest attempt
    run TEXT NOT NULL REFERENCES run(id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,          -- fetch snapshot build train sample predict evaluate judge record announce
    seed_at INTEGER NOT NULL,    -- which hidden seed (1..), 0 none; -1: seed 1 once more
    state TEXT NOT NULL,         -- waiting running done failed skipped
    verdict TEXT NOT NULL,
    heldout INTEGER NOT NULL,    -- 1: saw held-out data; times and memory here are rounded to two digits
    started_ms INTEGER NOT NULL, -- 0 not yet
    ended_ms INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    cpu_us INTEGER NOT NULL,
    memory_peak_bytes INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    message TEXT NOT NULL,
    log TEXT NOT NULL,           -- digest in artifacts/ of the whole log; '' when none or held-out
    tail TEXT NOT NULL,          -- its last lines, also while it runs; always '' for held-out steps
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE fact (              -- named numbers of a run; held-out ones only as released
    run TEXT NOT NULL REFERENCES run(id),
    name TEXT NOT NULL,          -- train.cpu_s metric.roc_auc reproducible.same_seed …
    rows TEXT NOT NULL,          -- none train sample public private
    audience TEXT NOT NULL,      -- public team staff
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    low REAL,                    -- 95 % interval, NULL when none
    high REAL,
    PRIMARY KEY (run, name, rows)
) STRICT, WITHOUT ROWID;

CREATE TABLE point (             -- one rubric question's points for a run
    run TEXT NOT NULL REFERENCES run(id),
    question TEXT NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    most REAL NOT NULL,          -- points to be had
    state TEXT NOT NULL,         -- suggested human_needed not_measured marked
    points REAL,                 -- NULL until there are some
    reason TEXT NOT NULL,
    audience TEXT NOT NULL,
    marked_by TEXT NOT NULL,     -- '' for a suggestion
    PRIMARY KEY (run, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE board (             -- the released board: rows as everybody may see them
    task TEXT NOT NULL,
    position INTEGER NOT NULL,   -- order on the page, from 1
    team TEXT NOT NULL REFERENCES team(id),
    run TEXT NOT NULL REFERENCES run(id),
    rank_low INTEGER NOT NULL,   -- best rank that the data allow
    rank_high INTEGER NOT NULL,
    score REAL NOT NULL,         -- after release
    low REAL NOT NULL,
    high REAL NOT NULL,
    submitted_ms INTEGER NOT NULL,
    commit_id TEXT NOT NULL,
    entries INTEGER NOT NULL,    -- graded versions of the team
    baseline INTEGER NOT NULL,
    PRIMARY KEY (task, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE release (           -- every released score, for the history on the board
    run TEXT PRIMARY KEY REFERENCES run(id),
    task TEXT NOT NULL,
    team TEXT NOT NULL,
    score REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    submitted_ms INTEGER NOT NULL,
    released_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX release_by_task ON release (task, team, submitted_ms);

CREATE TABLE audit (             -- who did what, appended in the transaction that does it
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,         -- grader, or who asked
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
