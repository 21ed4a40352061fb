// Package domains owns which domains there are: those of the configuration file, which are read-only here, and
// those added at run time, which live in the store. For each it knows where its mailboxes are, by which rules they
// are asked, its aliases, and its local recipients, of which the store may have some for a domain of the file too.
//
// A Registry answers Lookup from one map that is replaced whole when anything changes, so that a question
// never waits for a change. It knows nothing of verdicts, but it tells the store when something else is asked for a
// name than before, so that the store can void what it has (Domain.Asked, Domain.Epoch).
//
// ParseEntry reads one local recipient, whoever wrote it; Recipients is a set of them.
package domains
