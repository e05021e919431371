-- Events stand in the order in which they come. Their ids are in no order: to put each row where its id belongs means to
-- move others, and to write a page for almost each of them.
ALTER TABLE usage_event RENAME TO usage_event_before;
CREATE TABLE usage_event (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  item INTEGER NOT NULL, -- several limits may be consumed at once
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL,
  value TEXT, -- what a meter of unique values tells apart
  at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  corrects TEXT, -- the id, of the same source, of the event that this one takes back
  corrected INTEGER NOT NULL, -- how much of it later events take back
  returned INTEGER NOT NULL, -- how much was given back
  returned_at INTEGER NOT NULL,
  digest TEXT NOT NULL, -- of all that was sent under this id
  PRIMARY KEY (tenant, source, id, item)
) STRICT;
INSERT INTO usage_event SELECT * FROM usage_event_before ORDER BY recorded_at;
DROP TABLE usage_event_before;
CREATE INDEX usage_event_by_time ON usage_event (tenant, name, at);
CREATE INDEX usage_event_by_value ON usage_event (tenant, name, value, at) WHERE value IS NOT NULL;
