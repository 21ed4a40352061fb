// Package domains owns which domains there are: those of the configuration file, which are read-only here, and
// those added at run time, which live in the store. For each it knows where its mailboxes are and by which
// rules they are asked.
//
// A Registry answers Lookup from one map that is replaced whole when anything changes, so that a question
// never waits for a change. It knows nothing of verdicts.
package domains
