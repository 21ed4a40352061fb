package sqlite

// schemaAudit numbers the lines of the audit log within their kind, done or refused, so that each kind has a bound of its
// own, and a line beyond it is found at once.
const schemaAudit = `
ALTER TABLE audit ADD COLUMN nth INTEGER NOT NULL DEFAULT 0;
UPDATE audit SET nth = kind.nth FROM (SELECT id, row_number() OVER (PARTITION BY refused ORDER BY id) AS nth FROM audit) AS kind
	WHERE audit.id = kind.id;
CREATE INDEX audit_kind ON audit (refused, nth);
`
