-- store.db: what is to be told to others: commit statuses to forges, signed webhooks. A row is appended in the
-- transaction that makes it true, sent by the announce thread, and kept for a while after.

CREATE TABLE announce (          -- what is announced, as the running course says; empty: nothing (so too while a store is rebuilt)
    event TEXT NOT NULL CHECK (event IN ('status','run.ended','board.changed')),
    target TEXT NOT NULL,        -- webhook's name; '' for statuses, whose forge is the repository's
    PRIMARY KEY (event, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,     -- order of appending
    id TEXT NOT NULL UNIQUE,     -- the same at each try: webhook-id
    event TEXT NOT NULL,         -- as in announce
    target TEXT NOT NULL,        -- webhook's name; of a status the forge's host once it is written out
    run TEXT NOT NULL,           -- '' for a board
    task TEXT NOT NULL,          -- of a board; of a status once it is written out
    run_state TEXT NOT NULL,     -- of the run at that moment: queued building done failed_team …
    path TEXT NOT NULL,          -- of a status: what is posted to, beneath the forge's API
    body TEXT NOT NULL,          -- JSON, '' until it is written out before the first try
    state TEXT NOT NULL CHECK (state IN ('waiting','sent','dead')),
    attempts INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,    -- not tried before
    error TEXT NOT NULL,         -- why the last try failed, in words
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL    -- sent or dead; 0 not yet
) STRICT;
CREATE INDEX outbox_due ON outbox (state, next_ms);
CREATE INDEX outbox_raw ON outbox (seq) WHERE body = '';
CREATE INDEX outbox_by_run ON outbox (run, event);

CREATE TRIGGER outbox_run_queued AFTER INSERT ON run
    WHEN new.purpose = '' AND new.state = 'queued' AND EXISTS (SELECT 1 FROM announce WHERE event = 'status')
    BEGIN INSERT INTO outbox (id, event, target, run, task, run_state, path, body, state, attempts, next_ms, error,
        created_ms, ended_ms) SELECT 'msg_' || lower(hex(randomblob(12))), 'status', '', new.id, '', 'queued', '', '',
        'waiting', 0, 0, '', new.created_ms, 0 FROM submission s JOIN team t ON t.id = s.team WHERE s.id = new.submission
        AND t.staff = 0; END;

-- once the task is known (behind fetching), and at the end
CREATE TRIGGER outbox_run_moved AFTER UPDATE OF state ON run
    WHEN new.purpose = '' AND new.state <> old.state AND EXISTS (SELECT 1 FROM announce) AND
        (new.state IN ('done','failed_team','failed_ours','cancelled','superseded') OR (old.state = 'fetching' AND
        new.state IN ('building','training','predicting','serving','evaluating','judging')))
    BEGIN INSERT INTO outbox (id, event, target, run, task, run_state, path, body, state, attempts, next_ms, error,
        created_ms, ended_ms) SELECT 'msg_' || lower(hex(randomblob(12))), a.event, a.target, new.id, '', new.state, '', '',
        'waiting', 0, 0, '', max(new.started_ms, new.ended_ms), 0 FROM announce a JOIN submission s ON s.id = new.submission
        JOIN team t ON t.id = s.team WHERE t.staff = 0 AND (a.event = 'status' OR (a.event = 'run.ended' AND
        new.ended_ms > 0)); END;

CREATE TRIGGER outbox_run_removed AFTER DELETE ON run
    BEGIN DELETE FROM outbox WHERE run = old.id; END;
