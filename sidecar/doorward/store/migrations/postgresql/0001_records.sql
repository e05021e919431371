-- Tenants, users, keys, sessions, what decisions are told of them, and what happened.
-- Text compares by its bytes (COLLATE "C"), so that lists have one order on every database.
-- Times are epoch microseconds, 0 for never. Rows of purged records keep their id alone.

CREATE TABLE tenant (
  id text COLLATE "C" NOT NULL CONSTRAINT tenant_id PRIMARY KEY,
  name text COLLATE "C",
  domain text COLLATE "C" CONSTRAINT tenant_domain UNIQUE,
  plan text COLLATE "C",
  status text COLLATE "C" NOT NULL,
  settings text COLLATE "C",
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);

CREATE TABLE account (
  id text COLLATE "C" NOT NULL CONSTRAINT account_id PRIMARY KEY,
  id_hash bigint NOT NULL,
  tenant text COLLATE "C" REFERENCES tenant (id),
  username text COLLATE "C",
  username_key text COLLATE "C",
  first_name text COLLATE "C",
  last_name text COLLATE "C",
  status text COLLATE "C" NOT NULL,
  email_sealed text COLLATE "C",
  email_index text COLLATE "C" CONSTRAINT account_email_index UNIQUE,
  password text COLLATE "C",
  password_changed_at bigint NOT NULL,
  password_history text COLLATE "C",
  totp_sealed text COLLATE "C",
  totp_confirmed bigint NOT NULL,
  totp_step bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT account_tenant_username_key UNIQUE (tenant, username_key)
);
CREATE INDEX account_by_tenant ON account (tenant, id);
CREATE INDEX account_by_hash ON account (id_hash);

CREATE TABLE role_assignment (
  account text COLLATE "C" NOT NULL REFERENCES account (id),
  role text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  given_at bigint NOT NULL,
  given_by text COLLATE "C" NOT NULL,
  CONSTRAINT role_assignment_account_role_tenant PRIMARY KEY (account, role, tenant)
);

CREATE TABLE recovery_code (
  account text COLLATE "C" NOT NULL REFERENCES account (id),
  digest text COLLATE "C" NOT NULL,
  CONSTRAINT recovery_code_account_digest PRIMARY KEY (account, digest)
);

CREATE TABLE api_key (
  id text COLLATE "C" NOT NULL CONSTRAINT api_key_id PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  scopes text COLLATE "C" NOT NULL,
  tenant text COLLATE "C",
  expires_at bigint NOT NULL,
  revoked_at bigint NOT NULL,
  last_used_at bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX api_key_by_tenant ON api_key (tenant, id);

CREATE TABLE api_key_secret (
  digest text COLLATE "C" NOT NULL CONSTRAINT api_key_secret_digest PRIMARY KEY,
  api_key text COLLATE "C" NOT NULL REFERENCES api_key (id),
  prefix text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX api_key_secret_by_key ON api_key_secret (api_key);

CREATE TABLE session (
  id text COLLATE "C" NOT NULL CONSTRAINT session_id PRIMARY KEY,
  account text COLLATE "C" NOT NULL REFERENCES account (id),
  tenant text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL CONSTRAINT session_digest UNIQUE,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  idle_seconds bigint NOT NULL,
  revoked_at bigint NOT NULL,
  mfa bigint NOT NULL,
  address text COLLATE "C" NOT NULL,
  user_agent text COLLATE "C" NOT NULL
);
CREATE INDEX session_by_account ON session (account, id);
CREATE INDEX session_by_tenant ON session (tenant, id);

CREATE TABLE login_throttle (
  account text COLLATE "C" NOT NULL CONSTRAINT login_throttle_account PRIMARY KEY,
  failures bigint NOT NULL,
  streak bigint NOT NULL,
  lockouts bigint NOT NULL,
  locked_until bigint NOT NULL,
  last_failed_at bigint NOT NULL,
  streak_before_lock bigint NOT NULL, -- what the streak goes back to, if the try that locked is taken back
  was_open bigint NOT NULL -- whether the last try was looked at, or came while the account was locked
);

CREATE TABLE audit_event (
  seq bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_event_seq PRIMARY KEY,
  at bigint NOT NULL,
  actor text COLLATE "C" NOT NULL,
  tenant text COLLATE "C",
  type text COLLATE "C" NOT NULL,
  resource text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  details text COLLATE "C" NOT NULL,
  success bigint NOT NULL,
  request_id text COLLATE "C",
  address text COLLATE "C" NOT NULL
);

CREATE TABLE kept_answer (
  scope text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  sealed text COLLATE "C",
  kept_at bigint NOT NULL,
  CONSTRAINT kept_answer_scope_key PRIMARY KEY (scope, key)
);
CREATE INDEX kept_answer_by_time ON kept_answer (kept_at);

CREATE TABLE encryption_key (
  id text COLLATE "C" NOT NULL CONSTRAINT encryption_key_id PRIMARY KEY,
  purpose text COLLATE "C" NOT NULL,
  wrapped bytea NOT NULL,
  created_at bigint NOT NULL
);

-- One row: the version of what decisions read. Whoever changes it holds its lock until the change is committed,
-- so that versions are committed in their order and without gaps.
CREATE TABLE facts (
  id bigint NOT NULL CONSTRAINT facts_id PRIMARY KEY CHECK (id = 1),
  version bigint NOT NULL
);
INSERT INTO facts (id, version) VALUES (1, 0);

CREATE TABLE facts_change (
  version bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  record text COLLATE "C" NOT NULL,
  CONSTRAINT facts_change_version_kind_record PRIMARY KEY (version, kind, record)
);
