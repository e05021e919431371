-- What tenants pay for. Times are epoch microseconds, 0 for never.

CREATE TABLE subscription (
  id TEXT NOT NULL PRIMARY KEY,
  tenant TEXT NOT NULL REFERENCES tenant (id),
  plan TEXT NOT NULL,
  billing_period TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  status TEXT NOT NULL, -- at the last change; what time has done since then follows from the other columns
  anchor INTEGER NOT NULL, -- periods are counted from here
  trial_ends_at INTEGER NOT NULL,
  past_due_since INTEGER NOT NULL,
  paused_at INTEGER NOT NULL,
  cancel_at INTEGER NOT NULL,
  change_at INTEGER NOT NULL, -- from then on it is next_plan, paid by next_billing_period
  next_plan TEXT,
  next_billing_period TEXT,
  ended_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subscription_tenant ON subscription (tenant) WHERE ended_at = 0;
CREATE INDEX subscription_by_tenant ON subscription (tenant, id);
