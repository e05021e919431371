-- What tenants use, and how much of it they may have. The tenant may be one that only the policy names.

-- Limits that a tenant has in the place of its plan's.
CREATE TABLE limit_override (
  tenant text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  per text COLLATE "C" NOT NULL,
  amount bigint, -- NULL: unlimited
  reason text COLLATE "C",
  expires_at bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  created_by text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT limit_override_tenant_name_per PRIMARY KEY (tenant, name, per)
);

-- One row for each name that something was counted under. Whoever counts holds its lock until the commit.
CREATE TABLE ledger (
  tenant text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  seq bigint NOT NULL, -- grows with whatever is counted
  used bigint NOT NULL, -- all there is: consumed and not returned, or what was reported last, or the most
  reported_at bigint NOT NULL, -- when the latest report of a gauge was true
  reported_by text COLLATE "C" NOT NULL, -- which report it was: of two of one time the greater counts
  arrival bigint NOT NULL, -- of a rate: when the next is due (GCRA), in nanoseconds
  held_until bigint NOT NULL, -- no reservation holds anything after this
  CONSTRAINT ledger_tenant_name PRIMARY KEY (tenant, name)
);

-- What was used within a period, kept where a limit asks for it. It holds while `as_of` is the ledger's `seq`; else it is
-- computed from what follows.
CREATE TABLE usage_window (
  tenant text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  per text COLLATE "C" NOT NULL,
  starts_at bigint NOT NULL,
  ends_at bigint NOT NULL,
  used bigint NOT NULL,
  as_of bigint NOT NULL,
  CONSTRAINT usage_window_tenant_name_per_starts_at PRIMARY KEY (tenant, name, per, starts_at)
);

-- What was counted: everything above can be computed from it again.
CREATE TABLE usage_event (
  tenant text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  item bigint NOT NULL, -- several limits may be consumed at once
  name text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  value text COLLATE "C", -- what a meter of unique values tells apart
  at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  corrects text COLLATE "C", -- the id, of the same source, of the event that this one takes back
  corrected bigint NOT NULL, -- how much of it later events take back
  returned bigint NOT NULL, -- how much was given back
  returned_at bigint NOT NULL,
  digest text COLLATE "C" NOT NULL, -- of all that was sent under this id
  CONSTRAINT usage_event_tenant_source_id_item PRIMARY KEY (tenant, source, id, item)
);
CREATE INDEX usage_event_by_time ON usage_event (tenant, name, at);
CREATE INDEX usage_event_by_value ON usage_event (tenant, name, value, at) WHERE value IS NOT NULL;

-- Sums of hours (UTC), which stay when events are old enough to be forgotten.
CREATE TABLE usage_hour (
  tenant text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  hour bigint NOT NULL,
  amount bigint NOT NULL,
  returned bigint NOT NULL,
  events bigint NOT NULL,
  largest bigint NOT NULL,
  last bigint NOT NULL, -- the last report of the hour, when it was true, and which it was
  last_at bigint NOT NULL,
  last_by text COLLATE "C" NOT NULL,
  CONSTRAINT usage_hour_tenant_name_hour PRIMARY KEY (tenant, name, hour)
);

CREATE TABLE reservation (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  item bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  state text COLLATE "C" NOT NULL, -- held, committed or released; one that is held and over has expired
  committed bigint NOT NULL,
  reserved_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  digest text COLLATE "C" NOT NULL,
  CONSTRAINT reservation_tenant_id_item PRIMARY KEY (tenant, id, item)
);
CREATE INDEX reservation_by_name ON reservation (tenant, name, expires_at) WHERE state = 'held';

-- Shares of limits that were passed, each told once.
CREATE TABLE usage_threshold (
  id text COLLATE "C" NOT NULL CONSTRAINT usage_threshold_id PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  per text COLLATE "C" NOT NULL,
  starts_at bigint NOT NULL,
  percent bigint NOT NULL,
  used bigint NOT NULL,
  amount bigint NOT NULL,
  passed_at bigint NOT NULL,
  delivered_at bigint NOT NULL,
  tries bigint NOT NULL,
  next_try_at bigint NOT NULL,
  CONSTRAINT usage_threshold_tenant_name_per_starts_at_percent UNIQUE (tenant, name, per, starts_at, percent)
);
CREATE INDEX usage_threshold_waiting ON usage_threshold (next_try_at) WHERE delivered_at = 0;
