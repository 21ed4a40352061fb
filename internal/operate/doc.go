// Package operate is what people do to a running server: see and change domains, test an address, read and clear the
// cache, pause, and say who else may. The API and the pages call the same operations, so that what a person may do, what
// an operation leaves in the audit log and how its result reads stand in one place each:
//
//	permit.go    who may do what
//	standing.go  how a domain stands, in words, and what to do about it
//	why.go       why a decision was made, in a sentence
//	error.go     what can go wrong
//
// Every method of a Desk that takes an access.Actor checks it first. A domain that somebody may not see does not exist for
// them: the error is the same. Changes, and refusals, go to the audit log.
//
// The package owns the views, with their JSON names, that the API sends. It knows nothing of HTTP.
package operate
