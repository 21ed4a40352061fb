-- A database as schema 1 left it: what the version that had no other one wrote.
CREATE TABLE domains (
	name TEXT PRIMARY KEY,
	spec BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO domains VALUES('a.example',X'7b2264657374696e6174696f6e73223a5b226d782e612e6578616d706c65225d7d');
CREATE TABLE generations (
	domain TEXT PRIMARY KEY,
	gen    INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO generations VALUES('',0);
INSERT INTO generations VALUES('a.example',1);
INSERT INTO generations VALUES('gone.example',2);
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
INSERT INTO verdicts VALUES('a.example',0,X'636c6561726564',X'636c6561726564',1,1773489600000,1773835200000,250,'2.1.5','Ok','mx.a.example:25');
INSERT INTO verdicts VALUES('a.example',1,X'6a6f686e',X'4a6f686e',1,1773489600000,1773835200000,250,'2.1.5','Ok','mx.a.example:25');
INSERT INTO verdicts VALUES('a.example',1,X'6f27627269656e',X'6f27627269656e',2,1773489600000,1773496800000,550,'5.1.1','<o''brien@a.example>: User unknown','mx.a.example:25');
INSERT INTO verdicts VALUES('b.example',0,X'6ac3bc7267656e',X'6ac3bc7267656e',2,1773489600000,1773496800000,550,'5.1.1','<jürgen@b.example>: User unknown','mx.a.example:25');
INSERT INTO verdicts VALUES('b.example',0,X'7a65726f',X'7a65726f',1,-62135596800000,-62135596800000,250,'','','');
INSERT INTO verdicts VALUES('gone.example',0,X'6a6f686e',X'6a6f686e',1,1773489600000,1773835200000,250,'2.1.5','Ok','mx.a.example:25');
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
INSERT INTO facts VALUES('a.example',1,0,1773489600000,1773496800000,550,'5.1.1','User unknown','mx.a.example:25');
INSERT INTO facts VALUES('b.example',0,1,1773489600000,1773835200000,250,'2.1.5','Ok','mx.a.example:25');
CREATE TABLE garbage (
	domain TEXT PRIMARY KEY,
	below  INTEGER NOT NULL,
	done   TEXT    NOT NULL DEFAULT ''
) WITHOUT ROWID;
INSERT INTO garbage VALUES('a.example',1,'');
INSERT INTO garbage VALUES('gone.example',2,'');
CREATE INDEX generations_gen ON generations (gen);
CREATE INDEX verdicts_expires ON verdicts (expires);
CREATE INDEX facts_expires ON facts (expires);
CREATE INDEX facts_gen ON facts (gen);
PRAGMA application_id = 1128352844;
PRAGMA user_version = 1;
