// Package sqlite keeps what outlives a restart in one SQLite database file: it is the store.Store of a single
// server.
//
// Open creates or migrates the file. One connection writes, every transaction synced to the disk before it is
// acknowledged; a few others read and never wait for it, as the database is in WAL mode. Local-parts are kept
// as blobs beside a copy with its ASCII letters in lower case, the fold, by which they are found and listed.
//
// Clearing changes a generation number and leaves the rows behind: no query finds them any more, and Purge
// deletes them bit by bit. A change of what is asked changes an epoch likewise; what it made void waits for its
// expiry. How many verdicts there are of each domain is kept beside them, and two indexes have those that count of each
// status in the order of a listing, so that neither a count nor a page depends on how many there are.
//
// The package does not know what a verdict means, except that of one recipient's many spellings a valid one
// is kept longest.
package sqlite
