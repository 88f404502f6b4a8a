DROP TABLE marks;
DROP TABLE retired_keys;
DROP TABLE audit_records;
