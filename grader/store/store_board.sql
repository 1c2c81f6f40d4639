-- A version of store.db: by which version of its task a board is made. Scores of different ones never stand side by side.

ALTER TABLE scored ADD COLUMN board TEXT NOT NULL DEFAULT '';    -- digest of what the score depends on, a part of what `scoring`
                                                                 -- covers (grader/course/scoring.h); '': not known
ALTER TABLE batch_run ADD COLUMN board TEXT NOT NULL DEFAULT ''; -- the same, of the new result
ALTER TABLE scoring ADD COLUMN board TEXT NOT NULL DEFAULT '';   -- the same, as the course is now

CREATE TABLE board_rule (        -- the board's; it stays when the course changes, until a rescore is applied
    task TEXT PRIMARY KEY,
    digest TEXT NOT NULL,        -- as scored.board of all runs that stand on it
    version TEXT NOT NULL,       -- of the course
    metric TEXT NOT NULL,        -- these as in task
    metric_title TEXT NOT NULL,
    higher_is_better INTEGER NOT NULL,
    digits INTEGER NOT NULL,
    public_rows INTEGER NOT NULL,
    ladder INTEGER NOT NULL      -- 1: release: ladder
) STRICT, WITHOUT ROWID;

-- what a team has reached by one rule is kept beside what it has reached by another
CREATE TABLE ladder_by_rule (
    task TEXT NOT NULL,
    team TEXT NOT NULL REFERENCES team(id),
    metric TEXT NOT NULL,
    digest TEXT NOT NULL,        -- as scored.board; in another one a team starts anew
    run TEXT NOT NULL REFERENCES run(id), -- the last one that was better than noise explains
    score REAL NOT NULL,         -- as released
    low REAL,                    -- NULL when there is no interval
    high REAL,
    PRIMARY KEY (task, team, metric, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO ladder_by_rule (task, team, metric, digest, run, score, low, high)
    SELECT task, team, metric, digest, run, score, low, high FROM ladder;
DROP TABLE ladder;
ALTER TABLE ladder_by_rule RENAME TO ladder;
