-- SQLite has one node, which sees by itself that another process wrote.
SELECT 1;
