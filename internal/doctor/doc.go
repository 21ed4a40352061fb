// Package doctor examines the hosts of a destination as an expert would, and says in plain sentences what it saw, what
// that means for verifying recipients, and what to change.
//
//	Examine -> hosts and addresses of the destination, one after the other
//	Ward    -> the same for a server: so many at a time, each within a bound of time
//	exam    -> one address: its sessions, its bounds, the checks in their order
//	Report  -> findings, of each address and of the destination as a whole: for a command line, an API, a page
//
// It speaks to hosts as callouts do, over callout.Link: a null sender, RCPT, RSET, never DATA, and QUIT at the end. Nothing
// that is kept or learned elsewhere is used or changed. What it may cost an address is bounded: MaxConnections, MaxRecipients,
// MaxRefusals, MaxTime.
//
// It knows nothing of caches and front ends, and of domains only what CaseOf reads. RFC 5321 throughout: section 4.5.5 for the null reverse-path, 4.5.1
// for postmaster, 4.5.3.1.8 for recipients of a transaction; RFC 2920 for PIPELINING; RFC 3207 for STARTTLS.
package doctor
