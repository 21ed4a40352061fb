package sqlite

import (
	"context"
	"fmt"
)

// applicationID marks the file as ours in its header ("CALL"), so that another program's database is not
// taken for one of an old version.
const applicationID = 0x43414c4c

// migrations brings a database of version n to n+1 by its element n. An element is never changed once it was
// released: a change of the schema is a new one.
var migrations = []string{schema1, schema2, schemaCounts, schemaAccounts, schemaHistory, schemaAudit}

// schema1 is the first schema. Times are milliseconds since 1970. A generation number is drawn from one
// sequence, whose last number is the highest in generations; the row of the domain "" is that of everything,
// and always there.
//
// The primary key of verdicts keeps the rows of a domain's current generation together and in the order of a
// listing, so that cleared rows cost nothing to step over. A row of garbage says that rows of its domain, or of
// every domain from done on, below a generation are still to be deleted.
const schema1 = `
CREATE TABLE domains (
	name TEXT PRIMARY KEY,
	spec BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE generations (
	domain TEXT PRIMARY KEY,
	gen    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX generations_gen ON generations (gen);
INSERT INTO generations VALUES ('', 0);

CREATE TABLE verdicts (
	domain   TEXT    NOT NULL,
	gen      INTEGER NOT NULL,
	fold     BLOB    NOT NULL,
	spelling BLOB    NOT NULL,
	status   INTEGER NOT NULL,
	asked    INTEGER NOT NULL,
	expires  INTEGER NOT NULL,
	code     INTEGER NOT NULL,
	enhanced TEXT    NOT NULL,
	text     TEXT    NOT NULL,
	host     TEXT    NOT NULL,
	PRIMARY KEY (domain, gen, fold, spelling)
) WITHOUT ROWID;
CREATE INDEX verdicts_expires ON verdicts (expires);

CREATE TABLE facts (
	domain    TEXT PRIMARY KEY,
	gen       INTEGER NOT NULL,
	catch_all INTEGER NOT NULL,
	asked     INTEGER NOT NULL,
	expires   INTEGER NOT NULL,
	code      INTEGER NOT NULL,
	enhanced  TEXT    NOT NULL,
	text      TEXT    NOT NULL,
	host      TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX facts_expires ON facts (expires);
CREATE INDEX facts_gen ON facts (gen);

CREATE TABLE garbage (
	domain TEXT PRIMARY KEY,
	below  INTEGER NOT NULL,
	done   TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;
`

// schema2 adds epochs, what people say of domains at run time, and what is learned of hosts. A time that is 0 is
// none. What schema 1 kept is of epoch 0, which is that of every domain without a row of epochs; and a probe that
// was rejected then was a rejection.
const schema2 = `
ALTER TABLE verdicts ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

ALTER TABLE facts ADD COLUMN epoch    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facts ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facts ADD COLUMN turned   INTEGER NOT NULL DEFAULT 0;
UPDATE facts SET rejected = asked WHERE NOT catch_all;

CREATE TABLE epochs (
	domain TEXT PRIMARY KEY,
	number INTEGER NOT NULL,
	asked  TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE recipients (
	domain TEXT NOT NULL,
	entry  BLOB NOT NULL,
	PRIMARY KEY (domain, entry)
) WITHOUT ROWID;

CREATE TABLE pauses (
	domain TEXT PRIMARY KEY,
	since  INTEGER NOT NULL,
	until  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE host_facts (
	host    TEXT    NOT NULL,
	kind    TEXT    NOT NULL,
	n       INTEGER NOT NULL,
	reply   TEXT    NOT NULL,
	learned INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	PRIMARY KEY (host, kind)
) WITHOUT ROWID;
CREATE INDEX host_facts_expires ON host_facts (expires);
`

// number returns the one integer that a query yields.
func (c *conn) number(ctx context.Context, query string) (n int, err error) {
	err = c.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// check refuses a database that another program or a newer version has written. It changes nothing.
func (c *conn) check(ctx context.Context) (version int, err error) {
	version, err = c.number(ctx, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	id, err := c.number(ctx, "PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	tables, err := c.number(ctx, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	if empty := version == 0 && id == 0 && tables == 0; id != applicationID && !empty {
		return 0, errForeign
	}
	if version > len(migrations) {
		return 0, fmt.Errorf("it has schema %d and this version knows only up to %d; "+
			"run the newer callout that wrote it, or restore a backup", version, len(migrations))
	}
	return version, nil
}

// migrate applies what a database of the given version lacks, each step whole or not at all.
func (c *conn) migrate(ctx context.Context, version int) error {
	for ; version < len(migrations); version++ {
		script := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
			migrations[version], applicationID, version+1)
		if _, err := c.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("schema %d: %w", version+1, err)
		}
	}
	return nil
}
