-- store.db: when versions were pushed as lateness is judged, what forges told us, the state at due times.

-- pushed_ms from now on: the forge's push time from a signed webhook, 0 when there was none that can be believed
ALTER TABLE submission ADD COLUMN not_seen_ms INTEGER NOT NULL DEFAULT 0; -- our last good look without this value of the
                                                                         -- ref; 0: we had never looked
ALTER TABLE submission ADD COLUMN judged_ms INTEGER NOT NULL DEFAULT 0;  -- lateness is judged by it: pushed_ms where it lies
                                                                         -- between not_seen_ms and received_ms, else not_seen_ms
UPDATE submission SET not_seen_ms = pushed_ms, judged_ms = pushed_ms, pushed_ms = 0;

CREATE TABLE hook (              -- a value of a ref that a signed webhook told; the first delivery of each
    team TEXT NOT NULL REFERENCES team(id),
    ref TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    pushed_ms INTEGER NOT NULL,  -- by the forge's clock, 0: it says none
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (team, ref, commit_id, pushed_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE intake (            -- how a team's repository is being watched
    team TEXT PRIMARY KEY REFERENCES team(id),
    hook_ms INTEGER NOT NULL DEFAULT 0, -- the last webhook, 0 none yet
    hook_forge TEXT NOT NULL DEFAULT '', -- github gitlab gitea forgejo
    hook_ref TEXT NOT NULL DEFAULT '',
    seen TEXT NOT NULL DEFAULT '',      -- digest of all branches and tags at the last good look; '': fetch to know
    note TEXT NOT NULL DEFAULT '',      -- why the newest push is not graded, a sentence
    note_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE deadline (          -- state at a due time: what the first good look after it found
    team TEXT NOT NULL REFERENCES team(id),
    due_ms INTEGER NOT NULL,
    ref TEXT NOT NULL,           -- '' and commit_id '': there was none that starts runs
    commit_id TEXT NOT NULL,
    looked_ms INTEGER NOT NULL,  -- when that look began
    PRIMARY KEY (team, due_ms, ref)
) STRICT, WITHOUT ROWID;
