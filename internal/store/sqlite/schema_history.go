package sqlite

// schemaHistory adds what happened, minute by minute and added up by hours, and alerts. step is how many seconds a row
// of history is for, 60 or 3,600, and at the first of them since 1970; seen is in milliseconds. An alert whose until is 0 is open, and the only open one of its identity.
const schemaHistory = `
CREATE TABLE history (
	step            INTEGER NOT NULL,
	at              INTEGER NOT NULL,
	seen            INTEGER NOT NULL,
	questions       INTEGER NOT NULL,
	accepted        INTEGER NOT NULL,
	rejected        INTEGER NOT NULL,
	deferred        INTEGER NOT NULL,
	no_opinion      INTEGER NOT NULL,
	not_enforced    INTEGER NOT NULL,
	from_cache      INTEGER NOT NULL,
	from_callout    INTEGER NOT NULL,
	callouts        INTEGER NOT NULL,
	callouts_failed INTEGER NOT NULL,
	PRIMARY KEY (step, at)
) WITHOUT ROWID;

CREATE TABLE alerts (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	kind   TEXT    NOT NULL,
	domain TEXT    NOT NULL,
	host   TEXT    NOT NULL,
	text   TEXT    NOT NULL,
	since  INTEGER NOT NULL,
	until  INTEGER NOT NULL
);
CREATE UNIQUE INDEX alerts_open ON alerts (kind, domain, host) WHERE until = 0;
CREATE INDEX alerts_past ON alerts (until, id) WHERE until <> 0;
`
