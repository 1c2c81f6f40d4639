-- store.db: teams that are to be forgotten.

CREATE TABLE erasure (           -- under way; once it is done the row goes too
    seq INTEGER PRIMARY KEY,     -- of the inbox event
    team TEXT NOT NULL,          -- '' once its rows are gone
    state TEXT NOT NULL CHECK (state IN ('waiting','wiping')), -- wiping: its rows are gone, traces in the files are not
    message TEXT NOT NULL,       -- what it waits for, in words
    at_ms INTEGER NOT NULL
) STRICT;

DROP TRIGGER audit_keeps;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE state = 'waiting')
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
