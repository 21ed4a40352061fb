// Package nexthop hands messages on: it owns the SMTP sessions in which accepted mail goes to the next hop while the client
// that sent it waits (RFC 5321; RFC 2033 for LMTP hops).
//
//	Hops     -> all sessions; keeps those that are free for a moment, so that the next message need not connect
//	Status   -> how each hop stands, from what came of the deliveries to it
//	Delivery -> one mail transaction: Recipients, Start, Write, Finish; or Release, or Cut, which leaves no message behind
//
// Replies are the hop's own and go to the client as they came. What a message asks of the hop (SIZE, BODY, SMTPUTF8, DSN) goes
// on only where the hop announced the extension; what it can't do without is refused, and no message is ever changed
// (RFC 1870, 6152, 6531, 3030, 3461). MAIL and RCPTs go in one flight where PIPELINING allows it (RFC 2920).
//
// A message that was not ended by Finish is never ended: the connection is closed in its middle, so that the hop throws away
// what it has. The package knows nothing of verdicts, clients' sessions or which hop a recipient has.
package nexthop
