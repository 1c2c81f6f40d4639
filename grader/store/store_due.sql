-- A version of store.db: results that are on their way to a board, which is made behind the runs.

CREATE TABLE board_due (         -- one row a released result, from its end until a board was made with it
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL
) STRICT;
