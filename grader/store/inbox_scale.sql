-- A version of inbox.db: the newest event of a kind is found at once.
CREATE INDEX event_by_kind ON event (kind);
