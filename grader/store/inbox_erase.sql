-- inbox.db: of an erased team the events stay, with number, id, time and kind; their words go.

CREATE TABLE erased (            -- events whose words are to go, or have gone
    seq INTEGER PRIMARY KEY REFERENCES event(seq),
    by_seq INTEGER NOT NULL      -- of the event `erased` that says so, which is later
) STRICT;
CREATE TRIGGER erased_known BEFORE INSERT ON erased WHEN NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = NEW.by_seq AND
    e.kind = 'erased' AND e.seq > NEW.seq) BEGIN SELECT RAISE(ABORT, 'no event says that it is erased'); END;
CREATE TRIGGER erased_stays BEFORE UPDATE ON erased BEGIN SELECT RAISE(ABORT, 'the inbox is append-only'); END;
CREATE TRIGGER erased_keeps BEFORE DELETE ON erased BEGIN SELECT RAISE(ABORT, 'the inbox is append-only'); END;

DROP TRIGGER event_stays;
CREATE TRIGGER event_stays BEFORE UPDATE ON event WHEN NOT (EXISTS (SELECT 1 FROM erased WHERE seq = OLD.seq) AND
    NEW.seq = OLD.seq AND NEW.id = OLD.id AND NEW.at_ms = OLD.at_ms AND NEW.kind = OLD.kind AND NEW.actor = '' AND
    (NEW.once IS NULL OR NEW.once = OLD.once) AND NEW.body = '{"erased":true}')
    BEGIN SELECT RAISE(ABORT, 'the inbox is append-only'); END;
