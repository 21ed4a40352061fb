// Package lab has destinations to try things on: scripted ones, which follow a dialogue that a reader can follow
// too, for what real servers won't do on command; Model, which behaves well or badly by the dice and checks its
// client, for model tests; Destination, a well-behaved one with mailboxes, for the demo and load tests; Receiver,
// which takes mail and remembers it, and fails where it is told to; and Delay, which stands in front of real ones to
// measure. None of it is part of answering questions or passing on mail in production.
//
// # Taking mail
//
// A Destination with TakesMail takes messages by DATA, counts them and throws them away. A Receiver keeps what it
// took, octet for octet, from SMTP or LMTP, by DATA or BDAT (RFC 3030), in clear text or behind STARTTLS, with
// XCLIENT where that is announced. It is strict with its client, and its reader of message data is its own, not
// that of package smtpwire: what is checked with it is not checked with itself. Refuse has it answer otherwise at
// any Step, Fault has it close, reset, hang or talk nonsense there:
//
//	receiver := &lab.Receiver{Hostname: "mx.example.com", Fault: func(step lab.Step, n int64) lab.Fault {
//		if step == lab.AtBody && n > 10_000 {
//			return lab.Reset
//		}
//		return lab.None
//	}}
//	go receiver.Serve(ln)
//	defer receiver.Close()
//
// What a message that must not be two looks like to a reader that takes anything for the end of a line is in
// Received.Lenient.
//
// # Scripts
//
// A Script is text. Lines that begin with "== " open a session of a host, "> " and "< " belong to whoever runs
// the script, and the rest is the session's dialogue:
//
//	# What is refused is kept.
//	> rcpt nobody@example.com
//	== mx.example.com:25
//	S: 220 mx.example.com ESMTP
//	C: EHLO *
//	S: 250 mx.example.com
//	C: MAIL FROM:<>
//	S: 250 Ok
//	C: RCPT TO:<nobody@example.com>
//	S: 550 5.1.1 no such user
//	< reject 550 5.1.1
//
// C: is what the client must say, a * standing for anything; S: is what the destination says. Further lines are
//
//	raw "250 a\n"        octets as Go writes strings, nothing added
//	slowly 1s "250 a\n"  octets, so far apart
//	endless "250-a\n"    the octets again and again until the client goes away
//	wait 5s              say nothing for a while
//	quiet                the client must have sent nothing ahead
//	close                close the connection
//	hang                 say nothing until the client goes away
//	starttls             a TLS handshake, behind S: 220; the session goes on within TLS
//	tls                  the same at the beginning of an smtps session
//	refuse               the connection is refused
//	unreachable          nothing answers the connection
//	cannot bind          the client can't have the source address that it wants
//
// Nothing follows close, hang, endless and a handshake that does not complete; the last three are a session's
// only line.
//
// # TLS
//
// Behind starttls and tls stands what is special about the handshake, if anything. The certificate is for the
// host of the session, or the names that the network's DNS has for its address, and Roots trusts it, unless this
// says something else:
//
//	expired               the certificate was valid until 1999 (fake time begins in 2000)
//	for other.example.net the certificate is for this name alone
//	1.0                   the only version of TLS; 1.1, 1.2 and 1.3 too
//	wants a certificate   a client that shows none leaves the script
//	refused               the client must give up, and say so by an alert; alone or behind one of those above
//	fails                 the destination answers the first message with an alert and closes
//	fails garbage         the same with a line in clear text for the alert
//	hangs                 the destination says nothing until the client goes away
//
// # Hosts
//
// "== mx.example.com:25 goes on" adds to the last session of that host, so that a script can be written in the
// order in which things happen. "== mx.example.com:25 from 192.0.2.7" is a session for a connection from this
// source address only.
//
// A host is what the client connects to. A name that no dns line has mentioned resolves to itself, so sessions
// can be named for hosts; once it has addresses, they are named for those: "== 192.0.2.1:25". The lines are, each
// taking effect when the step in front of it is over:
//
//	dns mx1.example.com 192.0.2.1 2001:db8::1
//	dns mx1.example.com none
//	dns mx example.com 10 mx1.example.com, 20 mx2.example.com
//	dns mx example.com .          (the null MX of RFC 7505)
//	dns mx example.com none
//	dns fails                     (every lookup, for the moment)
//	dns hangs                     (every lookup, until the caller gives up)
//	dns works
//
// # Questions at the same moment
//
// Package labtest has the steps that every runner has. Of several questions that do not wait for their answers,
//
//	> ask a@example.com at mx1.example.com &
//	> ask b@example.com at mx1.example.com &
//	> answers
//	< accepted
//	< rejected
//
// each is asked when the one in front of it can go no further, at the same moment of fake time: where no line has
// the destination wait, the first is answered before the second comes. With "> together" in front of them they
// are all there, in their order, before anything answers the first; connections that are waited for get the
// sessions of the script in the order in which they were begun.
package lab
