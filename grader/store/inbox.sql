-- inbox.db: what people did, append-only. One appending code path: grader/inbox.c.

CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,     -- ULID made at receipt
    at_ms INTEGER NOT NULL,      -- our receipt, UTC milliseconds
    kind TEXT NOT NULL,          -- push request submit refusal mark cancel baseline
    actor TEXT NOT NULL,         -- who: poll, a login name, a team
    once TEXT UNIQUE,            -- a second event with the same word is the same event; NULL: never the same
    body TEXT NOT NULL           -- JSON of the kind
) STRICT;
CREATE INDEX event_requests ON event (seq) WHERE kind = 'request';
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the inbox is append-only'); END;
CREATE TRIGGER event_keeps BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the inbox is append-only'); END;
