// Package callout asks destinations over SMTP whether a recipient exists, and says what they answered.
//
// A question goes one way: Pools.Ask takes the hosts of a destination in the order of their priority; the pool
// of each host holds a bounded queue and a few sessions; a free session takes a question on a flight, which is
// what is sent before the replies are read; the reply is judged, and the Answer goes back to who asked.
//
//	Pools  -> all pools, the search through a destination's hosts
//	pool   -> one host: queue, session slots, what is known of the host's state
//	session-> one connection: greeting, EHLO, idle time, QUIT
//	flight -> MAIL FROM:<> RCPT RSET, for a probe and a recipient in one round trip where PIPELINING allows
//
// It is always a null-sender callout: DATA is never sent, and every session that can still be spoken to ends
// with QUIT. The package knows nothing of caches, domains or front ends; whether a question is asked at all,
// and what follows from the answer, is decided by verify.
//
// RFC 5321 throughout; RFC 2920 for flights, RFC 3463 for the codes that Judge reads, RFC 6531 for local-parts
// above ASCII.
package callout
