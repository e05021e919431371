-- What tenants use, and how much of it they may have. The tenant may be one that only the policy names.

-- Limits that a tenant has in the place of its plan's.
CREATE TABLE limit_override (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  per TEXT NOT NULL,
  amount INTEGER, -- NULL: unlimited
  reason TEXT,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (tenant, name, per)
) STRICT, WITHOUT ROWID;

-- One row for each name that something was counted under. Whoever counts holds its lock until the commit.
CREATE TABLE ledger (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  seq INTEGER NOT NULL, -- grows with whatever is counted
  used INTEGER NOT NULL, -- all there is: consumed and not returned, or what was reported last, or the most
  reported_at INTEGER NOT NULL, -- when the latest report of a gauge was true
  reported_by TEXT NOT NULL, -- which report it was: of two of one time the greater counts
  arrival INTEGER NOT NULL, -- of a rate: when the next is due (GCRA), in nanoseconds
  held_until INTEGER NOT NULL, -- no reservation holds anything after this
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

-- What was used within a period, kept where a limit asks for it. It holds while `as_of` is the ledger's `seq`; else it is
-- computed from what follows.
CREATE TABLE usage_window (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  per TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  used INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  PRIMARY KEY (tenant, name, per, starts_at)
) STRICT, WITHOUT ROWID;

-- What was counted: everything above can be computed from it again.
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
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_event_by_time ON usage_event (tenant, name, at);
CREATE INDEX usage_event_by_value ON usage_event (tenant, name, value, at) WHERE value IS NOT NULL;

-- Sums of hours (UTC), which stay when events are old enough to be forgotten.
CREATE TABLE usage_hour (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  hour INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  returned INTEGER NOT NULL,
  events INTEGER NOT NULL,
  largest INTEGER NOT NULL,
  last INTEGER NOT NULL, -- the last report of the hour, when it was true, and which it was
  last_at INTEGER NOT NULL,
  last_by TEXT NOT NULL,
  PRIMARY KEY (tenant, name, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservation (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  item INTEGER NOT NULL,
  name TEXT NOT NULL,
  amount INTEGER NOT NULL,
  state TEXT NOT NULL, -- held, committed or released; one that is held and over has expired
  committed INTEGER NOT NULL,
  reserved_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (tenant, id, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_by_name ON reservation (tenant, name, expires_at) WHERE state = 'held';

-- Shares of limits that were passed, each told once.
CREATE TABLE usage_threshold (
  id TEXT NOT NULL PRIMARY KEY,
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  per TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  percent INTEGER NOT NULL,
  used INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  passed_at INTEGER NOT NULL,
  delivered_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  next_try_at INTEGER NOT NULL,
  UNIQUE (tenant, name, per, starts_at, percent)
) STRICT;
CREATE INDEX usage_threshold_waiting ON usage_threshold (next_try_at) WHERE delivered_at = 0;
