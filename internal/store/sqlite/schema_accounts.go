package sqlite

// schemaAccounts adds users, tokens, sessions and the audit log. Times are milliseconds since 1970, 0 for none;
// domains are a JSON array. The ids of sessions and of the audit log rise with each row that is added, so that the
// oldest has the lowest, and are never given twice, so that a cursor stays good.
const schemaAccounts = `
CREATE TABLE users (
	name         TEXT PRIMARY KEY,
	role         TEXT    NOT NULL,
	domains      TEXT    NOT NULL,
	password     TEXT    NOT NULL,
	created      INTEGER NOT NULL,
	password_set INTEGER NOT NULL,
	last_login   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
	id        TEXT PRIMARY KEY,
	label     TEXT    NOT NULL,
	owner     TEXT    NOT NULL,
	role      TEXT    NOT NULL,
	domains   TEXT    NOT NULL,
	writes    INTEGER NOT NULL,
	secret    BLOB    NOT NULL UNIQUE,
	created   INTEGER NOT NULL,
	expires   INTEGER NOT NULL,
	last_used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tokens_owner ON tokens (owner);

CREATE TABLE sessions (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	token   TEXT    NOT NULL UNIQUE,
	user    TEXT    NOT NULL,
	data    BLOB    NOT NULL,
	expires INTEGER NOT NULL
);
CREATE INDEX sessions_user ON sessions (user);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE audit (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	at      INTEGER NOT NULL,
	who     TEXT    NOT NULL,
	via     TEXT    NOT NULL,
	origin  TEXT    NOT NULL,
	token   TEXT    NOT NULL,
	action  TEXT    NOT NULL,
	target  TEXT    NOT NULL,
	detail  TEXT    NOT NULL,
	refused INTEGER NOT NULL
);
CREATE INDEX audit_at ON audit (at);
`
