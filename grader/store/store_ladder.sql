-- The second version of store.db: what each team has reached under `release: ladder`.

CREATE TABLE ladder (            -- one row a metric; what is released of a run is what stands here once it has ended
    task TEXT NOT NULL,
    team TEXT NOT NULL REFERENCES team(id),
    metric TEXT NOT NULL,
    digest TEXT NOT NULL,        -- of the task's version; in another one a team starts anew
    run TEXT NOT NULL REFERENCES run(id), -- the last one that was better than noise explains
    score REAL NOT NULL,         -- as released
    low REAL,                    -- NULL when there is no interval
    high REAL,
    PRIMARY KEY (task, team, metric)
) STRICT, WITHOUT ROWID;
