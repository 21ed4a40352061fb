// Package access owns who may do what: users with their passwords and roles, tokens for programs, login sessions,
// and the audit log of what they did.
//
// New reads users and tokens into memory, so that checking a token or a session's user costs no I/O; every change
// is in the store before it counts here. Whoever serves a request establishes an Actor for it, by Authenticate
// for a token, or by Of and ActorOf for a session, and hands it to the operation, which asks it what may be seen.
//
// The package knows nothing of domains but their names, and of operations nothing: it does not ask whether who
// calls it may do so. Login and Authenticate write to the audit log themselves; everything else is recorded by who
// does it, with Record.
package access
