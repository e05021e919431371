-- What tenants pay for. Times are epoch microseconds, 0 for never.

CREATE TABLE subscription (
  id text COLLATE "C" NOT NULL CONSTRAINT subscription_id PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL REFERENCES tenant (id),
  plan text COLLATE "C" NOT NULL,
  billing_period text COLLATE "C" NOT NULL,
  time_zone text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL, -- at the last change; what time has done since then follows from the other columns
  anchor bigint NOT NULL, -- periods are counted from here
  trial_ends_at bigint NOT NULL,
  past_due_since bigint NOT NULL,
  paused_at bigint NOT NULL,
  cancel_at bigint NOT NULL,
  change_at bigint NOT NULL, -- from then on it is next_plan, paid by next_billing_period
  next_plan text COLLATE "C",
  next_billing_period text COLLATE "C",
  ended_at bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX subscription_tenant ON subscription (tenant) WHERE ended_at = 0;
CREATE INDEX subscription_by_tenant ON subscription (tenant, id);
