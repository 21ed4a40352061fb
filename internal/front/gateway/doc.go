// Package gateway is an SMTP server in front of a mail server (RFC 5321). It refuses unknown recipients at RCPT and
// passes accepted ones, and the message, on to the next hop while the client waits: it keeps nothing, so that it can
// lose nothing and never has to send a bounce.
//
//	Server -> session (one connection): commands, one after the other
//	        -> recipients: RCPTs that came together are decided together and passed on in one flight
//	        -> message: DATA or BDAT, streamed to the next hop, whose final reply is the client's
//
// Where the rules stand: what the client of a refused or deferred recipient is told in recipients.go, which next hop
// a recipient goes to and which may share a transaction in route.go, what ends or cuts a message in message.go, the
// limits in limits.go, the Received field and loops in trace.go. That no message can be smuggled past rests on
// smtpwire: only CRLF.CRLF ends a message that comes in, and what goes out is stuffed anew.
//
// A delivery session exists for recipients that were accepted and for no others. A next hop's 5xx to RCPT may be about
// the sender, so it never becomes a verdict: the recipient is asked about again by a callout, and that counts.
//
// RFCs: 5321, 1870 (SIZE), 2034 and 3463 (enhanced codes), 2920 (PIPELINING), 3030 (CHUNKING, BINARYMIME), 3207
// (STARTTLS), 3461 (DSN), 6152 (8BITMIME), 6531 (SMTPUTF8).
package gateway
