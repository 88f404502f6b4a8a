DROP INDEX events_exports;
