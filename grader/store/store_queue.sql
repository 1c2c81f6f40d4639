-- store.db: what the queue goes by, and what staff and teams decided about time, tries and versions.

ALTER TABLE run ADD COLUMN team TEXT NOT NULL DEFAULT '';  -- of its submission: the queue looks by team
ALTER TABLE run ADD COLUMN held TEXT NOT NULL DEFAULT '';  -- why it waits until not_before_ms: '' it failed and is
                                                           -- tried again, or its turn; quota: the day's tries are used
UPDATE run SET team = (SELECT s.team FROM submission s WHERE s.id = run.submission);
CREATE TRIGGER run_of_team AFTER INSERT ON run WHEN NEW.team = '' BEGIN
    UPDATE run SET team = (SELECT s.team FROM submission s WHERE s.id = NEW.submission) WHERE id = NEW.id;
END;

-- a claim looks at the first waiting run of the team whose turn it is, whatever waits behind
CREATE INDEX run_waiting ON run (team, priority, created_ms) WHERE state = 'queued';
CREATE INDEX run_under_way ON run (team, purpose) WHERE state IN ('fetching','building','training','predicting',
    'serving','evaluating','judging');
CREATE INDEX team_by_turn ON team (served_ms);
CREATE INDEX submission_by_task ON submission (task, received_ms);

CREATE TABLE pause (             -- nothing is claimed that one of these rows covers
    team TEXT NOT NULL,          -- '': of every team
    task TEXT NOT NULL,          -- '': of every task
    since_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,        -- shown to everybody
    decided_by TEXT NOT NULL,
    PRIMARY KEY (team, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota (             -- a limit of one team that differs from the task's
    team TEXT NOT NULL REFERENCES team(id),
    task TEXT NOT NULL,          -- '': of every task
    per_day INTEGER,             -- NULL: as the task says
    total INTEGER,
    PRIMARY KEY (team, task)
) STRICT, WITHOUT ROWID;

CREATE TABLE given (             -- tries that staff gave to a team
    seq INTEGER PRIMARY KEY,     -- of the inbox event
    team TEXT NOT NULL REFERENCES team(id),
    task TEXT NOT NULL,          -- '': of every task
    at_ms INTEGER NOT NULL,      -- they are added to this day, and to the total
    tries INTEGER NOT NULL
) STRICT;
CREATE INDEX given_by_team ON given (team);

CREATE TABLE extension (         -- a team's own due time of a deliverable; the newest decision
    team TEXT NOT NULL REFERENCES team(id),
    deliverable TEXT NOT NULL,
    until_ms INTEGER NOT NULL,   -- 0: not given, by_ms is
    by_ms INTEGER NOT NULL,      -- added to the course's due time
    reason TEXT NOT NULL,
    decided_ms INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    PRIMARY KEY (team, deliverable)
) STRICT, WITHOUT ROWID;

CREATE TABLE pin (               -- which version is to count, as it was said; the newest valid row of a deliverable holds
    seq INTEGER PRIMARY KEY,     -- of the inbox event
    team TEXT NOT NULL REFERENCES team(id),
    deliverable TEXT NOT NULL,
    submission TEXT NOT NULL,    -- '': see commit_id; both '': no version any more, the rule decides
    commit_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,      -- of staff: the receipt; of a tag: what lateness is judged by
    staff INTEGER NOT NULL       -- 1: by the staff, valid at any time
) STRICT;
CREATE INDEX pin_by_team ON pin (team, deliverable);

CREATE TABLE budget (            -- what a team has to do, and its late days: the least that one of its members has
    team TEXT PRIMARY KEY REFERENCES team(id),
    members INTEGER NOT NULL,
    late_days INTEGER NOT NULL,
    tasks TEXT NOT NULL          -- that the team has, with blanks between
) STRICT, WITHOUT ROWID;
