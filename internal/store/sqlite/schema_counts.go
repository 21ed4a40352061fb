package sqlite

// schemaCounts adds how many verdicts there are, so that a domain of a million is counted without reading them, and
// the order of each status, so that the few of one among a million of the other are listed without reading those.
//
// A row of counts is how many verdicts a domain has of a generation: valid ones of every epoch, for which epoch is 0,
// or others of one. What is added is counted by Write, once for each domain of a batch, since a trigger would cost it a
// seventh of its speed; what changes or goes is seldom, and is counted by triggers, whoever does it. Before Write has
// counted, n may be less than nothing.
//
// The two indexes have each verdict once, so that it costs the writer one. An update that sets neither the status nor
// the epoch leaves them and the counts alone.
const schemaCounts = `
CREATE TABLE counts (
	domain TEXT    NOT NULL,
	gen    INTEGER NOT NULL,
	valid  INTEGER NOT NULL,
	epoch  INTEGER NOT NULL,
	n      INTEGER NOT NULL,
	PRIMARY KEY (domain, gen, valid, epoch)
) WITHOUT ROWID;
INSERT INTO counts SELECT domain, gen, status = 1, iif(status = 1, 0, epoch), count(*) FROM verdicts GROUP BY 1, 2, 3, 4;

CREATE TRIGGER verdicts_changed AFTER UPDATE OF status, epoch ON verdicts BEGIN
	INSERT INTO counts VALUES (old.domain, old.gen, old.status = 1, iif(old.status = 1, 0, old.epoch), -1)
		ON CONFLICT DO UPDATE SET n = n - 1;
	INSERT INTO counts VALUES (new.domain, new.gen, new.status = 1, iif(new.status = 1, 0, new.epoch), 1)
		ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER verdicts_removed AFTER DELETE ON verdicts BEGIN
	INSERT INTO counts VALUES (old.domain, old.gen, old.status = 1, iif(old.status = 1, 0, old.epoch), -1)
		ON CONFLICT DO UPDATE SET n = n - 1;
END;

CREATE INDEX verdicts_valid   ON verdicts (domain, gen, fold, spelling) WHERE status = 1;
CREATE INDEX verdicts_invalid ON verdicts (domain, gen, epoch, fold, spelling) WHERE status <> 1;
`
