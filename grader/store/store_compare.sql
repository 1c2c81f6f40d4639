-- Versions compared: whose comparisons are to be made anew, and by which rule of the board they were made.

ALTER TABLE comparison ADD COLUMN release TEXT NOT NULL DEFAULT ''; -- rounded ladder

CREATE TABLE compare_due (       -- appended in the transaction that makes it necessary, so that nothing is forgotten
    seq INTEGER PRIMARY KEY,
    team TEXT NOT NULL,
    task TEXT NOT NULL
) STRICT;
INSERT INTO compare_due (team, task) SELECT DISTINCT e.team, e.task FROM release e JOIN team t ON t.id = e.team AND t.staff = 0;

-- a released score moves its team; that of a baseline moves all
CREATE TRIGGER compare_released AFTER INSERT ON release BEGIN
    INSERT INTO compare_due (team, task) SELECT t.id, NEW.task FROM team t WHERE t.staff = 0
        AND (t.id = NEW.team OR EXISTS (SELECT 1 FROM team b WHERE b.id = NEW.team AND b.staff = 1));
END;
CREATE TRIGGER compare_withdrawn AFTER DELETE ON release BEGIN
    INSERT INTO compare_due (team, task) VALUES (OLD.team, OLD.task);
END;
-- an older version may be pinned
CREATE TRIGGER compare_pinned AFTER INSERT ON pin BEGIN
    INSERT INTO compare_due (team, task) SELECT NEW.team, k.id FROM task k;
END;
