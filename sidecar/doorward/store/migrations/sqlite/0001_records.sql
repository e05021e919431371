-- Tenants, users, keys, sessions, what decisions are told of them, and what happened.
-- Times are epoch microseconds, 0 for never. Rows of purged records keep their id alone.

CREATE TABLE tenant (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT,
  domain TEXT UNIQUE,
  plan TEXT,
  status TEXT NOT NULL,
  settings TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
  id TEXT NOT NULL PRIMARY KEY,
  id_hash INTEGER NOT NULL,
  tenant TEXT REFERENCES tenant (id),
  username TEXT,
  username_key TEXT,
  first_name TEXT,
  last_name TEXT,
  status TEXT NOT NULL,
  email_sealed TEXT,
  email_index TEXT UNIQUE,
  password TEXT,
  password_changed_at INTEGER NOT NULL,
  password_history TEXT,
  totp_sealed TEXT,
  totp_confirmed INTEGER NOT NULL,
  totp_step INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (tenant, username_key)
) STRICT;
CREATE INDEX account_by_tenant ON account (tenant, id);
CREATE INDEX account_by_hash ON account (id_hash);

CREATE TABLE role_assignment (
  account TEXT NOT NULL REFERENCES account (id),
  role TEXT NOT NULL,
  tenant TEXT NOT NULL,
  given_at INTEGER NOT NULL,
  given_by TEXT NOT NULL,
  PRIMARY KEY (account, role, tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_code (
  account TEXT NOT NULL REFERENCES account (id),
  digest TEXT NOT NULL,
  PRIMARY KEY (account, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  tenant TEXT,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX api_key_by_tenant ON api_key (tenant, id);

CREATE TABLE api_key_secret (
  digest TEXT NOT NULL PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES api_key (id),
  prefix TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX api_key_secret_by_key ON api_key_secret (api_key);

CREATE TABLE session (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id),
  tenant TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  idle_seconds INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL,
  mfa INTEGER NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX session_by_account ON session (account, id);
CREATE INDEX session_by_tenant ON session (tenant, id);

CREATE TABLE login_throttle (
  account TEXT NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  streak INTEGER NOT NULL,
  lockouts INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  last_failed_at INTEGER NOT NULL,
  streak_before_lock INTEGER NOT NULL, -- what the streak goes back to, if the try that locked is taken back
  was_open INTEGER NOT NULL -- whether the last try was looked at, or came while the account was locked
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  tenant TEXT,
  type TEXT NOT NULL,
  resource TEXT NOT NULL,
  action TEXT NOT NULL,
  details TEXT NOT NULL,
  success INTEGER NOT NULL,
  request_id TEXT,
  address TEXT NOT NULL
) STRICT;

CREATE TABLE kept_answer (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  sealed TEXT,
  kept_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX kept_answer_by_time ON kept_answer (kept_at);

CREATE TABLE encryption_key (
  id TEXT NOT NULL PRIMARY KEY,
  purpose TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- One row: the version of what decisions read. Whoever changes it holds its lock until the change is committed,
-- so that versions are committed in their order and without gaps.
CREATE TABLE facts (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL
) STRICT;
INSERT INTO facts (id, version) VALUES (1, 0);

CREATE TABLE facts_change (
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (version, kind, record)
) STRICT, WITHOUT ROWID;
